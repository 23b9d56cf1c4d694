"""What the docs say of the structure is true of the code."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "docs/rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_of_the_rooms_is_that_of_the_contracts(rooms: ModuleType) -> None:
    assert (ROOT / "docs/images/rooms.svg").read_text() == rooms.picture(), (
        "The contracts have changed since the picture was made: python docs/rooms.py"
    )


def test_every_room_says_which_question_it_answers(rooms: ModuleType) -> None:
    unasked = [
        f"{house}/{room}"
        for house in rooms.HOUSES
        for row in rooms.layers(house)
        for room in row
        if room not in rooms.BESIDE
        and "?" not in (ROOT / house / room / "__init__.py").read_text().split("\n")[0]
    ]

    assert unasked == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`((?:[\w-]+/)+[\w-]+\.py)`", page.read_text())

    missing = [
        name for name in named if not any((p / name).exists() for p in (ROOT, ROOT / "tests"))
    ]

    assert missing == []
