"""What a monitor is told of the ticker."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from queueing.models import ProcessRun, QueueItem
from tests.builders import a_campaign, a_workspace, an_account, an_item
from tests.queueing.test_api import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def item() -> QueueItem:
    account = an_account(a_workspace())
    return an_item(a_campaign(account.workspace, account), account)


def a_run(started_at: dt.datetime) -> None:
    ProcessRun.objects.create(trigger="schedule", started_at=started_at)


def test_healthz_says_when_the_last_run_began(browser: Client, item: QueueItem) -> None:
    a_run(timezone.now() - dt.timedelta(seconds=5))

    answer = browser.get("/healthz")

    assert answer.status_code == 200
    assert answer.json().keys() == {"status", "last_run_at", "last_run_seconds_ago"}
    assert answer.json()["status"] == "ok"
    assert 5 <= answer.json()["last_run_seconds_ago"] < 60


def test_healthz_goes_red_when_the_ticker_is_late(browser: Client, item: QueueItem) -> None:
    QueueItem.objects.update(scheduled_for=timezone.now() - dt.timedelta(hours=3))
    a_run(timezone.now() - dt.timedelta(hours=2))

    words = refused(browser.get("/healthz"), 503)

    assert words == "Items are due and no run has begun: is qcluster running?"


def test_healthz_is_red_where_no_run_ever_began(browser: Client, item: QueueItem) -> None:
    QueueItem.objects.update(scheduled_for=timezone.now() - dt.timedelta(hours=3))

    refused(browser.get("/healthz"), 503)


@pytest.mark.parametrize("calm", ["nothing queued", "nothing due", "paused"])
def test_healthz_is_green_where_nothing_had_to_be_done(
    browser: Client, item: QueueItem, calm: str
) -> None:
    a_run(timezone.now() - dt.timedelta(days=2))
    if calm == "nothing queued":
        QueueItem.objects.all().delete()
    elif calm == "nothing due":
        QueueItem.objects.update(scheduled_for=timezone.now() - dt.timedelta(minutes=1))
    else:
        QueueItem.objects.update(scheduled_for=timezone.now() - dt.timedelta(days=1))
        Campaign.objects.update(status=Campaign.Status.PAUSED)

    assert browser.get("/healthz").status_code == 200


def test_healthz_is_asked_with_get_or_head() -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/healthz")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"] == "Use GET or HEAD."
    assert strict.head("/healthz").status_code == 200


def test_healthz_asks_little(browser: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(4):
        browser.get("/healthz")
