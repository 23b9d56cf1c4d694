"""What a real django-q2 cluster does to a run: tasks twice, tasks lost, its time-out, its death."""

import datetime as dt
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task
from django_q.scheduler import scheduler
from django_q.tasks import async_task

from campaigns.models import LinkedInAccount
from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem
from queueing.schedules import COMMAND
from queueing.unipile import connect
from sandbox.testing import SandboxProcess
from tests import processes
from tests.builders import a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import killing, oracle
from tests.preloaded import Forked

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


@pytest.fixture
def accounts(lenient_sandbox: SandboxProcess) -> list[LinkedInAccount]:
    """Two accounts with five due items each, at their automatic gap; no job comes by itself."""
    processes.let_no_job_come()
    workspace = a_workspace()
    rows = [an_account(workspace, min_gap_seconds=None) for _ in range(2)]
    campaign = a_campaign(workspace, *rows)
    due = timezone.now() - dt.timedelta(hours=3)
    for account in rows:
        lenient_sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
        for _ in range(5):
            an_item(campaign, account, scheduled_for=due)
    return rows


@contextmanager
def a_cluster(sandbox: SandboxProcess) -> Iterator[Forked]:
    # Tasks are signed with the key of who queued them.
    cron = Schedule.objects.get(name="process_send_queue").cron
    env = processes.environment(sandbox, SECRET_KEY=settings.SECRET_KEY, SEND_QUEUE_CRON=cron)
    cluster = processes.start(env, "qcluster")
    try:
        yield cluster
    finally:
        cluster.send_signal(signal.SIGTERM)
        cluster.communicate(timeout=400)


def tick(due: dt.datetime) -> None:
    """Let django-q2 queue what its schedule says, without waiting for a cluster to look."""
    Schedule.objects.filter(name="process_send_queue").update(next_run=due)
    scheduler()


def tasks_ended(number: int) -> bool:
    return bool(Task.objects.count() >= number)


def test_tasks_may_come_twice_or_never(
    accounts: list[LinkedInAccount], lenient_sandbox: SandboxProcess
) -> None:
    for _ in range(4):
        async_task(COMMAND, "process_send_queue")
    first, *others = OrmQ.objects.order_by("id")
    OrmQ.objects.filter(pk__in=[other.pk for other in others]).update(payload=first.payload)
    async_task(COMMAND, "process_send_queue")
    OrmQ.objects.order_by("id").last().delete()

    with a_cluster(lenient_sandbox) as cluster:
        processes.until(
            lambda: ProcessRun.objects.filter(finished_at__isnull=False).count() == 4, cluster
        )

    judgement = oracle.judge(lenient_sandbox.control)
    assert (judgement.broken, judgement.effects) == ({}, len(accounts))
    assert QueueItem.objects.filter(status=Status.SENT).count() == len(accounts)


def test_one_tick_after_three_hours_is_no_burst(
    accounts: list[LinkedInAccount], lenient_sandbox: SandboxProcess
) -> None:
    tick(timezone.now() - dt.timedelta(hours=3))
    scheduler()
    assert OrmQ.objects.count() == 1  # missed ticks are not made up for

    with a_cluster(lenient_sandbox) as cluster:
        processes.until(lambda: tasks_ended(1), cluster)
        tick(timezone.now())
        processes.until(lambda: tasks_ended(2), cluster)

    assert ProcessRun.objects.count() == 2
    sent = [effect["account_id"] for effect in lenient_sandbox.control.effects()]
    assert sorted(sent) == sorted(account.unipile_account_id for account in accounts)


def test_the_time_out_of_a_task_puts_its_calls_in_doubt(
    accounts: list[LinkedInAccount], lenient_sandbox: SandboxProcess
) -> None:
    lenient_sandbox.control.fault("delay", route="invite", when="after", times=2)
    async_task(COMMAND, "process_send_queue", timeout=10)

    with a_cluster(lenient_sandbox) as cluster:
        processes.until(lambda: tasks_ended(1), cluster)
        lenient_sandbox.control.end_waits()

    assert not Task.objects.get().success
    assert "TimeoutException" in ProcessRun.objects.get().message
    settle(lenient_sandbox)
    judgement = oracle.judge(lenient_sandbox.control)
    assert judgement.broken == {}
    assert QueueItem.objects.filter(status=Status.SENT).count() == judgement.effects == 2


def test_a_killed_cluster_holds_up_nobody_else(
    accounts: list[LinkedInAccount], lenient_sandbox: SandboxProcess
) -> None:
    stuck, other = (account.unipile_account_id for account in accounts)
    lenient_sandbox.control.fault("delay", route="invite", when="after", account_id=stuck)
    others = QueueItem.objects.filter(linkedin_account=accounts[1])
    others.update(status=Status.FAILED)
    tick(timezone.now())

    with a_cluster(lenient_sandbox) as cluster:
        processes.until(lambda: bool(lenient_sandbox.control.effects()), cluster)
        os.killpg(cluster.pid, signal.SIGKILL)
    others.update(status=Status.PENDING)
    killing.ended(killing.run_in_child(lenient_sandbox.url, lenient_sandbox.api_key))

    assert {effect["account_id"] for effect in lenient_sandbox.control.effects()} == {stuck, other}
    settle(lenient_sandbox)
    judgement = oracle.judge(lenient_sandbox.control)
    assert judgement.broken == {}
    assert QueueItem.objects.filter(status=Status.SENT).count() == judgement.effects == 2


def settle(sandbox: SandboxProcess) -> None:
    """Let time pass until nothing is in doubt any more."""
    client = connect(sandbox.url, sandbox.api_key)
    clock = MovedClock(timezone.now())
    for _ in range(3):
        clock.advance(minutes=61)
        sandbox.control.freeze(clock().isoformat())
        reconciling.reconcile(client, clock)
    assert not QueueItem.objects.filter(status__in=[Status.SENDING, Status.UNCONFIRMED]).exists()
