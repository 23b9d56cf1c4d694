"""A file on disk, a campaign to import into, and the command as a terminal would run it."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from campaigns.models import Campaign
from tests.builders import a_campaign, a_workspace

FILES = Path(__file__).parent / "files"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and return its path: text in UTF-8 unless told, or bytes."""

    def write(content: str | bytes, encoding: str = "utf-8", name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def campaign(db: None) -> Campaign:
    return a_campaign(a_workspace(name="Example & Co"), name="Spring")


def imported(path: Path, *more: str, campaign: str = "Spring") -> dict[str, Any]:
    """Run `import_prospects … --json` and return its report."""
    out = StringIO()
    call_command("import_prospects", "--campaign", campaign, str(path), "--json", *more, stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def reasons(report: dict[str, Any]) -> list[tuple[int, str, str, str]]:
    """Return row, outcome, field and reason of everyone who was not added."""
    return [(p["row"], p["outcome"], p["field"], p["reason"]) for p in report["problems"]]
