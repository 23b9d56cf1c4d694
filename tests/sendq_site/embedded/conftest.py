import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sendq_site.embedded.server import Cluster


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Return a function that waits until a condition comes true, and fails after 20 s."""

    def wait(condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < give_up, "it has not come true"
            time.sleep(0.05)

    return wait


@pytest.fixture
def cluster(tmp_path: Path, wait_until: Callable[[Callable[[], bool]], None]) -> Iterator[Cluster]:
    """A cluster of its own, not yet made; afterwards nothing is left of it."""
    deep = Path(*[f"a rather deep folder's name, {n}" for n in range(6)])
    cluster = Cluster(tmp_path / deep, durable=False)
    yield cluster
    cluster.release()
    cluster.stop("immediate")
    wait_until(lambda: not cluster.is_watched())
    shutil.rmtree(cluster.home)  # as root it is outside tmp_path
