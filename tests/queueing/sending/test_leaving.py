"""Some seconds after the tick: when calls leave in a run that a clock starts."""

import datetime as dt
import uuid

import pytest
from pytest_django import Settings

from queueing import planning
from queueing.gates.ticker import seconds_after
from queueing.models import ProcessRun, QueueItem
from queueing.sending import leaving, runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock

REQUEST = QueueItem.Kind.CONNECTION_REQUEST
Trigger = ProcessRun.Trigger


def test_seconds_are_drawn_anew_and_the_same_for_whoever_draws() -> None:
    account, other = uuid.uuid4(), uuid.uuid4()
    ticks = [1_800 * number for number in range(400)]

    drawn = [seconds_after(account, tick, 20) for tick in ticks]

    assert drawn == [seconds_after(account, tick, 20) for tick in ticks]
    assert set(drawn) == set(range(1, 21))
    assert drawn != [seconds_after(other, tick, 20) for tick in ticks]
    assert seconds_after(account, 0, 0) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trigger", "waits"),
    [(Trigger.SCHEDULE, True), (Trigger.COMMAND, False), (Trigger.ADMIN, False)],
)
def test_runs_that_a_clock_starts_wait(settings: Settings, trigger: str, waits: bool) -> None:
    settings.SEND_SPREAD_SECONDS = 20
    account, late = an_account(a_workspace()), dt.timedelta(seconds=25)

    found = leaving.waits([(account, REQUEST)], ProcessRun(trigger=trigger), NOON + late)

    drawn = seconds_after(account.pk, int(NOON.timestamp()), 20)
    assert found == ({account.pk: drawn} if waits else {})


@pytest.mark.django_db
def test_a_run_by_http_leaves_as_foreseen_or_within_half_of_its_callers_time(
    settings: Settings,
) -> None:
    settings.SEND_SPREAD_SECONDS, settings.HTTP_RUN_DEADLINE_SECONDS = 20, 20
    turns = [(an_account(a_workspace(), pk=uuid.UUID(int=number)), REQUEST) for number in range(6)]
    tick = int(NOON.timestamp())

    found = leaving.waits(turns, ProcessRun(trigger=Trigger.HTTP), NOON)

    for account, _ in turns:
        foreseen = seconds_after(account.pk, tick, 20)
        assert found[account.pk] == (foreseen if foreseen <= 10 else foreseen - 10)


@pytest.mark.django_db
@pytest.mark.parametrize(("since", "seconds"), [(1_770, 30), (1_700, None), (1_800, None)])
def test_a_run_waits_a_minute_at_most_for_an_account_s_own_gap(
    settings: Settings, since: int, seconds: int | None
) -> None:
    settings.SEND_SPREAD_SECONDS = 20
    account = an_account(a_workspace(), min_gap_seconds=1_800)
    sent_at = NOON - dt.timedelta(seconds=since)
    an_item(a_campaign(account.workspace, account), account, status="sent", sent_at=sent_at)

    found = leaving.waits([(account, REQUEST)], ProcessRun(trigger=Trigger.SCHEDULE), NOON)

    drawn = seconds_after(account.pk, int(NOON.timestamp()), 20)
    assert found == {account.pk: seconds or drawn}


@pytest.mark.django_db(transaction=True)
def test_each_account_leaves_when_its_seconds_are_over(
    settings: Settings, sandbox: Sandbox, client_of_unipile: Client, clock: MovedClock
) -> None:
    settings.SEND_SPREAD_SECONDS = 1
    workspace = a_workspace()
    for number in range(3):
        sandbox.control.add_account(f"acc-{number}", "sales_navigator")
        account = an_account(workspace, unipile_account_id=f"acc-{number}")
        an_item(a_campaign(workspace, account), account)
    foreseen = {planning.foreseen_at(item, NOON) for item in QueueItem.objects.all()}

    result = runs.run(Trigger.SCHEDULE, clock, client=client_of_unipile, concurrency=2)

    assert result["processed"] == 3
    assert foreseen == {NOON + dt.timedelta(seconds=1)}
