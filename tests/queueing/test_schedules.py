"""The jobs of the ticker: made by code, and done by a real cluster."""

import datetime as dt
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command, get_commands, load_command_class
from django.db import connection
from django.utils import timezone
from django_q.models import Schedule, Task

from queueing import checks, schedules
from queueing.models import ProcessRun, QueueItem
from sandbox.testing import Sandbox
from tests import processes
from tests.builders import a_campaign, a_workspace, an_account, an_item

JOBS = {
    "process_send_queue",
    "process_pending_prospects",
    "reconcile_send_queue",
    "sync_accounts",
    "look_for_answers",
    "deliver_webhooks",
    "prune",
    "execute_scheduled_campaigns",
}


@pytest.mark.django_db
def test_migrating_makes_one_row_a_job() -> None:
    rows = {row.name: row for row in Schedule.objects.all()}

    assert rows.keys() == JOBS
    assert Schedule.objects.count() == len(JOBS)
    sending = rows["process_send_queue"]
    assert sending.func == "django.core.management.call_command"
    assert sending.args == "'process_send_queue', '--trigger', 'schedule'"
    assert (sending.schedule_type, sending.cron, sending.repeats) == ("C", "*/30 * * * *", -1)
    assert sending.next_run.minute in {0, 30}


@pytest.mark.django_db
def test_a_new_job_is_due_when_its_cron_says_next() -> None:
    Schedule.objects.all().delete()
    before = timezone.now()

    schedules.make_schedules()

    sending = Schedule.objects.get(name="process_send_queue")
    assert before < sending.next_run <= timezone.now() + dt.timedelta(minutes=30)


@pytest.mark.django_db
@pytest.mark.parametrize("job", schedules.jobs(), ids=lambda job: job.name)
def test_every_job_is_a_command_that_takes_its_arguments(job: schedules.Job) -> None:
    name, *arguments = job.arguments
    command = load_command_class(get_commands()[name], name)

    assert command.create_parser("manage.py", name).parse_args(arguments)


@pytest.mark.django_db
def test_a_row_that_has_not_changed_keeps_its_next_run() -> None:
    next_run = timezone.now() + dt.timedelta(days=3)
    Schedule.objects.update(next_run=next_run)

    schedules.make_schedules()

    assert set(Schedule.objects.values_list("next_run", flat=True)) == {next_run}
    assert Schedule.objects.count() == len(JOBS)


@pytest.mark.django_db
def test_a_changed_cron_is_followed(settings: LazySettings) -> None:
    Schedule.objects.update(next_run=timezone.now() + dt.timedelta(days=3))
    settings.SEND_QUEUE_CRON = "*/10 * * * *"

    schedules.make_schedules()

    row = Schedule.objects.get(name="process_send_queue")
    assert row.cron == "*/10 * * * *"
    assert row.next_run <= timezone.now() + dt.timedelta(minutes=10)


@pytest.mark.django_db
def test_what_somebody_changed_by_hand_is_put_right() -> None:
    Schedule.objects.update(func="os.system", args="'true'", repeats=0)

    schedules.make_schedules()

    # Who switched them off meant it: that outlasts a restart.
    assert set(Schedule.objects.values_list("func", "repeats")) == {(schedules.COMMAND, 0)}


@pytest.mark.django_db
def test_other_peoples_schedules_are_left_alone() -> None:
    Schedule.objects.create(name="theirs", func="math.sqrt", args="4", repeats=7)

    call_command("migrate", verbosity=0)

    theirs = Schedule.objects.get(name="theirs")
    assert (theirs.func, theirs.repeats) == ("math.sqrt", 7)


@pytest.mark.django_db
def test_a_copy_of_a_job_does_not_run_beside_it() -> None:
    copied = Schedule.objects.get(name="process_send_queue")
    copied.pk, copied.cron = None, "* * * * *"
    copied.save()

    schedules.make_schedules()

    assert Schedule.objects.get(name="process_send_queue").cron == "*/30 * * * *"


@pytest.mark.django_db
def test_a_schedule_as_the_settings_have_it_is_no_difference() -> None:
    assert schedules.differences() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"cron": "*/10 * * * *"},
            "The cluster runs process_send_queue at “*/10 * * * *”, "
            "SEND_QUEUE_CRON is “*/30 * * * *”.",
        ),
        ({"args": "'x'"}, "The schedule of process_send_queue was changed by hand (args)."),
        ({"name": "x"}, "The cluster does not run process_send_queue: it has no schedule."),
    ],
)
def test_a_difference_is_named_with_what_ends_it(changed: dict[str, Any], says: str) -> None:
    Schedule.objects.filter(name="process_send_queue").update(**changed)

    (named,) = schedules.differences()
    (checked,) = checks.check_database(databases=["default"])

    assert named == f"{says} {schedules.REMEDY}"
    assert (checked.id, checked.msg) == ("queueing.W001", named)
    schedules.make_schedules()
    assert schedules.differences() == []


@pytest.mark.django_db
def test_what_is_switched_off_is_named_and_stays_off() -> None:
    Schedule.objects.filter(name="process_send_queue").update(repeats=0)

    schedules.make_schedules()

    (named,) = schedules.differences()
    assert named.startswith("process_send_queue is switched off: the cluster does not run it.")


@contextmanager
def an_empty_database(name: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield name
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


MIGRATE_ONE_BY_ONE = """
import django; django.setup()
from django.core.management import call_command
for steps in (["campaigns"], ["queueing"], ["django_q"], ["django_q", "zero"], []):
    call_command("migrate", *steps, verbosity=0)
from django_q.models import Schedule; print(Schedule.objects.count())
"""


@pytest.mark.django_db(transaction=True)
def test_apps_can_be_migrated_one_by_one(sandbox: Sandbox) -> None:
    with an_empty_database("sendq_one_by_one") as name:
        env = processes.environment(sandbox, DJANGO_SETTINGS_MODULE="sendq_site.settings")
        env["DATABASE_URL"] = env["DATABASE_URL"].rpartition("/")[0] + f"/{name}"

        (printed,) = processes.end(processes.start_python(env, MIGRATE_ONE_BY_ONE))

        assert printed.strip() == str(len(JOBS))


@pytest.mark.django_db(transaction=True)
def test_a_cluster_that_starts_follows_the_settings(sandbox: Sandbox) -> None:
    env = processes.environment(sandbox, SEND_QUEUE_CRON="13 3 * * *")

    cluster = processes.start(env, "qcluster")
    try:
        rows = Schedule.objects.filter(name="process_send_queue", cron="13 3 * * *")
        processes.until(rows.exists, cluster)
    finally:
        cluster.send_signal(signal.SIGTERM)
        _, errors = cluster.communicate(timeout=400)

    assert cluster.returncode == 0, errors
    assert (rows.get().next_run.hour, rows.get().next_run.minute) == (3, 13)


TOLD_TO_STOP_AS_IT_FORKS = """
import os, signal
from multiprocessing import popen_fork
made = popen_fork.Popen._launch
def launch(self, process):
    popen_fork.Popen._launch = made
    made(self, process)
    os.kill(os.getpid(), signal.SIGTERM)
popen_fork.Popen._launch = launch
import django; django.setup()
from django.core.management import call_command
call_command("qcluster")
"""


@pytest.mark.django_db(transaction=True)
def test_a_cluster_that_is_told_to_stop_as_it_starts_stops(sandbox: Sandbox) -> None:
    env = processes.environment(sandbox, DJANGO_SETTINGS_MODULE="sendq_site.settings")
    processes.let_no_job_come()

    cluster = processes.start_python(env, TOLD_TO_STOP_AS_IT_FORKS)

    _, errors = cluster.communicate(timeout=100)
    assert cluster.returncode == 0, errors


@pytest.mark.django_db(transaction=True)
def test_a_live_cluster_sends_and_stops_cleanly(sandbox: Sandbox) -> None:
    account = an_account(a_workspace())
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    item = an_item(a_campaign(account.workspace, account), account)
    cron = processes.let_no_job_come()
    Schedule.objects.filter(name="process_send_queue").update(next_run=timezone.now())

    cluster = processes.start(processes.environment(sandbox, SEND_QUEUE_CRON=cron), "qcluster")
    try:
        processes.until(Task.objects.filter(group="process_send_queue").exists, cluster)
    finally:
        cluster.send_signal(signal.SIGTERM)
        _, errors = cluster.communicate(timeout=400)

    assert cluster.returncode == 0, errors
    with pytest.raises(ProcessLookupError):  # nobody is left of its session
        os.killpg(cluster.pid, 0)
    task = Task.objects.get(group="process_send_queue")
    assert (task.success, task.result) == (True, "CR sent. 0 messages remaining in queue")
    assert [effect["person"] for effect in sandbox.control.effects()] == [item.person_key]
    item.refresh_from_db()
    assert item.status == QueueItem.Status.SENT
    assert ProcessRun.objects.get().trigger == ProcessRun.Trigger.SCHEDULE
    assert Schedule.objects.get(name="process_send_queue").next_run > timezone.now()


@pytest.mark.django_db
def test_a_changed_cron_gives_what_waits_times_for_the_new_runs(settings: LazySettings) -> None:
    account = an_account(a_workspace())
    noon = timezone.now().replace(hour=12, minute=0, second=10) + dt.timedelta(days=30)
    item = an_item(a_campaign(account.workspace, account), account, scheduled_for=noon)
    settings.SEND_QUEUE_CRON = "*/15 * * * *"

    schedules.make_schedules()  # a run at 12:00 that came late would take it, unforeseen

    item.refresh_from_db()
    assert item.scheduled_for != noon
