"""Addresses of the API."""

from django.urls import path

from doors.api import routes
from doors.api.site import api

urlpatterns = [path("api/v1/", api.urls)]

__all__ = ["routes", "urlpatterns"]
