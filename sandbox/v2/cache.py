"""V2's cache: an hour for every GET of an account, unless asked otherwise; and its rate limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.asking import Ask
from sandbox.errors import ApiError
from sandbox.wire import Answer

KEPT_FOR = timedelta(hours=1)
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
        self, ask: Ask, method: str, now: datetime, run: Callable[[], Answer], *, always: bool
    ) -> Answer:
        """Answer from what is kept, or run and keep. `always`: whatever the caller asked for."""
        account = ask.path.get("account_id", "")
        if method != "GET":
            self._kept = {key: value for key, value in self._kept.items() if key[0] != account}
            return run()
        key = (account, f"{sorted(ask.path.items())} {ask.query}")
        kept = self._kept.get(key)
        wants_fresh = "no-cache" in ask.headers.get("cache-control", "")
        if kept and now - kept[0] < KEPT_FOR and (always or not wants_fresh):
            age = int((now - kept[0]).total_seconds())
            more = (("X-Cache", "HIT"), ("Age", str(age)))
            return replace(kept[1], more=(*kept[1].more, *more))
        answer = run()
        if answer.error is None:
            self._kept[key] = (now, answer)
        return replace(answer, more=(*answer.more, ("X-Cache", "MISS"), ("Age", "0")))

    def count(self, account: str, now: datetime, limit: int | None) -> tuple[tuple[str, str], ...]:
        """Count a call of an account; return the headers that tell what is left."""
        recent = [one for one in self._calls.get(account, []) if one > now - _MINUTE]
        if limit is not None and len(recent) >= limit:
            raise ApiError("api/too_many_requests", status=429)
        self._calls[account] = [*recent, now]
        most = limit or 1000
        return (
            ("x-ratelimit-limit", str(most)),
            ("x-ratelimit-remaining", str(max(0, most - len(recent) - 1))),
            ("x-ratelimit-reset", "60"),
        )
