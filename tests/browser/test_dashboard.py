"""The dashboard refreshes itself while it is looked at; the global stop is pressed and let go."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from queueing.models import ProcessRun, QueueItem
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

PENDING = ".today .figures li:last-child small"


def skip_all_but_one() -> None:
    kept = QueueItem.objects.pending().first()
    assert kept is not None
    QueueItem.objects.pending().exclude(pk=kept.pk).update(status=QueueItem.Status.SKIPPED)


def test_dashboard_refreshes_every_minute_and_keeps_the_focus(desk: Desk) -> None:
    desk.page.clock.install()
    desk.open("/admin/")
    assert desk.page.inner_text(PENDING) == "17 wait"
    desk.page.click("#days-as-table summary")
    skip_all_but_one()

    desk.page.clock.run_for(61_000)

    expect(desk.page.locator(PENDING)).to_have_text("1 waits")
    assert desk.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert desk.page.is_visible("#days-as-table table")


def test_dashboard_pauses_while_hidden_and_catches_up(desk: Desk) -> None:
    desk.page.clock.install()
    desk.open("/admin/")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    desk.page.evaluate(hide % "true")
    skip_all_but_one()

    desk.page.clock.run_for(300_000)
    assert [url for url in asked if "/admin/" in url] == []
    desk.page.evaluate(
        hide % "false" + "document.dispatchEvent(new Event('visibilitychange'))",
    )

    expect(desk.page.locator(PENDING)).to_have_text("1 waits")


def test_late_ticker_and_stop_are_readable(desk: Desk) -> None:
    ProcessRun.objects.all().delete()
    QueueItem.objects.pending().update(scheduled_for=timezone.now() - dt.timedelta(days=1))
    desk.open("/admin/")
    assert desk.page.is_visible(".late-bar")
    desk.page.click("text=Stop all sending")
    assert desk.serious_faults() == []
    desk.page.fill("[name=reason]", "Wrong text")
    desk.page.click("input[value='Stop sending']")
    assert "by boss since" in desk.page.inner_text(".stop-bar")
    assert desk.serious_faults() == []

    desk.page.click(".stop-bar a")
    assert desk.serious_faults() == []
    desk.page.fill("[name=reason]", "Right now")
    desk.page.click("input[value='Let sending go on']")

    assert desk.page.is_visible("text=Sending goes on with the next run.")
    assert not desk.page.is_visible(".stop-bar")
