"""Times that a wrong clock wrote hold an account only as far as they can be true, and are named."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import User

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.looking import reconciling
from queueing.models import Notice, ProcessRun, QueueItem, SendAttempt
from queueing.sending import righting, runs
from queueing.staff import places
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
YEARS = NOON + dt.timedelta(days=5 * 365)
DAY = dt.timedelta(days=1)


def run(client: Client, clock: MovedClock) -> dict[str, Any]:
    return runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)


def told() -> list[str]:
    return list(Notice.objects.values_list("text", flat=True))


def test_a_send_of_the_future_counts_from_now_on(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    LinkedInAccount.objects.update(daily_limit=1)
    an_item(campaign, account, status=Status.SENT, sent_at=YEARS)
    item = an_item(campaign, account)

    today = run(client_of_unipile, clock)["processed"]
    clock.advance(days=1)
    tomorrow = run(client_of_unipile, clock)["processed"]

    item.refresh_from_db()
    assert (today, tomorrow, item.status) == (0, 1, Status.SENT)
    assert "lay in the future, up to 2031-07-07: a clock was wrong" in told()[0]


def test_a_claim_of_the_future_is_released(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    claimed = {"status": Status.SENDING, "claimed_at": YEARS, "claim_token": account.pk}
    an_item(campaign, account, **claimed)
    item = an_item(campaign, account)

    for _ in range(3):
        run(client_of_unipile, clock)
        clock.advance(minutes=10)

    item.refresh_from_db()
    assert item.status == Status.SENT
    assert not QueueItem.objects.sending().exists()


def test_a_doubt_with_calls_of_the_future_is_looked_up(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    sandbox.control.freeze(clock().isoformat())
    sandbox.control.fault("close", route="invite", when="after")
    item = an_item(campaign, account)
    run(client_of_unipile, clock)
    SendAttempt.objects.update(started_at=YEARS, finished_at=YEARS)
    QueueItem.objects.update(claimed_at=YEARS, tried_at=YEARS)

    for _ in range(3):
        clock.advance(minutes=61)
        sandbox.control.freeze(clock().isoformat())
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.SENT


def test_a_rest_that_nobody_can_have_meant_ends_in_days(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    LinkedInAccount.objects.update(paused_until=YEARS, pause_reason="LinkedIn's limit")
    item = an_item(campaign, account)

    run(client_of_unipile, clock)
    account.refresh_from_db()
    clock.advance(days=3)
    run(client_of_unipile, clock)

    item.refresh_from_db()
    assert (account.paused_until, item.status) == (NOON + 3 * DAY, Status.SENT)
    assert "was to last until 2031-07-07" in told()[0]


def test_a_rest_that_staff_chose_stays(account: LinkedInAccount, admin_user: User) -> None:
    places.rest(account, YEARS, admin_user, "on leave for years", NOON)

    assert righting.right(NOON) == 0

    account.refresh_from_db()
    assert account.paused_until == YEARS


def test_news_is_news_although_a_wrong_clock_wrote_the_last_change(
    account: LinkedInAccount,
) -> None:
    LinkedInAccount.objects.update(changed_at=YEARS)

    righting.right(NOON)

    account.refresh_from_db()
    assert account.changed_at == NOON


def test_the_heartbeat_and_the_budget_go_on(account: LinkedInAccount, campaign: Campaign) -> None:
    ProcessRun.objects.create(trigger="command", started_at=YEARS)
    for hours in (1, 2):
        started_at = NOON - dt.timedelta(hours=hours)
        ProcessRun.objects.create(trigger="command", started_at=started_at)
    person = an_item(campaign, account).prospect
    Prospect.objects.update(resolved_with=account, resolved_at=YEARS)

    righting.right(NOON)

    person.refresh_from_db()
    assert person.resolved_at == ProcessRun.objects.latest("started_at").started_at == NOON


def test_what_is_a_day_ahead_may_be_another_time_zones(
    account: LinkedInAccount, campaign: Campaign
) -> None:
    item = an_item(campaign, account, status=Status.SENT, sent_at=NOON + DAY)

    assert righting.right(NOON) == 0

    item.refresh_from_db()
    assert item.sent_at == NOON + DAY


def test_a_rest_of_one_kind_alone_of_the_future_is_ended(account: LinkedInAccount) -> None:
    longest = {"until": (NOON + 7 * DAY).isoformat(), "reason": "LinkedIn's limit"}
    LinkedInAccount.objects.update(kind_rests={"withdrawal": longest})
    assert righting.right(NOON) == 0

    LinkedInAccount.objects.update(
        kind_rests={"withdrawal": longest, "message": {**longest, "until": YEARS.isoformat()}}
    )
    assert righting.right(NOON) == 1

    account.refresh_from_db()
    assert account.rest_of("message")[0] is None


def test_a_clock_that_is_behind_itself_touches_nothing(
    account: LinkedInAccount, campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    for days in range(3):
        ProcessRun.objects.create(trigger="command", started_at=YEARS + days * DAY)
    item = an_item(campaign, account, status=Status.SENT, sent_at=YEARS)

    assert righting.right(NOON) == 0

    item.refresh_from_db()
    assert item.sent_at == YEARS
    assert "is this clock behind?" in caplog.text


def test_what_was_read_and_planned_by_a_wrong_clock_waits_for_no_other_year(
    account: LinkedInAccount, campaign: Campaign
) -> None:
    year = NOON + dt.timedelta(days=365)
    LinkedInAccount.objects.update(relations_read_at=year, chats_read_at=year)
    rest = {"message": {"until": year.isoformat(), "reason": "LinkedIn's limit for messages"}}
    LinkedInAccount.objects.update(kind_rests=rest)
    message = {"kind": QueueItem.Kind.MESSAGE, "step": 1, "message": "Hello!"}
    item = an_item(campaign, account, scheduled_for=year, ask_again_at=year, **message)

    righting.right(NOON)

    account.refresh_from_db()
    item.refresh_from_db()
    assert (account.relations_read_at, account.chats_read_at) == (NOON, NOON)
    assert account.rest_of("message")[0] is None
    assert (item.scheduled_for, item.ask_again_at) == (NOON, NOON)
