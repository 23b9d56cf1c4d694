"""What is stopped while somebody is looked up is stopped: the send behind the look does not go."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from campaigns.models import Campaign, DoNotContact, LinkedInAccount, SendingHours
from queueing.models import ProcessRun, QueueItem, SendingStop
from queueing.sending import claiming, runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
Deed = Callable[[QueueItem], object]


def never_contact(item: QueueItem) -> None:
    DoNotContact.objects.create(workspace=item.workspace, value=item.person_key)


def change_account(**values: Any) -> Deed:
    return lambda item: LinkedInAccount.objects.update(**values)


DEEDS: dict[str, tuple[Deed, str]] = {
    "stop": (
        lambda item: SendingStop.objects.create(reason="Holiday", stopped_at=NOON),
        "sending_on",
    ),
    "pause": (
        lambda item: Campaign.objects.update(status=Campaign.Status.PAUSED),
        "campaign_active",
    ),
    "never contact": (never_contact, "contact_allowed"),
    "lost": (change_account(status=LinkedInAccount.Status.DISCONNECTED), "account_connected"),
    "rest": (change_account(paused_until=NOON + dt.timedelta(hours=1)), "account_rested"),
    "later": (
        lambda item: QueueItem.objects.update(scheduled_for=NOON + dt.timedelta(days=1)),
        "due",
    ),
    "closed": (
        lambda item: SendingHours.objects.update(
            working_hours_start=dt.time(1), working_hours_end=dt.time(2)
        ),
        "hours_open",
    ),
    "no more today": (change_account(daily_limit=0), "daily_cap"),
}


def do_before_the_send(deed: Deed, item: QueueItem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something be committed after the look-up, before the send's attempt is written."""
    begin = claiming.begin_call

    def begin_later(*arguments: Any) -> Any:
        deed(item)
        return begin(*arguments)

    monkeypatch.setattr(claiming, "begin_call", begin_later)


@pytest.mark.parametrize("what", DEEDS)
def test_what_is_stopped_during_a_look_up_is_not_sent(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    item = an_item(campaign, account)
    deed, gate = DEEDS[what]
    do_before_the_send(deed, item, monkeypatch)

    result = runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    assert sandbox.control.effects() == []
    assert (item.status, item.error_code, item.attempts) == (Status.PENDING, gate, 0)
    assert "Held just before it was to be sent" in item.error_message
    assert [one["error_code"] for one in result["results"]] == [gate]


def test_what_a_claim_counts_itself_does_not_hold_its_own_send(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    LinkedInAccount.objects.update(daily_limit=1, weekly_limit=1, min_gap_seconds=3600)
    item = an_item(campaign, account)  # to be looked up first

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    assert item.status == Status.SENT


def test_what_was_held_goes_once_it_may(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = an_item(campaign, account)
    with monkeypatch.context() as patched:
        do_before_the_send(DEEDS["pause"][0], item, patched)
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
    Campaign.objects.update(status=Campaign.Status.ACTIVE)

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.SENT, "")


def test_another_accounts_stop_holds_nobody_else(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = an_item(campaign, account)
    other = LinkedInAccount.objects.create(
        workspace=account.workspace, name="Other", unipile_account_id="other"
    )
    rest: Deed = lambda item: LinkedInAccount.objects.filter(pk=other.pk).update(  # noqa: E731
        status=LinkedInAccount.Status.DISCONNECTED
    )
    do_before_the_send(rest, item, monkeypatch)

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    assert item.status == Status.SENT


def test_what_is_archived_during_a_look_up_is_skipped(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = an_item(campaign, account)

    def archive(_: QueueItem) -> None:
        Campaign.objects.update(status=Campaign.Status.ARCHIVED)

    do_before_the_send(archive, item, monkeypatch)

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    assert sandbox.control.effects() == []
    assert (item.status, item.error_code) == (Status.SKIPPED, "campaign_archived")
