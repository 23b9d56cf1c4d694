"""Every page of the admin, in a browser: no complaint of the browser, no serious fault of access.

A violation of the Content-Security-Policy is a console error, which fails the test at its end.
"""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in MODELS if model._meta.app_label in {"campaigns", "queueing"}]


def addresses() -> list[str]:
    """Return the addresses of each list, of the first page behind it, and of each empty form."""
    found = [reverse("admin:index"), reverse("admin:password_change")]
    for model in OURS:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        row = model._default_manager.first()
        if row is not None:
            found.append(reverse(f"{name}_change", args=[row.pk]))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_clean_and_accessible(desk: Desk, scheme: str) -> None:
    desk.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    faults = {}

    for address in addresses():
        desk.open(address)
        if found := desk.serious_faults():
            faults[address] = found

    assert faults == {}


def test_pages_fit_a_narrow_window(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 400, "height": 800})
    too_wide = []

    for address in addresses():
        desk.open(address)
        overflow = desk.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if overflow > 0:
            too_wide.append(f"{address}: {overflow} px")

    assert too_wide == []
