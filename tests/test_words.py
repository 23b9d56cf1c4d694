"""What people read is in the words of docs/words.md: on pages, in messages, in names of models."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

BASE = Path(__file__).parent.parent
SAID_BY = (
    "campaigns/admin",
    "campaigns/models",
    "campaigns/pages",
    "campaigns/importing",
    "queueing/admin",
    "queueing/desk",
    "queueing/gates",
    "queueing/models",
    "queueing/planning",
    "queueing/staff",
    "queueing/telling",
)
NOT_SAID = re.compile(
    r"\b(workspaces?|prospects?|queue items?|failed sends?|unconfirmed|gates?|enqueued?"
    r"|in flight)\b",
    re.IGNORECASE,
)
OF_NO_PAGE = re.compile(r"^\s*(SELECT|WITH|CREATE|COPY|UPDATE|INSERT|Campaign %s)\b")
CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", re.DOTALL)
# Of the engine room: what the log and the calls' records are called there.
MAY = {("queueing/models/attempts.py", "in flight"), ("queueing/models/alarms.py", "in flight")}


def texts_of(module: Path) -> Iterator[str]:
    """Yield the sentences of a module: strings with a space in them, no docstrings."""
    tree = ast.parse(module.read_text())
    statements = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in statements and " " in str(node.value).strip():  # type: ignore[attr-defined]
            yield str(node.value)  # type: ignore[attr-defined]


@pytest.mark.parametrize("room", SAID_BY)
def test_messages_are_in_our_words(room: str) -> None:
    wrong = [
        f"{name}: {found[0]!r} in {text!r}"
        for module in sorted((BASE / room).rglob("*.py"))
        if (name := str(module.relative_to(BASE)))
        for text in texts_of(module)
        if (found := NOT_SAID.search(text))
        and not OF_NO_PAGE.match(text)
        and (name, found[0].lower()) not in MAY
    ]

    assert wrong == []


def test_templates_are_in_our_words() -> None:
    pages = sorted((BASE / "templates").rglob("*.html")) + sorted(
        (BASE / "templates").rglob("*.txt")
    )
    wrong = [
        f"{page.relative_to(BASE)}: {found[0]!r}"
        for page in pages
        if (found := NOT_SAID.search(CODE.sub(" ", page.read_text())))
    ]

    assert len(pages) > 40
    assert wrong == []


@pytest.mark.parametrize("app", ["campaigns", "queueing"])
def test_models_are_named_in_our_words(app: str) -> None:
    named = [
        f"{model._meta.label}: {name}"
        for model in apps.get_app_config(app).get_models()
        for name in (model._meta.verbose_name, model._meta.verbose_name_plural)
        if NOT_SAID.search(str(name))
    ]

    assert named == []


def test_the_list_names_each_of_them() -> None:
    told = (BASE / "docs" / "words.md").read_text()

    for word in ("workspace", "prospect", "queue item", "failed sends", "unconfirmed", "gate"):
        assert word in told
