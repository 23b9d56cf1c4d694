"""Checks of what the control routes are given."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

JSON = dict[str, Any]

NUMBER: tuple[type, ...] = (int, float)
TEXT: tuple[type, ...] = (str,)
WHOLE: tuple[type, ...] = (int,)
FLAG: tuple[type, ...] = (bool,)
OBJECT: tuple[type, ...] = (dict,)
LIST: tuple[type, ...] = (list,)
MAYBE_OBJECT: tuple[type, ...] = (dict, type(None))
MAYBE_LIST: tuple[type, ...] = (list, type(None))
MAYBE_TEXT: tuple[type, ...] = (str, type(None))
MAYBE_WHOLE: tuple[type, ...] = (int, type(None))
MAYBE_NUMBER: tuple[type, ...] = (int, float, type(None))


class ControlError(Exception):
    """A control request that makes no sense; the message names the field."""


def checked(values: Any, spec: dict[str, tuple[type, ...]], required: Collection[str] = ()) -> JSON:
    """Return `values` if it is an object with known fields of the right types only."""
    if not isinstance(values, dict):
        raise ControlError("send a JSON object")
    for name, value in values.items():
        if name not in spec:
            raise ControlError(f"unknown field {name!r}; known are {', '.join(sorted(spec))}")
        kinds = spec[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            allowed = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
            raise ControlError(f"{name} must be {allowed}")
        if isinstance(value, int | float) and value < 0 and name != "advance_seconds":
            raise ControlError(f"{name} must not be negative")
    for name in required:
        if name not in values:
            raise ControlError(f"{name} is missing")
    return values


def one_of(name: str, value: str, allowed: Collection[str]) -> str:
    """Return `value` if it is among `allowed`."""
    if value not in allowed:
        raise ControlError(f"{name} must be one of {', '.join(allowed)}")
    return value
