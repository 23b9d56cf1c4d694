"""Every page of the admin, in a browser: no complaint of the browser, no serious fault of access.

A violation of the Content-Security-Policy is a console error, which fails the test at its end.
"""

from typing import Literal

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from campaigns.models import Workspace
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
COLOURS_HAVE_CHANGED = "Promise.all(document.getAnimations().map((each) => each.finished))"
OURS = [model for model in MODELS if model._meta.app_label in {"campaigns", "queueing"}]


def addresses() -> list[str]:
    """Return the addresses of each list, of the first page behind it, and of each empty form."""
    boss = User.objects.get()
    found = [
        reverse("admin:index"),
        reverse("admin:password_change"),
        reverse("admin:auth_user_change", args=[boss.pk]),
        reverse("admin:auth_user_password_change", args=[boss.pk]),
        reverse("clock"),
        reverse("find") + "?q=example",
        reverse("stop_sending"),
        reverse("lift_stop"),
        reverse("invite"),
        reverse("admin:campaigns_workspace_report", args=[Workspace.objects.earliest("name").pk]),
        reverse("admin:queueing_failedsend_changelist") + "?q=nobody",
    ]
    for model in OURS:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        row = model._default_manager.first()
        if row is not None:
            found.append(reverse(f"{name}_change", args=[row.pk]))
    return found


def test_pages_are_clean_and_accessible(desk: Desk) -> None:
    """In light as in dark."""
    schemes: list[Literal["light", "dark"]] = ["light", "dark"]
    faults = {}

    for address in addresses():
        desk.open(address)
        for scheme in schemes:
            desk.page.emulate_media(color_scheme=scheme)
            desk.page.evaluate(COLOURS_HAVE_CHANGED)
            # All but the colours are the same in both.
            if found := desk.serious_faults("color-contrast" if scheme == "dark" else ""):
                faults[address, scheme] = found

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


def test_lists_never_scroll_sideways(desk: Desk) -> None:
    """Whatever stands beside them: the queue's lists have the most to show."""
    too_wide = []

    for model in OURS:
        desk.open(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        for width in (400, 1024, 1280, 1440, 1600):
            desk.page.set_viewport_size({"width": width, "height": 800})
            overflow = desk.page.evaluate(
                "[...document.querySelectorAll('.results')]"
                ".map((list) => list.scrollWidth - list.clientWidth)"
            )
            too_wide += [f"{model._meta.label} at {width}" for pixels in overflow if pixels > 0]

    assert too_wide == []


def test_buttons_of_lists_leave_the_heading_alone(desk: Desk) -> None:
    covered = []
    over = """() => {
        const [head, tools] = ["h1", ".object-tools"].map((part) => document.querySelector(part));
        if (!tools) return false;
        const text = document.createRange();
        text.selectNodeContents(head);
        const [a, b] = [text.getBoundingClientRect(), tools.getBoundingClientRect()];
        return a.right > b.left && b.right > a.left && a.bottom > b.top && b.bottom > a.top;
    }"""

    for model in OURS:
        desk.open(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        for width in (400, 800, 1000, 1600):
            desk.page.set_viewport_size({"width": width, "height": 800})
            covered += [f"{model._meta.label} at {width}"] if desk.page.evaluate(over) else []

    assert covered == []


def test_a_narrow_list_names_its_values_and_leaves_out_what_is_empty(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 400, "height": 800})
    desk.open(f"{reverse('admin:queueing_queueitem_changelist')}?status__exact=sent")
    row = desk.page.locator("#result_list tbody tr").first

    assert row.locator(".field-times").is_visible()
    assert not row.locator(".field-waits_for").is_visible()
    assert desk.page.locator("#action-toggle").is_visible()
