"""Three items, of whose rows one is poisoned by what nobody thought of."""

import datetime as dt
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from queueing.models import ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock

Status = QueueItem.Status
replan = import_module("queueing.planning.replan")  # the room hands out a function of this name


class PoisonError(Exception):
    """What nobody thought of."""


def poisoned(real: Callable[..., Any], is_poison: Callable[..., bool]) -> Callable[..., Any]:
    """Return a function that fails for one row, and does as ever for all others."""

    def either(*arguments: Any, **more: Any) -> Any:
        if is_poison(*arguments, **more):
            raise PoisonError("nobody thought of this")
        return real(*arguments, **more)

    return either


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.JOURNAL_DIR = tmp_path / "journal"
    return tmp_path / "journal"


@pytest.fixture
def items(sandbox: Sandbox, clock: MovedClock) -> list[QueueItem]:
    """Three items of three accounts; the first is the one that is poisoned."""
    sandbox.control.freeze(clock().isoformat())
    workspace = a_workspace(notify_emails="staff@example.com")
    made = []
    for number in range(3):
        account = an_account(workspace, name=f"Account {number}")
        sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
        made.append(an_item(a_campaign(workspace, account), account))
    return made


def run(client: Client, clock: MovedClock) -> dict[str, Any]:
    return runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)


def states(items: list[QueueItem]) -> list[str]:
    return [QueueItem.objects.get(pk=item.pk).status for item in items]


def late(items: list[QueueItem]) -> None:
    QueueItem.objects.update(scheduled_for=NOON - dt.timedelta(days=3))
