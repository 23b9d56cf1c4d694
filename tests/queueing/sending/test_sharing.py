"""A tick in shares: each begins with its own accounts, and no turn is taken twice."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ

from campaigns.models import LinkedInAccount
from queueing import schedules
from queueing.models import ProcessRun, QueueItem
from queueing.sending import claiming, runs, sharing
from queueing.sending.sharing import Share
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db
REQUEST = QueueItem.Kind.CONNECTION_REQUEST


@pytest.fixture
def accounts(clock: MovedClock) -> list[LinkedInAccount]:
    """Nine accounts with two due items each, which their gaps do not hold."""
    workspace = a_workspace()
    rows = [an_account(workspace, min_gap_seconds=0) for _ in range(9)]
    campaign = a_campaign(workspace, *rows)
    for account in rows:
        for _ in range(2):
            an_item(campaign, account, scheduled_for=clock() - dt.timedelta(hours=1))
    return rows


def shares(clock: MovedClock, of: int = 3) -> list[Share]:
    return [Share(number, of, clock()) for number in range(1, of + 1)]


def send(share: Share, client: Client, clock: MovedClock) -> int:
    clock.advance(seconds=10)
    result = runs.run(ProcessRun.Trigger.SCHEDULE, clock, client=client, share=share)
    return int(result["processed"])


def test_the_parts_of_all_shares_are_all_accounts_once(
    accounts: list[LinkedInAccount], clock: MovedClock
) -> None:
    own = [next(sharing.parts(share, clock, None)) for share in shares(clock)]

    found = [turn.account_id for part in own for turn in part]
    assert sorted(found) == sorted(account.pk for account in accounts)


def test_what_others_left_is_taken_from_the_next_share_on_and_from_its_end(
    accounts: list[LinkedInAccount], clock: MovedClock
) -> None:
    own = [next(sharing.parts(share, clock, None)) for share in shares(clock)]

    _, left = sharing.parts(shares(clock)[1], clock, None)

    assert left == [*reversed(own[2]), *reversed(own[0])]


def test_one_share_does_the_part_of_those_that_never_come(
    accounts: list[LinkedInAccount], clock: MovedClock, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    with_sandbox(accounts, sandbox)

    assert send(shares(clock)[1], client_of_unipile, clock) == len(accounts)


def test_no_share_takes_a_turn_that_another_has_taken(
    accounts: list[LinkedInAccount], clock: MovedClock, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    with_sandbox(accounts, sandbox)
    first, second, third = shares(clock)

    sent = [send(share, client_of_unipile, clock) for share in (first, second, third, first)]

    assert sent == [len(accounts), 0, 0, 0]
    clock.advance(minutes=30)
    assert send(shares(clock)[0], client_of_unipile, clock) == len(accounts)


def test_a_turn_is_over_by_the_lock_and_not_by_what_was_read_before(
    accounts: list[LinkedInAccount], clock: MovedClock
) -> None:
    tick = clock()
    turn = claiming.Turn(accounts[0].pk, REQUEST)
    run = ProcessRun.objects.create(trigger="schedule", started_at=tick)
    (call,) = claiming.claim_all([turn], run, clock(), since=tick)
    QueueItem.objects.filter(pk=call.claim.item_id).update(
        status=QueueItem.Status.FAILED, claim_token=None
    )

    assert claiming.claim_all([turn], run, clock(), since=tick) == []
    assert claiming.claim_all([turn], run, clock(), since=clock() + dt.timedelta(seconds=1))


def with_sandbox(accounts: list[LinkedInAccount], sandbox: Sandbox) -> None:
    for account in accounts:
        sandbox.control.add_account(account.unipile_account_id, "sales_navigator")


def test_a_tick_is_handed_out_as_tasks(settings: LazySettings) -> None:
    settings.SEND_DISTRIBUTE = 3
    schedules.make_schedules()
    job = next(job for job in schedules.jobs() if job.name == schedules.SENDING)

    told = call_command(*job.arguments)

    assert told == "Handed 3 shares to the clusters"
    tasks = [row.task for row in OrmQ.objects.order_by("id")]
    assert [task["name"] for task in tasks] == [f"share {number} of 3" for number in (1, 2, 3)]
    assert {task["func"] for task in tasks} == {schedules.COMMAND}
    handed = [Share.parse(task["args"][-1]) for task in tasks]
    assert [(one.number, one.of) for one in handed] == [(1, 3), (2, 3), (3, 3)]
    assert ProcessRun.objects.count() == 0


@pytest.fixture
def another_share_here(settings: LazySettings, tmp_path: object) -> Iterator[None]:
    settings.JOURNAL_DIR = tmp_path
    with sharing.the_only_one_here() as is_alone:
        assert is_alone
        yield


def a_share(seconds_ago: float) -> str:
    return str(Share(2, 3, timezone.now() - dt.timedelta(seconds=seconds_ago)))


@pytest.mark.usefixtures("another_share_here")
def test_a_machine_that_is_at_a_share_gives_another_one_back() -> None:
    text = a_share(0)

    told = call_command("process_send_queue", "--share", text)

    assert told == f"Share {text} was given back: this machine is at another one"
    (again,) = OrmQ.objects.all()
    assert again.task["args"][-1] == text


@pytest.mark.usefixtures("another_share_here")
def test_where_no_other_machine_takes_it_a_share_is_made_beside_the_other(
    sandbox: Sandbox, settings: LazySettings
) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    call_command("process_send_queue", "--share", a_share(30))

    assert ProcessRun.objects.count() == 1
    assert OrmQ.objects.count() == 0


def test_a_share_that_comes_after_its_tick_does_nothing() -> None:
    told = call_command("process_send_queue", "--share", a_share(241))

    assert "comes too late" in str(told)
    assert ProcessRun.objects.count() == 0


@pytest.mark.parametrize("text", ["2", "0/3", "4/3", "a/b", "2/3@yesterday", "2/3@2026-07-08"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="is no share, such as"):
        call_command("process_send_queue", "--share", text)


@pytest.mark.parametrize("other", [["--limit", "3"], ["--dry-run"], ["--share", a_share(0)]])
def test_what_is_of_whole_runs_does_not_go_with_shares(other: list[str]) -> None:
    with pytest.raises(CommandError, match="do not go together"):
        call_command("process_send_queue", "--distribute", "2", *other)
