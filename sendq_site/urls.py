"""URLs of the site: the admin, the ways in, and the HTTP endpoints of the queue."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from access import pages
from queueing.admin import (
    cards,
    connecting,
    dashboard,
    finding,
    inviting,
    number_check,
    numbers,
    own_desk,
    saved_views,
    stopping,
    undoing,
)
from sendq_site import answers

admin.autodiscover()
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/login/", pages.log_in, name="login"),
    path("admin/logout/", pages.log_out, name="logout"),
    path("admin/password_change/", admin.site.admin_view(pages.PasswordChange.as_view())),
    path("admin/second-factor/", admin.site.admin_view(pages.code_page), name="second_factor"),
    path(
        "admin/second-factor/set-up/",
        admin.site.admin_view(pages.set_up_page),
        name="second_factor_set_up",
    ),
    path(
        "admin/second-factor/passkey/",
        admin.site.admin_view(pages.passkey_page),
        name="passkey_set_up",
    ),
    path(
        "admin/second-factor/codes/",
        admin.site.admin_view(pages.recovery_codes_page),
        name="recovery_codes",
    ),
    path("connected/", connecting.returned, name="connected"),
    path("password-reset/", pages.PasswordReset.as_view(), name="admin_password_reset"),
    path("password-reset/sent/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password-reset/<uidb64>/<token>/",
        pages.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password-reset/done/",
        auth.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
    # Django's shortcut to a row's page elsewhere: there is none, and it tells which rows exist.
    re_path("^admin/r/", admin.site.admin_view(answers.not_found)),
    path("admin/dashboard/", admin.site.admin_view(dashboard.fragment), name="dashboard"),
    path("admin/clock/", admin.site.admin_view(own_desk.clock_page), name="clock"),
    path("admin/inbox/", admin.site.admin_view(cards.inbox), name="inbox"),
    path("admin/card/", admin.site.admin_view(cards.say), name="say_of_card"),
    path("admin/client/", admin.site.admin_view(own_desk.choose_client), name="choose_client"),
    path("admin/view/", admin.site.admin_view(saved_views.save), name="save_view"),
    path("admin/view/forget/", admin.site.admin_view(saved_views.forget), name="forget_view"),
    path("admin/numbers/", admin.site.admin_view(numbers.numbers_page), name="numbers"),
    path(
        "admin/numbers/check/",
        admin.site.admin_view(number_check.check_page),
        name="check_numbers",
    ),
    path("admin/find/", admin.site.admin_view(finding.find_page), name="find"),
    path("admin/invite/", admin.site.admin_view(inviting.invite_page), name="invite"),
    path("admin/undo/", admin.site.admin_view(undoing.undo), name="undo"),
    path("admin/stop/", admin.site.admin_view(stopping.stop_page), name="stop_sending"),
    path("admin/go-on/", admin.site.admin_view(stopping.lift_page), name="lift_stop"),
    path("admin/", admin.site.urls),
    path("", include("doors.urls")),
    path("", include("queueing.api")),
]

handler400 = "queueing.api.bad_request"
handler500 = "sendq_site.answers.server_error"
