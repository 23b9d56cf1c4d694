"""What happens next: with what is in doubt, and with what has ended."""

import datetime as dt

import pytest
from django.conf import LazySettings

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import next_steps, reconciling
from queueing.models import QueueItem, SendAttempt
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, an_item
from tests.conftest import MovedClock
from tests.queueing.looking.doubt import in_doubt

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


@pytest.fixture
def item(
    campaign: Campaign,
    account: LinkedInAccount,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> QueueItem:
    return in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")


def test_what_is_in_doubt_says_when_it_is_looked_up_and_by_whom(
    item: QueueItem, clock: MovedClock, client_of_unipile: Client
) -> None:
    first = next_steps.of(item, clock())
    clock.advance(minutes=1)
    due = next_steps.of(item, clock())
    reconciling.reconcile(client_of_unipile, clock)
    after = next_steps.of(item, clock())

    account = item.linkedin_account
    assert f"{account} looks it up from 2026-07-08 16:01 UTC on." in first
    assert f"{account} looks it up with the next run of reconcile_send_queue." in due
    assert f"{account} looks it up from 2026-07-08 17:01 UTC on." in after


def test_what_is_said_of_the_next_look_is_when_it_is_made(
    item: QueueItem, clock: MovedClock, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    made = []
    for _ in range(40):
        is_due = "next run" in next_steps.of(item, clock())
        before = item.send_attempts.count()
        reconciling.reconcile(client_of_unipile, clock)
        made.append((is_due, item.send_attempts.count() > before))
        item.refresh_from_db()
        if item.status != Status.UNCONFIRMED:
            break
        clock.advance(minutes=3)

    assert all(said == done for said, done in made)
    assert sum(done for _, done in made) >= 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "disconnected"}, "which is disconnected: once it is connected again."),
        ({"other_login": "ben-example"}, "once its owner is logged in to"),
    ],
)
def test_an_account_that_cannot_look_is_named(
    item: QueueItem, change: dict[str, str], words: str
) -> None:
    LinkedInAccount.objects.update(**change)
    item = QueueItem.objects.get(pk=item.pk)

    assert words in next_steps.of(item, NOON)


def test_an_account_without_looks_left_makes_them_tomorrow(
    item: QueueItem, settings: LazySettings
) -> None:
    settings.LOOK_UPS_PER_DAY = 1

    assert "looks it up from 2026-07-09 " in next_steps.of(item, NOON)


def test_an_account_that_was_throttled_looks_an_hour_later(item: QueueItem) -> None:
    SendAttempt.objects.create(
        item=item, kind="lookup", number=9, started_at=NOON, finished_at=NOON, outcome="throttled"
    )

    assert "looks it up from 2026-07-08 17:00 UTC on." in next_steps.of(item, NOON)


@pytest.mark.parametrize(
    ("status", "changes", "words"),
    [
        (Status.FAILED, {}, "Retry it, or leave it; the person can be queued again"),
        (Status.SKIPPED, {}, "it never goes"),
        (Status.SKIPPED, {"sent_at": NOON}, "the person is not invited again"),
        (Status.SENT, {"sent_at": NOON}, "it was sent"),
        (
            Status.FAILED,
            {"tried_at": NOON, "searched_at": NOON + dt.timedelta(hours=1)},
            "the person cannot be queued again",
        ),
        (Status.PENDING, {"tried_at": NOON}, "the person is looked up before the next one"),
    ],
)
def test_every_state_says_what_happens_next(
    campaign: Campaign,
    account: LinkedInAccount,
    status: str,
    changes: dict[str, dt.datetime],
    words: str,
) -> None:
    item = an_item(campaign, account, status=status, **changes)

    assert words in next_steps.of(item, NOON)


def test_what_waits_for_its_gates_says_no_more(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    assert next_steps.of(an_item(campaign, account), NOON) == ""
