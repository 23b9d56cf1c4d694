"""docs/security.md promises nothing without a test that is there."""

import re

from tests.preloaded import ROOT


def test_every_line_has_its_test() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page)

    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or (name and f"def {name}(" not in (ROOT / path).read_text())
    ]

    assert len(named) > 30
    assert missing == []
