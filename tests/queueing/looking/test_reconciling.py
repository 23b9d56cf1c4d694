"""What is in doubt is looked up until it is known; nothing is concluded from less."""

import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.looking import reconciling
from queueing.models import QueueItem, SendAttempt
from queueing.sending import RESTORED, history
from queueing.unipile import Client
from queueing.unipile.choosing import Version
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_prospect, an_item
from tests.conftest import BOTH, MovedClock
from tests.queueing.looking.doubt import in_doubt, later, looked

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
Route = SendAttempt.Route


@pytest.fixture(autouse=True)
def _linkedins_clock(sandbox: Sandbox, clock: MovedClock) -> None:
    sandbox.control.freeze(clock().isoformat())


@BOTH
def test_an_invitation_that_shows_was_sent(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    claimed_at = clock()
    later(clock, sandbox, minutes=10)

    settled = reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (settled, item.status) == ({"sent": 1}, Status.SENT)
    assert item.sent_at == claimed_at + dt.timedelta(seconds=180)  # the latest it can have been
    assert item.prospect.follow_up_due_at == item.sent_at + dt.timedelta(days=3)
    assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT
    assert looked(item) == [(Route.SENT_LIST, "found")]


@pytest.mark.parametrize("spoken", [Version.V2], indirect=True)
@pytest.mark.parametrize(
    ("hours_before", "became"),
    [(2, (Status.SKIPPED, "invited_by_hand", False)), (0.5, (Status.SENT, "found_invited", True))],
)
def test_what_the_list_dates_before_the_first_try_was_made_by_hand(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    hours_before: float,
    became: tuple[str, str, bool],
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.freeze((clock() - dt.timedelta(hours=hours_before)).isoformat())
    sandbox.control.invite_by_hand(account.unipile_account_id, item.prospect.public_identifier)
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.error_code, item.sent_at is not None) == became
    assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT


def test_no_time_settles_what_may_have_been_tried_before_its_attempts(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    assert history.first_tried_at(item) is not None

    earlier = item.tried_at and item.tried_at - dt.timedelta(days=1)
    item.tried_at = earlier  # as a row of the former queue tells it
    assert history.first_tried_at(item) is None

    item.refresh_from_db()
    calls = item.send_attempts.filter(kind=SendAttempt.Kind.SEND)
    calls.update(outcome=RESTORED)
    assert history.first_tried_at(item) is None


def test_calls_that_are_found_to_have_arrived_are_no_reason_to_rest(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    for _ in range(4):
        in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    account.refresh_from_db()
    assert account.paused_until is None


def test_what_a_list_shows_before_it_breaks_off_is_settled(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    for _ in range(2):
        in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    sandbox.control.settings(page_cap=1)
    sandbox.control.fault("answer", route="sent", status=503, skip=1)
    later(clock, sandbox, minutes=10)

    settled = reconciling.reconcile(client_of_unipile, clock)

    assert settled == {"sent": 1}
    assert sandbox.control.calls(route="profile")[2:] == []  # the account can look at nothing
    ends = SendAttempt.objects.filter(route=Route.SENT_LIST).values_list("outcome", flat=True)
    assert sorted(ends) == ["found", "not_sent"]


@BOTH
def test_somebody_who_accepted_was_sent_and_is_connected(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    sandbox.control.accept(account.unipile_account_id, item.prospect.public_identifier)
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.prospect.status) == (Status.SENT, Prospect.Status.CONNECTED)


@BOTH
def test_a_withdrawn_invitation_is_skipped_and_holds_its_person(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    sandbox.control.withdraw(account.unipile_account_id, item.prospect.public_identifier)
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.SKIPPED, "invitation_withdrawn")
    other = a_campaign(account.workspace, account)
    with pytest.raises(IntegrityError, match="nobody_twice"), transaction.atomic():
        an_item(other, account, person_key=item.person_key)


@BOTH
def test_the_profile_finds_what_the_list_does_not_show_yet(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    sandbox.control.settings(lag_seconds=86_400, profile_lag_seconds=0)
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.SENT
    assert looked(item) == [(Route.SENT_LIST, "nothing"), (Route.PROFILE, "found")]


@BOTH
def test_a_slow_list_is_never_taken_for_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.fault("answer", route="sent", status=500, times=50)

    for _ in range(6):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    assert set(looked(item)) == {(Route.PROFILE, "nothing"), (Route.SENT_LIST, "not_sent")}


def test_a_person_who_is_gone_says_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.add_person(item.prospect.public_identifier, exists=False)

    for _ in range(4):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED


@BOTH
@pytest.mark.parametrize(("when", "status"), [("after", Status.SENT), ("before", Status.PENDING)])
def test_whose_id_has_gone_stale_is_found_by_slug(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    when: str,
    status: str,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, when)
    QueueItem.objects.update(linkedin_user_id="ACoAAoftheold0000000000")

    for _ in range(2):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == status
    assert (Route.PROFILE, "rejected") in looked(item) or status == Status.SENT


def test_a_disconnected_account_is_left_alone(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    LinkedInAccount.objects.update(status=LinkedInAccount.Status.DISCONNECTED)
    later(clock, sandbox, minutes=10)

    assert reconciling.reconcile(client_of_unipile, clock) == {}
    assert looked(item) == []


def test_one_item_can_be_checked_now(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")

    assert reconciling.check_item(client_of_unipile, item.pk, clock) == Status.SENT


@BOTH
def test_the_list_settles_what_an_unreadable_profile_leaves_open(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    sandbox.control.fault(
        "answer", route="profile", status=200, body='{"object": "UserProfile"}', times=9
    )
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.SENT
    assert looked(item) == [(Route.SENT_LIST, "found")]


@BOTH
def test_without_its_profile_a_complete_walk_proves_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.fault("answer", route="profile", status=500, times=99)

    for _ in range(5):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    assert set(looked(item)) == {(Route.PROFILE, "not_sent"), (Route.SENT_LIST, "nothing")}


def test_the_list_is_searched_for_the_one_spelling_of_a_slug(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    prospect = a_prospect(campaign, public_identifier="zoë-example")
    item = an_item(
        campaign, account, prospect=prospect, status=Status.UNCONFIRMED, claimed_at=clock()
    )
    invitation = {
        "object": "InvitationSent",
        "id": "17",
        "invited_user_id": None,
        "invited_user_public_id": "ZO%C3%8B-example",
    }
    page = {"object": "InvitationList", "items": [invitation], "cursor": None}
    sandbox.control.fault("answer", route="sent", status=200, body=json.dumps(page))
    later(clock, sandbox, minutes=5)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.invitation_id) == (Status.SENT, "17")


def test_a_list_that_does_not_end_is_never_taken_for_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    in_a_circle = {"object": "InvitationList", "items": [], "cursor": "again"}
    sandbox.control.fault(
        "answer", route="sent", status=200, body=json.dumps(in_a_circle), times=99
    )

    for _ in range(3):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    assert set(looked(item)) == {(Route.PROFILE, "nothing"), (Route.SENT_LIST, "unknown")}
    assert len(sandbox.control.calls(route="invite")) == 1  # reconciling only reads
