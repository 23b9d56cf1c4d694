import csv
from pathlib import Path

import pytest

from tests.queueing.old_export import COLUMNS, Old


@pytest.fixture
def old(tmp_path: Path) -> Old:
    """Write an export and return its path."""

    def write(*rows: dict[str, str], header: list[str] = COLUMNS) -> Path:
        path = tmp_path / "send_queue.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, header, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write
