"""Every page that staff reach, by the addresses that there are: a new one need not be named.

Each is opened once: no serious fault of access, whatever can be focused shows it, no order of its
own for the Tab key, and everything on it can be sent without JavaScript.
"""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from playwright.sync_api import expect

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours, Workspace
from queueing.models import ConnectLink, QueueItem, Reply
from tests.browser.conftest import Desk
from tests.browser.test_every_page import addresses as tried_elsewhere
from tests.queueing.admin.test_every_url import patterns

pytestmark = pytest.mark.browser

# Of rows, by the app and the model in the address; deeds are tried at whatever has them.
DEEDS = ("start", "pause", "archive", "queue", "withdraw", "rest", "connect", "test", "stop")
NO_PAGES = re.compile(
    "logout|jsi18n|autocomplete|/export/|delete/|history/|admin/r/|P<url>|django_q"
)
# What is focused shows that: a ring of two pixels, on something that can be seen.
UNSEEN = """() => {
    const seen = (part) => part.checkVisibility({visibilityProperty: true})
        && part.getBoundingClientRect().width > 1;
    const kinds = "a[href], button, input, select, textarea, summary";
    const parts = [...document.querySelectorAll(kinds)]
        .filter((part) => !part.disabled && part.type !== "hidden" && seen(part));
    const faults = document.querySelectorAll("[tabindex]:not([tabindex='0'], [tabindex='-1'])");
    const ringless = parts.filter((part) => {
        part.focus({focusVisible: true, preventScroll: true});
        const style = getComputedStyle(part);
        return document.activeElement === part && parseFloat(style.outlineWidth) < 2;
    });
    return [...faults, ...ringless].map((part) => part.outerHTML.slice(0, 120));
}"""
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
TYPED = re.compile(r"<(?:select|textarea|input(?![^>]*type=\"(?:hidden|submit|search)\"))\b")
SENT = re.compile(r"<button(?![^>]*type=\"button\")|<input[^>]*type=\"submit\"")


def reachable(rows: dict[str, models.Model]) -> Iterator[tuple[str, str]]:
    """Yield the addresses that answer a superuser with a page, and the page."""
    asked = Client()
    asked.force_login(User.objects.get())
    for pattern in patterns(get_resolver()):
        if not pattern.startswith("admin/") or NO_PAGES.search(pattern):
            continue
        row = rows.get(pattern.split("/")[2]) if "<" in pattern else None
        key = str(row.pk) if row else ""
        if "<" in pattern and (not key or "<slug:token>" in pattern):
            continue  # uploads have tests of their own
        for deed in DEEDS if "<slug:slug>" in pattern else ("",):
            address = "/" + pattern.replace("<slug:slug>", deed)
            address = re.sub("<[^>]*>", key, address)
            answer = asked.get(address)
            if answer.status_code == 200 and b"</html>" in answer.content:
                yield address, answer.content.decode()


def rows() -> dict[str, models.Model]:
    boss, workspace, now = User.objects.get(), Workspace.objects.get(), timezone.now()
    link = {"workspace": workspace, "made_by": boss, "made_at": now, "expires_at": now}
    campaign = Campaign.objects.get(name__startswith="Partners")
    found: list[models.Model | None] = [
        boss,
        workspace,
        campaign,
        Prospect.objects.filter(queue_items__status=QueueItem.Status.PENDING).first(),
        LinkedInAccount.objects.first(),
        SendingHours.objects.filter(workspace=workspace).first(),
        QueueItem.objects.pending().first(),
        Reply.objects.first(),
    ]
    named = {row._meta.model_name or "": row for row in found if row}
    return named | {"linkedinaccount/connect": ConnectLink.objects.create(**link)}


def unsent(page: str) -> list[str]:
    """Return the forms of a page that ask for something and have no button: a script would."""
    forms = [form for form in FORM.findall(page) if 'role="search"' not in form]
    return [form[:200] for form in forms if TYPED.search(form) and not SENT.search(form)]


def test_every_address_can_be_used(desk: Desk) -> None:
    """Those that test_every_page.py opens in both colours are opened there."""
    known, faults = set(tried_elsewhere()), {}

    for address, page in reachable(rows()):
        found = [f"without a script: {form}" for form in unsent(page)]
        if address not in known:
            desk.open(address)
            found += desk.serious_faults()
            found += [f"focus: {part}" for part in desk.page.evaluate(UNSEEN)]
        if found:
            faults[address] = found

    assert faults == {}


def test_rows_are_gone_through_and_ticked_by_j_k_and_x(desk: Desk) -> None:
    desk.open("/admin/queueing/queueitem/")
    for key in ("j", "j", "k", "x", "j"):
        desk.page.keyboard.press(key)

    rows = desk.page.locator("#result_list tbody tr")
    expect(rows.nth(0).locator("input.action-select")).to_be_checked()
    expect(rows.nth(1)).to_have_class(re.compile("is-chosen-row"))
    desk.open("/admin/")
    desk.page.keyboard.press("j")
    expect(desk.page.locator(".todo > li").first).to_have_class(re.compile("is-chosen-row"))
