"""The log of every call received, and how many were in flight at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sandbox.asking import Subject
from sandbox.clock import Clock, iso, real_now


@dataclass(slots=True)
class Call:
    """One request. `status` is None while it runs and where no answer was given.

    `*_at` are the sandbox clock's, `*_real` the machine's; `in_flight` counts the invite calls of
    this account that were open when this one came, with itself (0 for other routes).
    """

    number: int
    route: str
    method: str
    path: str
    account_id: str | None
    person: str | None
    provider_id: str | None
    started_at: str
    started_real: str
    in_flight: int = 0
    status: int | None = None
    error: str | None = None
    fault: str | None = None
    when: str | None = None
    finished_at: str | None = None
    finished_real: str | None = None


class CallLog:
    """A call is in flight until it is answered or its client has gone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """Forget all calls; those still open are not counted any more."""
        self.calls: list[Call] = []
        self._open: dict[int, str] = {}
        self._per_account: Counter[str] = Counter()
        self.peak_per_account: Counter[str] = Counter()
        self.peak = 0

    def open(self, route: str, method: str, path: str, subject: Subject) -> Call:
        """Note a call that has come in."""
        call = Call(
            number=len(self.calls) + 1,
            route=route,
            method=method,
            path=path,
            account_id=subject.account_id,
            person=subject.slug,
            provider_id=subject.provider_id,
            started_at=iso(self._clock.now()),
            started_real=iso(real_now()),
        )
        self.calls.append(call)
        if route == "invite":
            account = subject.account_id or ""
            self._open[id(call)] = account
            self._per_account[account] += 1
            call.in_flight = self._per_account[account]
            self.peak_per_account[account] = max(self.peak_per_account[account], call.in_flight)
            self.peak = max(self.peak, len(self._open))
        return call

    def left(self, call: Call) -> None:
        """Note that the client of a call has gone, or has been answered. Harmless twice."""
        account = self._open.pop(id(call), None)
        if account is not None:
            self._per_account[account] -= 1

    def close(self, call: Call) -> None:
        """Note that a call has ended."""
        self.left(call)
        call.finished_at = iso(self._clock.now())
        call.finished_real = iso(real_now())
