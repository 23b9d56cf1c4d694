"""The database goes away, by order or by crash, before, during and after a call."""

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox.testing import SandboxProcess
from sendq_site.embedded.server import Cluster
from tests import processes
from tests.faults.conftest import LAG_SECONDS
from tests.faults.installation import Installation


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("crashed"))
    cluster.use()
    yield cluster
    cluster.release()
    cluster.stop("immediate")
    give_up = time.monotonic() + 120
    while cluster.is_watched():  # it keeps its lock's file in the folder
        assert time.monotonic() < give_up, "the watch does not end"
        time.sleep(0.05)
    shutil.rmtree(cluster.home)


@pytest.fixture
def installation(cluster: Cluster, tmp_path: Path) -> Iterator[Installation]:
    with SandboxProcess("--allow-repeats", "--lag", str(LAG_SECONDS)) as sandbox:
        yield Installation(cluster, sandbox, tmp_path)
    cluster.start()  # a test may have left it crashed
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute("DROP DATABASE sendq WITH (FORCE)")


def wait_for_calls(installation: Installation, number: int = 1) -> None:
    """Return when the sandbox has so many invitations in its hands."""
    give_up = time.monotonic() + 120
    while len(installation.sandbox.control.effects()) < number:
        assert time.monotonic() < give_up, "no call came"
        time.sleep(0.05)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_during_a_call_loses_nothing(installation: Installation, mode: str) -> None:
    installation.seed(accounts=2, each=2)
    installation.sandbox.control.fault("delay", route="invite", when="after", times=2)

    under_way = installation.start("process_send_queue", "--json")
    wait_for_calls(installation, 2)
    installation.cluster.stop(mode)
    installation.cluster.start()
    installation.sandbox.control.end_waits()
    processes.end(under_way)

    assert installation.statuses() == {"sent": 2, "pending": 2}
    assert len(installation.sandbox.control.effects()) == 2


def test_a_database_that_stays_away_costs_no_known_result(installation: Installation) -> None:
    installation.seed(accounts=1, each=2)
    installation.sandbox.control.fault("delay", route="invite", when="after")

    under_way = installation.start("process_send_queue", "--json")
    wait_for_calls(installation)
    installation.cluster.stop("immediate")
    installation.sandbox.control.end_waits()
    _, errors = under_way.communicate(timeout=400)
    installation.cluster.start()
    in_flight = installation.statuses()
    result = installation.run()

    assert under_way.returncode == 1, errors
    assert in_flight == {"sending": 1, "pending": 1}
    assert result["processed"] == 1  # the second one: the first is known as sent
    assert installation.statuses() == {"sent": 2}
    people = [effect["person"] for effect in installation.sandbox.control.effects()]
    assert len(people) == len(set(people)) == 2


def test_a_database_that_is_away_before_a_run_is_said_clearly(installation: Installation) -> None:
    installation.seed(accounts=1, each=1)
    installation.cluster.stop("fast")

    process = installation.start("process_send_queue", "--json")
    printed, errors = process.communicate(timeout=400)
    installation.cluster.start()

    assert (process.returncode, printed) == (1, "")
    assert "Traceback" not in errors
    assert installation.run()["processed"] == 1


def test_sigterm_ends_a_run_after_its_call(installation: Installation) -> None:
    installation.seed(accounts=1, each=1)
    installation.sandbox.control.fault("delay", route="invite", when="after")

    under_way = installation.start("process_send_queue", "--json")
    wait_for_calls(installation)
    under_way.send_signal(signal.SIGTERM)
    installation.sandbox.control.end_waits()
    processes.end(under_way)

    assert installation.statuses() == {"sent": 1}


def test_four_commands_and_two_clusters_share_the_queue(installation: Installation) -> None:
    installation.seed(accounts=4, each=30)
    installation.tick()

    clusters = [installation.start("qcluster") for _ in range(2)]
    for _ in range(2):
        processes.end(*[installation.start("process_send_queue") for _ in range(4)])
    for process in clusters:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=400)

    effects = installation.sandbox.control.effects()
    by_clusters = installation.sql("SELECT 1 FROM queueing_processrun WHERE trigger = 'schedule'")
    assert len(by_clusters) == 1
    assert len({effect["person"] for effect in effects}) == len(effects) >= 8
    assert installation.statuses()["sent"] == len(effects)
    assert set(installation.sandbox.control.max_in_flight().values()) == {1}
