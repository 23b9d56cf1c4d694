"""New prospects are found on LinkedIn before they are queued."""

import datetime as dt
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone

from campaigns.models import Campaign, DoNotContact, LinkedInAccount, Prospect
from queueing.looking import resolving
from queueing.models import QueueItem, SendingStop
from queueing.planning import enqueue
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_prospect, an_account, an_item
from tests.conftest import BOTH, MovedClock

pytestmark = pytest.mark.django_db
Status = Prospect.Status
SLUG = "ada-example"


@pytest.fixture
def ada(campaign: Campaign) -> Prospect:
    return a_prospect(campaign, public_identifier=SLUG)


def people(campaign: Campaign, number: int) -> None:
    for _ in range(number):
        a_prospect(campaign)


@BOTH
def test_a_prospect_is_found(
    ada: Prospect, account: LinkedInAccount, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    assert resolving.resolve_pending(client_of_unipile, MovedClock()) == {"resolved": 1}

    ada.refresh_from_db()
    assert ada.linkedin_user_id == sandbox.control.provider_id(account.unipile_account_id, SLUG)
    assert (ada.resolved_with, ada.resolved_at, ada.status) == (account, NOON, Status.NEW)
    assert sandbox.control.effects() == []


def test_two_runs_at_once_look_nobody_up_twice(
    campaign: Campaign, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    people(campaign, 2)
    asked = 0

    def clock() -> dt.datetime:
        nonlocal asked
        asked += 1
        if asked == 3:  # the first run has chosen whom to look up
            resolving.resolve_pending(client_of_unipile, MovedClock())
        return NOON

    resolving.resolve_pending(client_of_unipile, clock)

    assert len(sandbox.control.calls(route="profile")) == 2


def test_names_are_filled_in_and_never_replaced(
    campaign: Campaign, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    sandbox.control.add_person(SLUG, first_name="Augusta", last_name="Byron")
    ada = a_prospect(campaign, public_identifier=SLUG, first_name="Ada", last_name="")

    resolving.resolve_pending(client_of_unipile, MovedClock())

    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name) == ("Ada", "Byron")


def test_whoever_is_found_is_not_looked_up_again(
    ada: Prospect, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    for _ in range(2):
        resolving.resolve_pending(client_of_unipile, MovedClock())

    assert len(sandbox.control.calls(route="profile")) == 1


@BOTH
def test_who_is_nobody_fails_with_the_reason(campaign: Campaign, client_of_unipile: Client) -> None:
    nobody = a_prospect(campaign, public_identifier="nobody-example")

    assert resolving.resolve_pending(client_of_unipile, MovedClock()) == {"rejected": 1}

    nobody.refresh_from_db()
    assert nobody.status == Status.FAILED
    assert nobody.status_reason


@BOTH
@pytest.mark.parametrize(
    ("how", "code", "status"),
    [
        ("connected", "already_connected", Status.CONNECTED),
        ("invited us", "has_invited_us", Status.SKIPPED),
        ("invited by hand", "invited_by_hand", Status.CONNECTION_REQUEST_SENT),
    ],
)
def test_who_needs_no_request_is_noticed(
    ada: Prospect,
    account: LinkedInAccount,
    client_of_unipile: Client,
    sandbox: Sandbox,
    how: str,
    code: str,
    status: str,
) -> None:
    if how == "connected":
        sandbox.control.set_degree(account.unipile_account_id, SLUG, "FIRST_DEGREE")
    elif how == "invited us":
        sandbox.control.receive(account.unipile_account_id, SLUG)
    else:  # as somebody does on LinkedIn itself
        provider_id = sandbox.control.provider_id(account.unipile_account_id, SLUG)
        client_of_unipile.invite(account.unipile_account_id, provider_id, "")

    assert resolving.resolve_pending(client_of_unipile, MovedClock()) == {code: 1}

    ada.refresh_from_db()
    assert ada.status == status
    assert ada.status_reason


@pytest.mark.parametrize("how", ["person", "company", "queued", "invited"])
def test_who_is_left_out_anyway_is_not_looked_up(
    ada: Prospect,
    campaign: Campaign,
    account: LinkedInAccount,
    client_of_unipile: Client,
    sandbox: Sandbox,
    how: str,
) -> None:
    Prospect.objects.update(company="Example  Ltd")
    if how in {"person", "company"}:
        value = SLUG if how == "person" else "example ltd"
        DoNotContact.objects.create(workspace=campaign.workspace, kind=how, value=value)
    else:
        is_sent = how == "invited"
        values = {"status": "sent", "sent_at": NOON} if is_sent else {"status": "pending"}
        elsewhere = a_campaign(campaign.workspace)
        same = a_prospect(elsewhere, public_identifier=SLUG, status=Status.QUEUED)
        an_item(elsewhere, account, prospect=same, **values)

    assert not resolving.resolve_pending(client_of_unipile, MovedClock())
    assert sandbox.control.calls(route="profile") == []


def test_whom_the_account_found_in_another_campaign_is_not_looked_up_again(
    ada: Prospect,
    campaign: Campaign,
    account: LinkedInAccount,
    client_of_unipile: Client,
    sandbox: Sandbox,
    settings: LazySettings,
) -> None:
    settings.LOOK_UPS_PER_DAY = 2
    resolving.resolve_pending(client_of_unipile, MovedClock())
    same = a_prospect(a_campaign(campaign.workspace, account), public_identifier=SLUG)

    found = resolving.resolve_pending(client_of_unipile, MovedClock())
    other = a_prospect(campaign)
    left = resolving.resolve_pending(client_of_unipile, MovedClock())

    ada.refresh_from_db()
    same.refresh_from_db()
    other.refresh_from_db()
    assert found == {"found_before": 1}
    assert (same.linkedin_user_id, same.resolved_with) == (ada.linkedin_user_id, account)
    assert left == {"resolved": 1}  # taking it over was no look
    assert len(sandbox.control.calls(route="profile")) == 2


def test_the_same_person_under_an_id_is_skipped(
    ada: Prospect,
    campaign: Campaign,
    account: LinkedInAccount,
    client_of_unipile: Client,
    sandbox: Sandbox,
) -> None:
    by_id = a_prospect(
        campaign,
        public_identifier="",
        linkedin_user_id=sandbox.control.provider_id(account.unipile_account_id, SLUG),
    )

    found = resolving.resolve_pending(client_of_unipile, MovedClock())

    by_id.refresh_from_db()
    assert found == {"resolved": 1, "same_person": 1}
    assert (by_id.status, by_id.status_reason) == (
        Status.SKIPPED,
        f"The same person is in this campaign already: {ada}, new.",
    )


@BOTH
@pytest.mark.django_db(transaction=True)
def test_who_changed_the_address_is_not_invited_a_second_time(
    ada: Prospect,
    campaign: Campaign,
    account: LinkedInAccount,
    client_of_unipile: Client,
    sandbox: Sandbox,
    clock: MovedClock,
) -> None:
    sandbox.control.add_person("ada-maiden-example", moved_to=SLUG)
    other = an_account(campaign.workspace)
    sandbox.control.add_account(other.unipile_account_id, "sales_navigator")
    second = a_campaign(campaign.workspace, other)
    by_old_address = a_prospect(second, public_identifier="ada-maiden-example")

    resolving.resolve_pending(client_of_unipile, clock)
    for each in (campaign, second):
        enqueue(each, clock())
    clock.advance(hours=26)
    for _ in range(2):
        runs.run("command", clock, client=client_of_unipile)
        clock.advance(hours=2)

    assert len(sandbox.control.effects()) == 1
    by_old_address.refresh_from_db()
    assert by_old_address.status in {Status.SKIPPED, Status.CONNECTION_REQUEST_SENT}
    assert sorted(QueueItem.objects.values_list("status", flat=True)) == ["sent", "skipped"]


def test_who_was_queued_meanwhile_keeps_its_status(
    ada: Prospect, account: LinkedInAccount, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    sandbox.control.set_degree(account.unipile_account_id, SLUG, "FIRST_DEGREE")

    asked = []

    def clock() -> dt.datetime:
        asked.append(NOON)
        if len(asked) == 4:  # once the profile is there
            Prospect.objects.update(status=Status.QUEUED)
        return NOON

    resolving.resolve_pending(client_of_unipile, clock)

    ada.refresh_from_db()
    assert (len(asked), ada.status) == (4, Status.QUEUED)


@pytest.mark.parametrize("how", ["stop", "disconnected", "resting", "paused", "archived", "queued"])
def test_nobody_is_looked_up_where_nothing_may_be_done(
    ada: Prospect, client_of_unipile: Client, sandbox: Sandbox, how: str
) -> None:
    if how == "stop":
        SendingStop.objects.create(reason="Holiday", stopped_at=NOON)
    elif how == "disconnected":
        LinkedInAccount.objects.update(status=LinkedInAccount.Status.DISCONNECTED)
    elif how == "resting":
        LinkedInAccount.objects.update(paused_until=NOON + dt.timedelta(seconds=1))
    elif how == "queued":
        Prospect.objects.update(status=Status.QUEUED)
    else:
        Campaign.objects.update(status=how)

    assert not resolving.resolve_pending(client_of_unipile, MovedClock())
    assert sandbox.control.calls(route="profile") == []


@pytest.mark.parametrize(
    ("status", "error_type", "outcome"),
    [
        (401, "disconnected_account", "account_disconnected"),
        (429, "too_many_requests", "throttled"),
        (503, "network_down", "not_sent"),
    ],
)
def test_an_account_that_cannot_look_is_left_alone_until_the_next_run(
    campaign: Campaign,
    client_of_unipile: Client,
    sandbox: Sandbox,
    status: int,
    error_type: str,
    outcome: str,
) -> None:
    people(campaign, 2)
    fault: dict[str, Any] = {"status": status, "type": f"errors/{error_type}"}
    sandbox.control.fault("answer", route="profile", **fault)

    during = resolving.resolve_pending(client_of_unipile, MovedClock())
    after = resolving.resolve_pending(client_of_unipile, MovedClock())

    assert (during, after) == ({outcome: 1}, {"resolved": 2})


@pytest.mark.parametrize("fault", [{"kind": "garbage"}, {"kind": "answer", "status": 500}])
def test_one_strange_profile_does_not_hold_up_the_others(
    campaign: Campaign, client_of_unipile: Client, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    first, second = a_prospect(campaign), a_prospect(campaign)
    sandbox.control.fault(**fault, route="profile", person=first.public_identifier, times=0)

    found = resolving.resolve_pending(client_of_unipile, MovedClock())

    first.refresh_from_db()
    second.refresh_from_db()
    assert found == {"not_sent": 1, "resolved": 1}
    assert (first.status, first.linkedin_user_id) == (Status.NEW, "")  # looked up when it is sent
    assert second.linkedin_user_id


@pytest.mark.django_db(transaction=True)
def test_who_was_found_is_sent_without_another_look(
    ada: Prospect,
    campaign: Campaign,
    client_of_unipile: Client,
    settings: LazySettings,
    sandbox: Sandbox,
) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    resolving.resolve_pending(client_of_unipile, timezone.now)

    call_command("enqueue_campaign", campaign.name)
    call_command("process_send_queue")

    assert QueueItem.objects.get().status == QueueItem.Status.SENT
    assert len(sandbox.control.calls(route="profile")) == 1
