"""The command as a process of its own: interrupted, raced, on a terminal and in a pipe."""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from campaigns.models import Campaign, Prospect
from sandbox.testing import Sandbox
from tests import processes
from tests.campaigns.importing.conftest import Write, imported
from tests.preloaded import ROOT, Forked

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 3_000


@pytest.fixture
def env(sandbox: Sandbox) -> dict[str, str]:
    return processes.environment(sandbox)


@pytest.fixture
def path(write: Write) -> Path:
    rows = "".join(f"Ada,Example {n},linkedin.com/in/ada-{n}\n" for n in range(ROWS))
    return write("First Name,Company,URL\n" + rows)


@contextmanager
def blocked(
    env: dict[str, str], path: Path, campaign: Campaign
) -> Iterator[tuple[Forked, "psycopg.Connection[tuple[object, ...]]"]]:
    """An import that has stored all but its last rows, and waits there for somebody else."""
    with psycopg.connect(env["DATABASE_URL"]) as other:
        other.execute(
            "INSERT INTO campaigns_prospect (id, campaign_id, public_identifier, first_name,"
            " last_name, headline, company, location, profile_url, linkedin_user_id, variables,"
            " status, status_reason, created_at, is_same_person) VALUES (gen_random_uuid(), %s, %s,"
            " '', '', '', '', '', '', '', '{}', 'new', '', now(), false)",
            [campaign.pk, f"ada-{ROWS - 1}"],
        )
        process = processes.start(env, "import_prospects", "--campaign", "Spring", str(path))
        until_waiting_for_a_lock(process)
        yield process, other
        other.rollback()


def until_waiting_for_a_lock(process: Forked) -> None:
    deadline = time.monotonic() + 400
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND query LIKE 'INSERT INTO \"campaigns_prospect\"%' AND datname = current_database()"
    )
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(query)
            if cursor.fetchone() == (1,):
                return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    pytest.fail("The import never came to its last rows.")


def test_killed_import_leaves_nothing_and_can_be_repeated(
    env: dict[str, str], path: Path, campaign: Campaign
) -> None:
    with blocked(env, path, campaign) as (process, _):
        process.kill()
        process.communicate(timeout=400)

    assert Prospect.objects.count() == 0
    assert imported(path)["added"] == ROWS


def test_interrupted_import_leaves_nothing_and_says_so(
    env: dict[str, str], path: Path, campaign: Campaign
) -> None:
    with blocked(env, path, campaign) as (process, _):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=400)

    assert process.returncode == 130
    assert err.strip() == "CommandError: Interrupted. Nothing was imported."
    assert Prospect.objects.count() == 0


def test_person_added_meanwhile_by_somebody_else_undoes_the_import(
    env: dict[str, str], path: Path, campaign: Campaign
) -> None:
    with blocked(env, path, campaign) as (process, other):
        other.commit()
        _, err = process.communicate(timeout=400)

    assert process.returncode == 1
    assert "Somebody else added the same people" in err
    assert Prospect.objects.count() == 1
    assert imported(path)["added"] == ROWS - 1


def test_two_imports_at_once_add_each_person_once(
    env: dict[str, str], path: Path, campaign: Campaign
) -> None:
    arguments = ("import_prospects", "--campaign", "Spring", str(path), "--json")
    started = [processes.start(env, *arguments) for _ in range(2)]

    reports = [json.loads(text) for text in processes.end(*started)]

    assert sorted((r["added"], r["known"]) for r in reports) == [(0, ROWS), (ROWS, 0)]
    assert Prospect.objects.count() == ROWS


def test_pipe_gets_the_report_and_nothing_else(
    env: dict[str, str], path: Path, campaign: Campaign
) -> None:
    process = processes.start(env, "import_prospects", "--campaign", "Spring", str(path))

    out, err = process.communicate(timeout=400)

    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[1:] == [
        f"Added {ROWS:,} to “Spring”. Of {ROWS:,} rows, 0 were already there, 0 duplicates in the "
        "file, 0 not to be contacted, 0 refused."
    ]


def test_terminal_shows_progress(env: dict[str, str], path: Path, campaign: Campaign) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    shown: list[bytes] = []
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_prospects", "--campaign", "Spring", str(path)],
        env={**env, "TERM": "xterm"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    reader = threading.Thread(target=_collect, args=(ours, shown))
    reader.start()

    process.communicate(timeout=400)
    reader.join()

    assert process.returncode == 0
    assert b" rows/s]" in b"".join(shown)


def _collect(terminal: int, shown: list[bytes]) -> None:
    while True:
        try:
            block = os.read(terminal, 65_536)
        except OSError:  # the other end is closed
            break
        shown.append(block)
    os.close(terminal)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--campaign", "Autumn", "x.csv"), 2),
        (("--campaign", "Spring"), 2),
        (("--campaign", "Spring", "{empty}"), 1),
    ],
)
def test_exit_codes(
    env: dict[str, str], write: Write, campaign: Campaign, arguments: tuple[str, ...], code: int
) -> None:
    empty = str(write("", name="empty.csv"))
    given = [argument.format(empty=empty) for argument in arguments]

    process = processes.start(env, "import_prospects", *given)
    out, err = process.communicate(timeout=400)

    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err


MEASURED = """
import resource, sys
import django
django.setup()
from django.core.management import call_command
call_command("import_prospects", "--campaign", "Spring", sys.argv[1], "--json")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_file(
    env: dict[str, str], write: Write, campaign: Campaign
) -> None:
    def peak(rows: int) -> int:
        text = "".join(f"Ada,{'x' * 200},linkedin.com/in/p{rows}-{n}\n" for n in range(rows))
        file = write("First Name,Opener,URL\n" + text)
        program = MEASURED.replace("sys.argv[1]", repr(str(file)))
        settings = {"DJANGO_SETTINGS_MODULE": "sendq_site.settings"}
        process = processes.start_anew({**env, **settings}, "-c", program)
        return int(processes.end(process)[0].splitlines()[-1])

    small, large = peak(2_000), peak(20_000)

    assert large - small < 15_000, "KiB: 18,000 rows of 250 characters more"
