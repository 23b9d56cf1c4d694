"""Django's admin, whose pages are imported by what serves or checks them: a run needs none."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class Admin(SimpleAdminConfig):
    def ready(self) -> None:
        """Register Django's checks of the admin; `sendq_site/urls.py` imports its pages."""
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(_check_pages, checks.Tags.admin)


def _check_pages(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    admin.autodiscover()
    found: list[checks.CheckMessage] = list(check_admin_app(app_configs, **kwargs))
    return found
