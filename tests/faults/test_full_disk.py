"""A disk that is really full: PostgreSQL's, during a call, and the journal's as well.

A small file system of its own is mounted for each, which root alone may do.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Never

import psycopg
import pytest

from sandbox.testing import SandboxProcess
from sendq_site.embedded.server import Cluster
from tests.faults.conftest import LAG_SECONDS
from tests.faults.installation import Installation
from tests.preloaded import Forked

DATABASE_DISK, JOURNAL_DISK = "160m", "64k"


@contextmanager
def a_disk(at: Path, size: str, owner: int = 0) -> Iterator[Path]:
    """Mount an empty file system of so many bytes, with suffix, at a new folder."""
    if os.geteuid() != 0:  # test_disk.py shows the same with the errors of a full disk
        pytest.skip("only root may mount a small disk")
    at.mkdir(parents=True)
    options = f"size={size},uid={owner},mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "sendq-test", str(at)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode != 0:  # a container may lack the right, root or not: as above
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", at], check=True)


def fill(disk: Path) -> None:
    """Write until there is no room left."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert os.statvfs(disk).f_bavail == 0


def make_room(disk: Path) -> None:
    (disk / "filler").unlink()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("full"))
    owner = cluster.account.pw_uid if cluster.account else 0
    with ExitStack() as at_the_end:
        at_the_end.enter_context(a_disk(cluster.home / "cluster", DATABASE_DISK, owner))
        cluster.use()
        yield cluster
        cluster.release()
        give_up = time.monotonic() + 120
        while cluster.is_watched() or cluster.is_running():
            assert time.monotonic() < give_up, "the server does not end"
            time.sleep(0.05)
    shutil.rmtree(cluster.home)


@pytest.fixture
def installation(cluster: Cluster, tmp_path: Path) -> Iterator[Installation]:
    with SandboxProcess("--allow-repeats", "--lag", str(LAG_SECONDS)) as sandbox:
        yield Installation(cluster, sandbox, tmp_path)
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute("DROP DATABASE sendq WITH (FORCE)")


def write_for_ever(installation: Installation) -> Never:
    while True:
        installation.sql("CREATE TABLE room AS SELECT generate_series(1, 50000)")
        installation.sql("DROP TABLE room")


def fill_during_a_call(installation: Installation, *disks: Path) -> Forked:
    """Begin a run; when its call has had its effect, fill the disks until PostgreSQL is down.

    Only then is the call answered.
    """
    installation.sandbox.control.fault("delay", route="invite", when="after")
    under_way = installation.start("process_send_queue", "--json")
    give_up = time.monotonic() + 120
    while not installation.sandbox.control.effects():
        assert time.monotonic() < give_up, "no call came"
        time.sleep(0.05)
    for disk in disks:
        fill(disk)
    with pytest.raises(psycopg.Error):
        write_for_ever(installation)  # the log's last file still has room
    installation.sandbox.control.end_waits()
    return under_way


def test_a_disk_that_is_full_before_a_run_lets_nothing_be_sent(installation: Installation) -> None:
    installation.seed(accounts=1, each=1)
    fill(installation.cluster.home / "cluster")

    process = installation.start("process_send_queue", "--json")
    printed, errors = process.communicate(timeout=400)
    effects = installation.sandbox.control.effects()
    make_room(installation.cluster.home / "cluster")

    assert (process.returncode, printed, effects) == (1, "", []), errors
    assert installation.run()["processed"] == 1


def test_a_disk_that_fills_during_a_call_costs_no_known_result(
    installation: Installation,
) -> None:
    installation.seed(accounts=1, each=2)
    disk = installation.cluster.home / "cluster"

    under_way = fill_during_a_call(installation, disk)
    under_way.communicate(timeout=400)
    make_room(disk)
    installation.cluster.start()
    in_flight = installation.statuses()
    result = installation.run()

    assert under_way.returncode == 1
    assert in_flight == {"sending": 1, "pending": 1}
    assert result["processed"] == 1  # the second one: the first is known as sent
    assert installation.statuses() == {"sent": 2}
    people = [effect["person"] for effect in installation.sandbox.control.effects()]
    assert len(people) == len(set(people)) == 2


def test_with_the_journals_disk_full_too_the_person_is_looked_up(
    installation: Installation, tmp_path: Path
) -> None:
    installation.seed(accounts=1, each=1)
    disk = installation.cluster.home / "cluster"

    with a_disk(tmp_path / "journal", JOURNAL_DISK) as journal:
        under_way = fill_during_a_call(installation, disk, journal)
        _, errors = under_way.communicate(timeout=400)
        kept = list(journal.glob("*.json"))
    make_room(disk)
    installation.cluster.start()
    installation.sql("UPDATE send_queue SET claimed_at = claimed_at - interval '5 minutes'")
    installation.sql("UPDATE queueing_sendattempt SET started_at = started_at - interval '5 min'")
    installation.sandbox.control.advance(LAG_SECONDS)
    installation.manage("reconcile_send_queue")

    assert (under_way.returncode, kept) == (1, [])
    assert "The journal cannot be written" in errors
    assert installation.statuses() == {"sent": 1}
    assert len(installation.sandbox.control.effects()) == 1
