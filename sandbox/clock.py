"""The sandbox's own clock: real time until it is set, then frozen or ticking from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """Return the machine's time, aware, in UTC."""
    return datetime.now(UTC)


def iso(instant: datetime) -> str:
    """Write an instant as Unipile does: UTC, milliseconds, `Z`."""
    return (
        instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{instant.microsecond // 1000:03d}Z"
    )


def parse(text: str) -> datetime:
    """Read an ISO 8601 instant; one without an offset is taken as UTC. ValueError if it is none."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


class Clock:
    """Caps, cool-downs and visibility lag are measured on this clock."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """Return the sandbox's instant, aware, in UTC."""
        return self._frozen or real_now() + self._offset

    def set(self, instant: datetime | None, *, frozen: bool = True) -> None:
        """Stand still at `instant`, or tick on from it; None goes back to real time."""
        self._offset = timedelta(0)
        self._frozen = None
        if instant is not None and frozen:
            self._frozen = instant
        elif instant is not None:
            self._offset = instant - real_now()

    def advance(self, seconds: float) -> None:
        """Move on by `seconds` (back, if negative); a frozen clock stays frozen."""
        if self._frozen is not None:
            self._frozen += timedelta(seconds=seconds)
        else:
            self._offset += timedelta(seconds=seconds)
