import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sendq_site.embedded.server import Cluster


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Return a function that waits until a condition comes true, and fails after 20 s."""

    def wait(condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < give_up, "it has not come true"
            time.sleep(0.05)

    return wait


@pytest.fixture
def new_cluster(
    tmp_path: Path, wait_until: Callable[[Callable[[], bool]], None]
) -> Iterator[Cluster]:
    """A cluster of its own, not yet made; afterwards nothing is left of it."""
    deep = Path(*[f"a rather deep folder's name, {n}" for n in range(6)])
    cluster = Cluster(tmp_path / deep, durable=False)
    yield cluster
    cluster.release()
    cluster.stop("immediate")
    wait_until(lambda: not cluster.is_watched())
    shutil.rmtree(cluster.home)  # as root it is outside tmp_path


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that was made, and is stopped."""
    cluster = Cluster(tmp_path_factory.mktemp("made once"), durable=False)
    cluster.start()
    cluster.stop()
    yield cluster
    shutil.rmtree(cluster.home)


@pytest.fixture
def cluster(new_cluster: Cluster, made_once: Cluster) -> Cluster:
    """A cluster of its own with a copy of data that initdb made once."""
    new_cluster._make_folders()
    subprocess.run(["cp", "-a", made_once.data, new_cluster.data], check=True)
    new_cluster.socket_dir.rmdir()
    return new_cluster
