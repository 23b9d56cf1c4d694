"""When the ticker starts runs: a cron expression, read in one place. Pure.

croniter takes more than cron knows: `R` stands for a minute that it draws anew each time, so that
no two programs agree; `H`, a sixth field and `@every` belong to others.
"""

import datetime as dt
import hashlib
import re
import uuid
from array import array
from bisect import bisect_left
from functools import lru_cache

from croniter import CroniterError, croniter

_NUMBERS = r"[\d*/,-]"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MAY_HOLD = (  # field, what it is made of, and its longest step
    ("minute", re.compile(rf"{_NUMBERS}+"), 60),
    ("hour", re.compile(rf"{_NUMBERS}+"), 24),
    ("day of the month", re.compile(rf"({_NUMBERS}|[?lw])+"), 31),
    ("month", re.compile(rf"({_NUMBERS}|{_MONTHS})+"), 12),
    ("weekday", re.compile(rf"({_NUMBERS}|[?l#]|sun|mon|tue|wed|thu|fri|sat)+"), 7),
)


class Ticker:
    """The instants, in UTC, at which a cron expression starts runs."""

    def __init__(self, cron: str) -> None:
        """Read a cron expression of five fields, or one such as @hourly.

        :raises ValueError: where it is none, or does not mean the same each time it is read.
        """
        self.cron = cron
        fields = _fields(cron)
        minutes, hours_of_day = _numbers(fields[0], 60), _numbers(fields[1], 24)
        self._of_day = array("q", (h * 3600 + m * 60 for h in hours_of_day for m in minutes))
        self._every_day = all(field == ["*"] for field in fields[2:])

    def within(self, since: int, until: int) -> "array[int]":
        """Return the ticks in [since, until), in order."""
        found = array("q")
        for midnight in range(since - since % 86_400, until, 86_400):
            if self._on_day(midnight):
                first = bisect_left(self._of_day, since - midnight)
                last = bisect_left(self._of_day, until - midnight)
                found.extend(midnight + second for second in self._of_day[first:last])
        return found

    def last(self, instant: int) -> int | None:
        """Return the latest tick at or before an instant; None where there was none for a day."""
        found = self.within(instant - 86_400, instant + 1)
        return found[-1] if found else None

    def _on_day(self, midnight: int) -> bool:
        first = dt.datetime.fromtimestamp(midnight + self._of_day[0], dt.UTC)
        return self._every_day or croniter.match(self.cron, first)


def _fields(cron: str) -> list[list[int | str]]:
    parts = cron.lower().split()
    if not cron.startswith("@") and len(parts) != len(_MAY_HOLD):
        raise ValueError(
            f"“{cron}” must have five fields: minute, hour, day of the month, month, weekday."
        )
    for part, (field, may_hold, longest) in zip(parts, _MAY_HOLD, strict=False):
        if not cron.startswith("@") and not may_hold.fullmatch(part):
            raise ValueError(f"“{part}” cannot stand in a cron expression as the {field}.")
        steps = [int(step) for step in re.findall(r"/(\d+)", part)]
        if steps and max(steps) > longest:
            raise ValueError(f"“{part}” is a step that no {field} reaches: cron starts it anew.")
    try:
        fields: list[list[int | str]] = croniter.expand(cron)[0]
    except CroniterError as error:
        raise ValueError(f"“{cron}” is no cron expression: {error}") from error
    return fields


def _numbers(field: list[int | str], below: int) -> list[int]:
    return list(range(below)) if field == ["*"] else sorted(int(number) for number in field)


def seconds_after(account_id: uuid.UUID, tick: int, at_most: int) -> int:
    """Return how many seconds after a run's start an account's call leaves, from 1 up to `at_most`.

    Drawn anew for each run and account, and the same for whoever draws it: what is foreseen is what
    happens. 0 where `at_most` is.
    """
    if at_most < 1:
        return 0
    digest = hashlib.blake2b(tick.to_bytes(8, "big", signed=True), key=account_id.bytes).digest()
    return 1 + int.from_bytes(digest[:8], "big") % at_most


@lru_cache(maxsize=16)
def ticker(cron: str) -> Ticker:
    """Return the ticker of a cron expression, each read once."""
    return Ticker(cron)
