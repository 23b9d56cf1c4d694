"""A wrong configuration is named before anything is started with it."""

import subprocess
import sys
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connections

from campaigns.models import Campaign, SendingHours
from queueing import checks
from queueing.gates import cadence
from queueing.sending import runs
from tests.builders import NOON, a_campaign, a_workspace, an_account
from tests.preloaded import ROOT


def ids(found: list[Any]) -> list[str]:
    return [message.id.removeprefix("queueing.") for message in found]


def test_the_configuration_as_delivered_is_right() -> None:
    assert checks.check_ticker() == []
    assert checks.check_settings() == []


def test_e001_unknown_key(settings: LazySettings) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"max_attempt": 1}

    (found,) = checks.check_ticker()

    assert (found.id, found.msg) == (
        "queueing.E001",
        "Q_CLUSTER has the unknown key 'max_attempt'.",
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"orm": "other"},
        {"max_attempts": 0},
        {"ack_failures": False},
        {"catch_up": True},
        {"bulk": 2},
    ],
)
def test_e002_what_the_queue_relies_on(settings: LazySettings, changed: dict[str, Any]) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | changed

    (found,) = checks.check_ticker()

    assert found.id == "queueing.E002"
    assert found.msg.startswith(f"Q_CLUSTER[{next(iter(changed))!r}]")


@pytest.mark.parametrize("key", ["orm", "max_attempts", "ack_failures", "catch_up", "bulk"])
def test_e002_left_out(settings: LazySettings, key: str) -> None:
    settings.Q_CLUSTER = {name: value for name, value in settings.Q_CLUSTER.items() if name != key}

    assert ids(checks.check_ticker()) == ["E002"]


@pytest.mark.parametrize(
    ("deadline", "timeout", "retry"),
    [
        (240, 360, 450),  # the calls of an item claimed at the deadline would be cut off
        (240, 390, 390),
        (240, 390, 200),
        (240, None, 450),
        (240, 390, None),
        (280, 390, 450),
    ],
)
def test_e003_times_that_do_not_follow_each_other(
    settings: LazySettings, deadline: int, timeout: int | None, retry: int | None
) -> None:
    settings.SEND_RUN_DEADLINE_SECONDS = deadline
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"timeout": timeout, "retry": retry}

    assert ids(checks.check_ticker()) == ["E003"]


@pytest.mark.parametrize("kept", [0, -1, None, 5000])
def test_e004_finished_tasks(settings: LazySettings, kept: int | None) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"save_limit": kept}

    assert ids(checks.check_ticker()) == ["E004"]


LONG = f"{','.join(map(str, range(60)))} * * * *"  # longer than the cluster's row can be


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "x",
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "0 0 30 2 *",
        "R * * * *",
        "H/5 * * * *",
        "@every 5m",
        LONG,
    ],
)
def test_e005_cron(settings: LazySettings, cron: str) -> None:
    settings.SEND_QUEUE_CRON = cron

    (found,) = checks.check_settings()

    assert found.id == "queueing.E005"
    assert f"SEND_QUEUE_CRON is {cron!r}" in found.msg


def test_e006_zone(settings: LazySettings) -> None:
    settings.DAILY_CAP_TIMEZONE = "Europe/Berlni"

    (found,) = checks.check_settings()

    assert found.id == "queueing.E006"
    assert "DAILY_CAP_TIMEZONE" in found.msg
    assert "Did you mean Europe/Berlin?" in found.msg


def test_e007_bound(settings: LazySettings) -> None:
    settings.SENDING_BOUND_SECONDS = 4 * settings.CALL_TOTAL_SECONDS - 1

    assert ids(checks.check_settings()) == ["E007"]


@pytest.mark.parametrize(
    ("dsn", "key", "named"),
    [
        ("http://example.com", "key", "UNIPILE_DSN"),
        ("https://user@example.com", "key", "UNIPILE_DSN"),
        ("ftp://x:1", "key", "UNIPILE_DSN"),
        ("api.example.com:443", "two words", "UNIPILE_API_KEY"),
        ("api.unipile.com", "key", "UNIPILE_API_VERSION=v2"),
    ],
)
def test_e009_address_and_key_of_unipile(
    settings: LazySettings, dsn: str, key: str, named: str
) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = dsn, key

    (found,) = checks.check_settings()

    assert found.id == "queueing.E009"
    assert named in found.msg
    with pytest.raises(runs.NotConnectedError, match=named):
        runs.unipile_client()


@pytest.mark.parametrize(
    ("dsn", "version", "named"),
    [
        ("api8.unipile.com:13851", "v2", "UNIPILE_API_VERSION=v1"),
        ("api8.unipile.com:13851", "v3", "write v1 or v2"),
        ("api8.unipile.com:13851", "2", "write v1 or v2"),
    ],
)
def test_e009_address_and_version_of_unipile(
    settings: LazySettings, dsn: str, version: str, named: str
) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = dsn, "key"
    settings.UNIPILE_API_VERSION = version

    (found,) = checks.check_settings()

    assert (found.id, named in found.msg) == ("queueing.E009", True)


@pytest.mark.django_db
def test_e008_old_database(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_database(databases=["default"]) == []
    monkeypatch.setitem(vars(connections["default"]), "pg_version", 140_019)

    (found,) = checks.check_database(databases=["default"])

    assert (found.id, found.msg) == ("queueing.E008", "PostgreSQL 14 is too old.")


def test_without_databases_nothing_is_asked_of_one() -> None:
    assert checks.check_database(databases=None) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limit", "hours_open", "reachable"), [(22, 11, True), (23, 11, False), (48, 24, True)]
)
def test_i001_a_limit_that_runs_cannot_reach(limit: int, hours_open: int, reachable: bool) -> None:
    account = an_account(a_workspace(notify_emails="ada@example.com"), daily_limit=limit)
    own = {} if hours_open == 24 else {"sending_hours": None}  # from 7 to 18, without one
    a_campaign(account.workspace, account, **own)

    found = checks.check_database(databases=["default"])

    assert ids(found) == ([] if reachable else ["I001"])
    assert all("cannot be reached" in message.msg for message in found)


@pytest.mark.django_db
def test_i001_looks_at_active_campaigns_only() -> None:
    account = an_account(a_workspace(), daily_limit=100)
    a_campaign(account.workspace, account, status=Campaign.Status.PAUSED)

    assert checks.check_database(databases=["default"]) == []


def manage(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` in an environment that holds nothing else."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


INSTALLED = {"DATABASE_URL": "postgresql://sendq@127.0.0.1:1/sendq", "SECRET_KEY": "x"}


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"DATABASE_URL": INSTALLED["DATABASE_URL"]}, "SECRET_KEY is not set."),
        (INSTALLED | {"SECRET_KEY": ""}, "SECRET_KEY is not set."),
        (INSTALLED | {"UNIPILE_DSN": "api.example.com:443"}, "Set both UNIPILE_DSN and"),
        (INSTALLED | {"UNIPILE_API_KEY": "k"}, "Set both UNIPILE_DSN and UNIPILE_API_KEY"),
        (INSTALLED | {"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL must name a PostgreSQL"),
        (INSTALLED | {"DATABASE_URL": "nonsense"}, "DATABASE_URL must name a PostgreSQL"),
        (INSTALLED | {"DATABASE_URL": "postgresql://a:pa/ss@h/d"}, "DATABASE_URL is no address"),
        (INSTALLED | {"DAILY_CAP_TIMEZONE": "Mars/Olympus"}, "DAILY_CAP_TIMEZONE is 'Mars"),
        (INSTALLED | {"DAILY_CAP_TIMEZONE": "localtime"}, "DAILY_CAP_TIMEZONE is 'localtime'"),
        (INSTALLED | {"DAILY_CAP_TIMEZONE": "posix/UTC"}, "DAILY_CAP_TIMEZONE is 'posix/UTC'"),
        (INSTALLED | {"DAILY_CAP_TIMEZONE": "EST"}, "DAILY_CAP_TIMEZONE is 'EST'"),
        (INSTALLED | {"EMAIL_URL": "pigeon://x"}, "EMAIL_URL is no address"),
        (INSTALLED | {"SENTRY_DSN": "x"}, "SENTRY_DSN is no address"),
    ],
)
def test_a_wrong_environment_is_one_clear_line(env: dict[str, str], words: str) -> None:
    done = manage("check", **env)

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Configuration: {words}")
    assert "pa/ss" not in line


def test_empty_settings_are_as_good_as_none() -> None:
    empty = dict.fromkeys(
        ["ALLOWED_HOSTS", "DAILY_CAP_TIMEZONE", "EMAIL_URL", "SEND_QUEUE_CRON", "SENTRY_DSN"], ""
    )

    done = manage("check", **INSTALLED, **empty)

    assert done.returncode == 0, done.stderr


def test_a_wrong_check_stops_a_command() -> None:
    done = manage("queue_status", **INSTALLED, SEND_QUEUE_CRON="whenever")

    assert done.returncode == 1
    assert "(queueing.E005)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lost_database_is_one_clear_line() -> None:
    done = manage("queue_status", **INSTALLED)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("Database: connection failed:")
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [3, 11, 16, 21, 23])  # 7 to 18 in New York is 11 to 22 in UTC
def test_a_limit_is_judged_by_a_whole_day_at_any_time_of_it(hour: int) -> None:
    account = an_account(a_workspace(), daily_limit=22)
    a_campaign(account.workspace, account, sending_hours=None)

    assert cadence.limits_out_of_reach(NOON.replace(hour=hour)) == []


@pytest.mark.django_db
def test_w002_a_holiday_calendar_that_ends() -> None:
    row = SendingHours.objects.create(name="Colombo", timezone="Asia/Colombo", holiday_country="LK")

    found = checks.check_database(databases=["default"])

    assert ids(found) == ["W002"]
    assert found[0].msg.startswith(f"Sending hours “{row}”: The holiday calendar of LK ends with")


@pytest.mark.django_db
def test_i001_does_not_blame_limits_for_hours_that_a_calendar_closed() -> None:
    hours = SendingHours.objects.create(
        name="Colombo", timezone="Asia/Colombo", holiday_country="LK"
    )
    account = an_account(a_workspace(), daily_limit=20)
    a_campaign(account.workspace, account, sending_hours=hours)

    ((_, problem),) = cadence.limits_out_of_reach(NOON.replace(year=2027))

    assert problem.startswith("nothing can go. These hours do not open once in the 400 days")
    assert "The holiday calendar of LK ends with 2026" in problem


@pytest.mark.django_db
def test_i002_a_workspace_whose_people_nobody_mails() -> None:
    told, silent, idle = a_workspace(notify_emails="ada@example.com"), a_workspace(), a_workspace()
    for workspace in (told, silent):
        a_campaign(workspace, an_account(workspace))
    a_campaign(idle, an_account(idle), status=Campaign.Status.DRAFT)

    found = [
        each for each in checks.check_database(databases=["default"]) if each.id == "queueing.I002"
    ]

    assert [each.msg for each in found] == [
        f"Workspace “{silent}” has no addresses for notices: nobody is mailed when something "
        "fails, an account is lost, or a campaign cannot start. Add them on its page."
    ]


def test_tasks_may_wait_in_redis_where_its_package_is_there(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = {name: value for name, value in settings.Q_CLUSTER.items() if name != "orm"}
    settings.Q_CLUSTER = cluster | {"redis": "redis://127.0.0.1/0"}
    monkeypatch.setattr(checks, "find_spec", lambda name: object())
    assert checks.check_ticker() == []

    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    (found,) = checks.check_ticker()

    assert (found.id, "pip install redis" in str(found.hint)) == ("queueing.E010", True)


@pytest.mark.parametrize("shares", [0, -1, 101])
def test_shares_that_no_tick_can_be_split_into_are_refused(
    settings: LazySettings, shares: int
) -> None:
    settings.SEND_DISTRIBUTE = shares

    (found,) = checks.check_settings()

    assert found.id == "queueing.E011"
