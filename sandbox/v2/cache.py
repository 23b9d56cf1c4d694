"""V2's cache: an hour for every GET of an account, unless asked otherwise; and its rate limit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.asking import Ask, Operation
from sandbox.model import Settings
from sandbox.v2.errors import LIMIT, OverLimitError, rate_headers
from sandbox.wire import Answer

KEPT_FOR_SECONDS = 3600
_MINUTE = timedelta(minutes=1)


class Cache:
    """What was answered to an account. Its own writes drop that; nothing else does."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._kept: dict[tuple[str, str], tuple[datetime, Answer]] = {}
        self._calls: dict[str, list[datetime]] = {}

    def through(
        self,
        ask: Ask,
        operation: Operation,
        now: datetime,
        run: Callable[[], Answer],
        settings: Settings,
    ) -> Answer:
        """Answer from what is kept, which counts against no limit; or run, count, and keep."""
        account = ask.path["account_id"]
        key = (account, f"{operation.name} {sorted(ask.path.items())} {ask.query}")
        kept = self._kept.get(key) if operation.method == "GET" else None
        age = int((now - kept[0]).total_seconds()) if kept else 0
        oldest = oldest_wanted(ask.headers.get("cache-control", ""))
        if kept and age < KEPT_FOR_SECONDS and (settings.cache_always or age < oldest):
            return _with(kept[1], ("X-Cache", "HIT"), ("Age", str(age)))
        told = self._count(account, now, settings.rate_limit)
        answer = run()
        if operation.method != "GET":
            self._kept = {key: value for key, value in self._kept.items() if key[0] != account}
            return _with(answer, *told)
        if answer.error is None:
            self._kept[key] = (now, answer)
        return _with(answer, ("X-Cache", "MISS"), ("Age", "0"), *told)

    def _count(self, account: str, now: datetime, limit: int | None) -> tuple[tuple[str, str], ...]:
        """Count a call of an account; return the headers that tell what is left."""
        recent = [one for one in self._calls.get(account, []) if one > now - _MINUTE]
        if limit is not None and len(recent) >= limit:
            raise OverLimitError(limit, _ends_in(recent, now))
        self._calls[account] = [*recent, now]
        most = limit or LIMIT
        return rate_headers(most, max(0, most - len(recent) - 1), _ends_in(recent, now))


def _ends_in(recent: list[datetime], now: datetime) -> int:
    """Return in how many seconds the window of the oldest call ends, 1 or more."""
    begun = recent[0] if recent else now
    return max(1, math.ceil((begun + _MINUTE - now).total_seconds()))


def oldest_wanted(cache_control: str) -> int:
    """Return below which age, in seconds, an answer may be one that is kept."""
    asked = {word.strip().lower() for word in cache_control.split(",")}
    if asked & {"no-cache", "no-store"}:
        return 0
    ages = [word.removeprefix("max-age=") for word in asked if word.startswith("max-age=")]
    return min((int(age) for age in ages if age.isdecimal()), default=KEPT_FOR_SECONDS)


def _with(answer: Answer, *headers: tuple[str, str]) -> Answer:
    return replace(answer, more=(*answer.more, *headers))
