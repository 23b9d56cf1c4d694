"""The judge itself: each broken promise is seen, and only that."""

import datetime as dt

import pytest
import requests

from campaigns.models import LinkedInAccount, Prospect
from queueing.models import QueueItem, SendAttempt
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.faults import oracle

pytestmark = pytest.mark.django_db
Status = QueueItem.Status


@pytest.fixture
def account(sandbox: Sandbox) -> LinkedInAccount:
    sandbox.control.freeze(NOON.isoformat())
    account = an_account(a_workspace(), daily_limit=2, weekly_limit=3, min_gap_seconds=60)
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


def an_effect(sandbox: Sandbox, account: LinkedInAccount, person: str) -> None:
    provider_id = sandbox.control.provider_id(account.unipile_account_id, person)
    answer = requests.post(
        f"{sandbox.url}/api/v1/users/invite",
        json={"account_id": account.unipile_account_id, "provider_id": provider_id},
        headers={"X-API-KEY": sandbox.api_key},
        timeout=5,
    )
    assert answer.status_code == 200


def a_sent_item(sandbox: Sandbox, account: LinkedInAccount, *, at: dt.datetime = NOON) -> QueueItem:
    """Store an item that was sent, with its attempt and its effect."""
    item = an_item(a_campaign(account.workspace, account), account, status="sent", sent_at=at)
    SendAttempt.objects.create(
        item=item,
        linkedin_account=account,
        kind=SendAttempt.Kind.SEND,
        route=SendAttempt.Route.INVITE,
        number=1,
        started_at=at,
    )
    an_effect(sandbox, account, item.prospect.public_identifier)
    return item


def test_a_queue_that_tells_the_truth_breaks_nothing(
    sandbox: Sandbox, account: LinkedInAccount
) -> None:
    a_sent_item(sandbox, account)

    judgement = oracle.judge(sandbox.control)

    assert (judgement.effects, judgement.broken, judgement.misdated) == (1, {}, 0)


def test_an_invitation_that_vanished_counts_when_another_account_sends(
    sandbox: Sandbox, account: LinkedInAccount
) -> None:
    person = a_sent_item(sandbox, account).prospect.public_identifier
    sandbox.control.decline(account.unipile_account_id, person)
    other = an_account(account.workspace)
    sandbox.control.add_account(other.unipile_account_id, "free")
    an_effect(sandbox, other, person)

    assert oracle.judge(sandbox.control).broken == {"duplicates": 1}


def test_an_effect_of_nobody_is_lost_and_was_never_attempted(
    sandbox: Sandbox, account: LinkedInAccount
) -> None:
    an_effect(sandbox, account, "bea-example")

    assert oracle.judge(sandbox.control).broken == {"lost": 1, "effects without an attempt": 1}


@pytest.mark.parametrize(
    ("status", "tried_at", "broken"),
    [
        (Status.FAILED, None, {"lost": 1, "ended without being counted": 1}),
        (Status.SKIPPED, None, {"lost": 1, "ended without being counted": 1}),
        (Status.SKIPPED, NOON, {"ended without being counted": 1}),
        (Status.PENDING, None, {"lost": 1}),
        (Status.PENDING, NOON, {}),
        (Status.UNCONFIRMED, NOON, {}),
    ],
)
def test_an_effect_is_held_by_what_may_have_been_sent(
    sandbox: Sandbox,
    account: LinkedInAccount,
    status: str,
    tried_at: dt.datetime | None,
    broken: dict[str, int],
) -> None:
    a_sent_item(sandbox, account)
    QueueItem.objects.update(
        status=status, sent_at=None, tried_at=tried_at, searched_at=tried_at, claimed_at=NOON
    )

    assert oracle.judge(sandbox.control).broken == broken


def test_caps_and_spacing_are_those_of_the_effects(
    sandbox: Sandbox, account: LinkedInAccount
) -> None:
    for seconds in (0, 30, 90, 2 * 86_400):
        at = NOON + dt.timedelta(seconds=seconds)
        sandbox.control.freeze(at.isoformat())
        a_sent_item(sandbox, account, at=at)

    # Three on the first day, four in the week; the second came 30 seconds after the first.
    broken = {"caps exceeded": 2, "sends too close together": 1}
    assert oracle.judge(sandbox.control).broken == broken


def test_what_nobody_got_was_not_sent(sandbox: Sandbox, account: LinkedInAccount) -> None:
    an_item(a_campaign(account.workspace, account), account, status="sent", sent_at=NOON)

    assert oracle.judge(sandbox.control).broken == {"sent without an effect": 1}


def test_a_date_that_is_not_the_effects_is_seen(sandbox: Sandbox, account: LinkedInAccount) -> None:
    a_sent_item(sandbox, account)
    QueueItem.objects.update(sent_at=NOON + dt.timedelta(hours=1))

    assert oracle.judge(sandbox.control).misdated == 1


def test_a_person_is_known_by_every_address_and_an_account_by_its_login(
    sandbox: Sandbox, account: LinkedInAccount
) -> None:
    person = a_sent_item(sandbox, account).prospect.public_identifier
    sandbox.control.add_person(person, moved_to="ada-now")
    Prospect.objects.update(public_identifier="ada-now")
    QueueItem.objects.update(person_key="ada-now")
    login = sandbox.control.login(account.unipile_account_id)
    LinkedInAccount.objects.update(unipile_account_id="connected-anew")
    sandbox.control.add_account("connected-anew", "premium", login=login)

    assert oracle.judge(sandbox.control).broken == {}
