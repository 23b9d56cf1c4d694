"""URLs of the site: the admin, and the HTTP endpoints of the queue."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from queueing.admin import dashboard, own_desk, stopping

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/dashboard/", admin.site.admin_view(dashboard.fragment), name="dashboard"),
    path("admin/clock/", admin.site.admin_view(own_desk.clock_page), name="clock"),
    path("admin/stop/", admin.site.admin_view(stopping.stop_page), name="stop_sending"),
    path("admin/go-on/", admin.site.admin_view(stopping.lift_page), name="lift_stop"),
    path("admin/", admin.site.urls),
    path("", include("queueing.api")),
]

handler400 = "queueing.api.bad_request"
handler500 = "queueing.api.server_error"
