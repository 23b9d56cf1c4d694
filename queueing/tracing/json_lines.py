"""One line of JSON for each entry of the log, without anybody's name in it.

Names get into a log by what is filled into its messages, and by what exceptions say. So a line has
the message as it stands in the code, what is filled in where that is an id, a number or a time, and
the places of the traceback without its words. Who needs the words sets LOG_FORMAT to `line`.
"""

import datetime as dt
import logging
import traceback
import uuid
from pathlib import Path
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from queueing.tracing.context import current

LEFT_OUT = "…"
_HERE = Path(__file__).resolve().parent.parent.parent


class JsonLines(JsonFormatter):
    """Writes a record as JSON: time, level, logger, event, values, ids, and places of an error."""

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=True)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return what is written as it is: nothing of the record but what `format` chose."""
        return log_data

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": str(record.msg) if isinstance(record.msg, str) else type(record.msg).__name__,
            "values": _values(record.args),
            **current(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _kinds(record.exc_info[1])
            line["at"] = _places(record.exc_info[1])
        return self.jsonify_log_record(line)


def refusals_in_one_line(record: logging.LogRecord | None = None) -> Any:
    """Return a filter that keeps the tracebacks of refusals out of the log: nothing is broken."""
    return _refusal


def _refusal(record: logging.LogRecord) -> bool:
    status = getattr(record, "status_code", 500)
    if record.name.startswith("django.") and isinstance(status, int) and status < 500:
        record.exc_info = None
    return True


def _values(args: Any) -> list[Any]:
    given = args.values() if isinstance(args, dict) else args or ()
    return [_value(one) for one in given]


def _value(one: Any) -> Any:
    if one is None or isinstance(one, bool | int | float):
        return one
    if isinstance(one, uuid.UUID | dt.datetime | dt.date | dt.timedelta):
        return str(one)
    if isinstance(key := getattr(one, "pk", None), uuid.UUID | int):
        return f"{type(one).__name__} {key}"
    if isinstance(one, BaseException):
        return type(one).__name__
    return LEFT_OUT


def _kinds(error: BaseException) -> list[str]:
    """Return the class of an error and of those behind it, the first cause last."""
    found: list[str] = []
    following: BaseException | None = error
    while following is not None and len(found) < 10:
        found.append(type(following).__name__)
        following = following.__cause__ or following.__context__
    return found


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-15:]]


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(_HERE):
        return str(path.relative_to(_HERE))
    return "/".join(path.parts[-3:])
