"""Ids that go along with what is logged."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ids: ContextVar[dict[str, str]] = ContextVar("ids of the log", default={})  # noqa: B039 - never changed, only replaced


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Let every line that is logged inside carry these ids, by name."""
    token = _ids.set({**_ids.get(), **{name: str(value) for name, value in ids.items()}})
    try:
        yield
    finally:
        _ids.reset(token)


def current() -> dict[str, str]:
    """Return the ids that hold now."""
    return dict(_ids.get())
