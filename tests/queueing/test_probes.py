"""What monitors are told, and by which names."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_q.models import Schedule
from prometheus_client.parser import text_string_to_metric_families

from queueing.models import Installation, JobRecord, Notice, ProcessRun
from queueing.unipile import Outcome
from queueing.watching import exposition
from tests.builders import a_campaign, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
MONITORING = Path(__file__).parents[2] / "docs/monitoring"
NOW = timezone.now


@pytest.fixture
def browser() -> Client:
    """Ask by an address that is no allowed host, as probes do."""
    return Client(headers={"host": "10.1.2.3:8000"})


def checks(browser: Client, status: int) -> dict[str, str]:
    answer = browser.get("/readyz")
    assert answer.status_code == status, answer.content
    told: dict[str, str] = answer.json()["checks"]
    return told


def test_probes_are_answered_by_address_and_to_get_alone(browser: Client) -> None:
    assert [browser.get(path).status_code for path in ("/livez", "/readyz", "/healthz")] == [
        200,
        200,
        200,
    ]
    assert browser.post("/livez").status_code == 405
    assert browser.get("/admin/").status_code == 400  # nothing else is


def test_ready_says_what_is_wrong(browser: Client, settings: Any, tmp_path: Path) -> None:
    long_ago = NOW() - dt.timedelta(days=3)
    workspace = a_workspace()
    account = an_account(workspace)
    campaign = a_campaign(workspace, account)
    an_item(campaign, account, scheduled_for=long_ago)
    an_item(campaign, account, status="unconfirmed", claimed_at=long_ago)
    JobRecord.ended("sync_accounts", long_ago)
    Schedule.objects.filter(name="reconcile_send_queue").delete()
    Installation.meet(NOW())
    Installation.objects.update(database="another")
    Notice.objects.create(workspace=workspace, kind="account", text="x", created_at=long_ago)

    told = checks(browser, 503)

    wrong = {name for name, words in told.items() if words not in ("ok", "all applied")}
    assert wrong == {
        "installation",
        "ticker",
        "schedules",
        "jobs",
        "unconfirmed",
        "mail",
    }
    assert "sync_accounts has not ended well" in told["jobs"]


def test_runs_that_all_crash_are_not_healthy(browser: Client) -> None:
    account = an_account(a_workspace())
    an_item(
        a_campaign(account.workspace, account),
        account,
        scheduled_for=NOW() - dt.timedelta(hours=3),
    )
    ended = NOW() - dt.timedelta(minutes=1)
    row = ProcessRun.objects.create(
        trigger="schedule", started_at=ended, finished_at=ended, message="Ended early: X"
    )

    assert browser.get("/healthz").status_code == 503
    row.counts = {"held": {}}
    row.save()
    assert browser.get("/healthz").status_code == 200


def test_schedules_that_are_gone_are_not_healthy(browser: Client) -> None:
    Schedule.objects.filter(name="process_send_queue").update(cron="0 0 1 1 *")
    assert "process_send_queue" in browser.get("/healthz").json()["error"]
    Schedule.objects.all().delete()
    assert browser.get("/healthz").status_code == 503


def test_jobs_note_how_they_end(settings: Any) -> None:
    with pytest.raises(CommandError):
        call_command("sync_accounts")  # there is no Unipile
    call_command("execute_scheduled_campaigns")

    failed, done = JobRecord.objects.order_by("-name")
    assert (failed.name, failed.error, failed.succeeded_at) == (
        "sync_accounts",
        "CommandError",
        None,
    )
    assert (done.name, done.failed_at) == ("execute_scheduled_campaigns", None)


def test_figures_are_for_who_has_the_token(browser: Client, settings: Any) -> None:
    assert browser.get("/metrics").status_code == 401
    settings.METRICS_TOKEN = "only for this test"
    wrong = browser.get("/metrics", headers={"authorization": "Bearer"})
    right = browser.get("/metrics", headers={"authorization": "Bearer only for this test"})

    assert (wrong.status_code, right.status_code) == (401, 200)
    families = {one.name: one for one in text_string_to_metric_families(right.content.decode())}
    assert {sample.labels["job"] for sample in families["sendq_job_late"].samples} >= {
        "process_send_queue",
        "sync_accounts",
    }


def test_figures_take_few_queries_and_name_nobody(django_assert_max_num_queries: Any) -> None:
    account = an_account(a_workspace(name="Client of ours"), name="Nora Example")
    an_item(a_campaign(account.workspace, account, name="Founders"), account)

    with django_assert_max_num_queries(30):
        told = exposition(NOW()).decode()

    assert 'sendq_items{status="pending"} 1.0' in told
    for name in ("Client of ours", "Nora", "Founders", "Ada"):
        assert name not in told


def test_alerts_and_dashboard_use_figures_that_there_are() -> None:
    ProcessRun.objects.create(trigger="schedule", started_at=NOW())
    JobRecord.ended("sync_accounts", NOW(), ValueError())
    there = set(re.findall(r"^# HELP (\w+)", exposition(NOW()).decode(), re.MULTILINE))
    alerts = (MONITORING / "alerts.yml").read_text()
    board = (MONITORING / "grafana.json").read_text()
    rules = yaml.safe_load(alerts)["groups"][0]["rules"]
    shown = [one["expr"] for panel in json.loads(board)["panels"] for one in panel["targets"]]

    for used in (" ".join(rule["expr"] for rule in rules), " ".join(shown)):
        assert set(re.findall(r"\bsendq_\w+", used)) - there == set()
    assert there - set(re.findall(r"\bsendq_\w+", board)) == set()
    outcomes = re.findall(r'outcome=~"([^"]+)"', alerts)[0].split("|")
    assert set(outcomes) <= {one.value for one in Outcome}
    assert all(rule["annotations"].keys() == {"summary", "description"} for rule in rules)


def test_migrations_that_are_missing_are_told(browser: Client) -> None:
    with connection.cursor() as cursor:
        newest = "SELECT max(id) FROM django_migrations WHERE app = 'queueing'"
        cursor.execute(f"DELETE FROM django_migrations WHERE id = ({newest})")

    assert checks(browser, 503).keys() == {"database", "migrations"}
