"""What staff change between the choice of an item and its claim is not sent as it was before."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import Kind, QueueItem
from queueing.sending import choosing, claiming
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
CHANGES: dict[str, dict[str, Any]] = {
    "another text": {"message": "Hello, and another text"},
    "later": {"scheduled_for": NOON + dt.timedelta(days=1)},
    "skipped": {"status": Status.SKIPPED},
}


@pytest.fixture
def accounts() -> list[LinkedInAccount]:
    workspace = a_workspace()
    return [an_account(workspace), an_account(workspace)]


@pytest.fixture
def campaign(accounts: list[LinkedInAccount]) -> Campaign:
    return a_campaign(accounts[0].workspace, *accounts)


@pytest.fixture
def elsewhere() -> Iterator[psycopg.Connection[Any]]:
    """Return a connection of somebody else."""
    told = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{name: told[name] for name in names if told.get(name)}) as other:
        yield other


def after_the_choice(deed: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen once the items are chosen, before they are claimed."""
    choose = choosing.next_open_items

    def choose_and(*arguments: Any) -> Any:
        found = choose(*arguments)
        deed()
        return found

    monkeypatch.setattr(choosing, "next_open_items", choose_and)


def claim(accounts: list[LinkedInAccount], kind: str) -> list[claiming.Call]:
    return claiming.claim_all([claiming.Turn(one.pk, kind) for one in accounts], None, NOON)


def set_by_another(
    other: psycopg.Connection[Any], item: QueueItem, values: dict[str, Any], *, commit: bool = True
) -> Callable[[], object]:
    columns = ", ".join(f"{name} = %s" for name in values)

    def deed() -> None:
        told = [*(str(value) for value in values.values()), item.pk]
        other.execute(f"UPDATE send_queue SET {columns} WHERE id = %s", told)
        if commit:
            other.commit()

    return deed


@pytest.mark.parametrize("kind", Kind.values)
@pytest.mark.parametrize("what", [*CHANGES, "moved"])
def test_what_was_changed_since_it_was_chosen_is_not_claimed(
    accounts: list[LinkedInAccount],
    campaign: Campaign,
    elsewhere: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    what: str,
) -> None:
    one, another = accounts
    own = {"message": "Hello", "by_hand": True} if kind == Kind.MESSAGE else {}
    item = an_item(campaign, one, kind=kind, **own)
    changes = CHANGES.get(what) or {"linkedin_account_id": another.pk}
    after_the_choice(set_by_another(elsewhere, item, changes), monkeypatch)

    assert claim([one], kind) == []

    item.refresh_from_db()
    assert item.status == changes.get("status", Status.PENDING)
    assert {name: getattr(item, name) for name in changes} == changes
    assert not item.send_attempts.exists()


def test_what_somebody_is_changing_is_not_waited_for_and_holds_no_other(
    accounts: list[LinkedInAccount],
    campaign: Campaign,
    elsewhere: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, another = accounts
    held, free = an_item(campaign, one), an_item(campaign, another)
    deed = set_by_another(elsewhere, held, {"message": "Hello"}, commit=False)
    after_the_choice(deed, monkeypatch)

    [call] = claim(accounts, Kind.CONNECTION_REQUEST)

    assert call.claim.item_id == free.pk
    elsewhere.rollback()
    monkeypatch.undo()
    [call] = claim([one], Kind.CONNECTION_REQUEST)
    assert call.claim.item_id == held.pk
