"""URLs of the site: the admin, and the HTTP endpoints of the queue."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("queueing.api")),
]

handler400 = "queueing.api.bad_request"
handler500 = "queueing.api.server_error"
