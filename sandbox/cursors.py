"""Cursors: base64 of compact JSON, as the real service's are."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from sandbox.errors import ApiError


def write_cursor(**values: Any) -> str:
    """Return a cursor: base64 of compact JSON, as the real service's are."""
    return base64.b64encode(json.dumps(values, separators=(",", ":")).encode()).decode()


def read_cursor(text: str) -> dict[str, Any]:
    """Read a cursor back; 400 if it is none."""
    try:
        values = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise ApiError("invalid_parameters", "The cursor is not valid.")
    return values
