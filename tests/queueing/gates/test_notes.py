"""A free account's notes: five in 30 days, a gate of their own."""

import datetime as dt

import pytest

from campaigns.models import Campaign, LinkedInAccount
from queueing import gates, planning
from queueing.gates import Gate, Waits, waiting, words
from queueing.models import ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item, queued
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
NOTE = "Hello"


@pytest.fixture
def account(sandbox: Sandbox, clock: MovedClock) -> LinkedInAccount:
    sandbox.control.freeze(clock().isoformat())
    account = an_account(a_workspace(), account_type=LinkedInAccount.Type.FREE)
    sandbox.control.add_account(account.unipile_account_id, "free", month_note_cap=5)
    return account


def send_all(client: Client, clock: MovedClock, sandbox: Sandbox, times: int) -> None:
    for _ in range(times):
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
        clock.advance(minutes=30)
        sandbox.control.freeze(clock().isoformat())


def test_the_sixth_note_waits_for_the_first_to_be_thirty_days_old(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    items = [an_item(campaign, account, message=NOTE) for _ in range(6)]

    send_all(client_of_unipile, clock, sandbox, times=8)

    last = QueueItem.objects.get(pk=items[-1].pk)
    report = gates.report(last.pk, clock())
    first_sent = QueueItem.objects.filter(sent_at__isnull=False).earliest("sent_at").sent_at
    assert first_sent is not None
    assert last.status == Status.PENDING
    assert report.binding is not None
    assert report.binding.gate == Gate.NOTES
    assert report.binding.opens_at == first_sent + dt.timedelta(days=30)
    account.refresh_from_db()
    assert account.paused_until is None  # no call was refused for it


def test_requests_without_a_note_go_on(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    for _ in range(6):
        an_item(campaign, account, message=NOTE, scheduled_for=NOON - dt.timedelta(hours=3))
    bare = an_item(campaign, account)

    send_all(client_of_unipile, clock, sandbox, times=7)

    assert QueueItem.objects.get(pk=bare.pk).status == Status.SENT
    assert QueueItem.objects.pending().get().message == NOTE


def test_a_campaign_may_let_them_go_without(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    Campaign.objects.update(without_note_when_used_up=True)
    for _ in range(7):
        an_item(campaign, account, message=NOTE)

    send_all(client_of_unipile, clock, sandbox, times=8)

    sent = QueueItem.objects.filter(status=Status.SENT).order_by("sent_at")
    assert list(sent.values_list("message", flat=True)) == [NOTE] * 5 + [""] * 2


def test_those_who_wait_for_a_note_are_found_and_counted(
    account: LinkedInAccount, campaign: Campaign
) -> None:
    for number in range(5):
        sent_at = NOON - dt.timedelta(days=number + 1)
        an_item(campaign, account, message=NOTE, status=Status.SENT, sent_at=sent_at)
    waits = [an_item(campaign, account, message=NOTE) for _ in range(2)]
    an_item(campaign, account)
    items = QueueItem.objects.all()

    found = waiting.waiting_for(items, "next_note", NOON)

    counted = waiting.count_waiting(items, Waits(items, NOON, None))
    assert set(found) == set(waits)
    assert counted == {"next_note": 2, words.NEXT_RUN: 1}


@pytest.mark.parametrize("without", [False, True])
def test_the_calendar_knows_when_notes_are_used_up(account: LinkedInAccount, without: bool) -> None:
    campaign = a_campaign(
        account.workspace, account, message_template=NOTE, without_note_when_used_up=without
    )
    for number in range(7):
        campaign.prospects.create(
            first_name="Ada", last_name="Example", public_identifier=f"ada-example-{number}-note"
        )

    planning.enqueue(campaign, NOON)

    within = [item.scheduled_for < NOON + dt.timedelta(days=29) for item in queued(campaign)]
    assert within == ([True] * 7 if without else [True] * 5 + [False] * 2)
    sends = planning.forecast_campaign(campaign, NOON).sends
    assert [send.at < NOON + dt.timedelta(days=29) for send in sends] == within
