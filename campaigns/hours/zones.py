"""Time zones from the tzdata package, and the stretches in which their UTC offset is constant.

Pure. `ZoneInfo(key)` would take the machine's own data first, so two machines could disagree;
and it raises half a dozen exception types for odd names. Here a name is in the package's list
or it is unknown.
"""

import difflib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every IANA name in the tzdata package, spelt exactly."""
    return frozenset((resources.files("tzdata") / "zones").read_text(encoding="utf-8").split())


@lru_cache(maxsize=1024)
def zone(key: str) -> ZoneInfo:
    """The zone of that exact name; ValueError if there is none."""
    if key not in names():
        raise ValueError(f"unknown time zone {key!r}")
    path = resources.files("tzdata").joinpath("zoneinfo", *key.split("/"))
    with path.open("rb") as data:
        return ZoneInfo.from_file(data, key=key)


def problem(key: str) -> str:
    """What a form says about an unknown name; "" for a known one."""
    if key in names():
        return ""
    wanted = key.strip().lower().replace(" ", "_")
    by_lower = {name.lower(): name for name in sorted(names())}
    same_city = [lower for lower in by_lower if f"/{lower}".endswith(f"/{wanted}")]
    near = same_city or difflib.get_close_matches(wanted, by_lower, n=1)
    hint = f"Did you mean {by_lower[near[0]]}?" if near else "Use one like America/New_York."
    return f"{key!r} is no IANA time zone. {hint}"


def stretches(
    key: str, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut [since, until), in UTC, where the zone's offset changes: (begin, end, UTC offset).

    Lazy and in order. Years are those a datetime can reach with a year to spare.
    """
    begin = since
    for year in range(since.year, until.year + 1):
        for change in _offset_changes(key, year):
            if begin < change < until:
                yield begin, change, _offset(key, begin)
                begin = change
    if begin < until:
        yield begin, until, _offset(key, begin)


@lru_cache(maxsize=4096)
def _offset_changes(key: str, year: int) -> tuple[datetime, ...]:
    """The instants of a UTC year from which on the zone has another offset.

    zoneinfo does not list its transitions, so they are searched for between daily samples. No
    zone of tzdata 2026 changes its offset twice within six days, so none is missed.
    """
    changes = []
    low, stop = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while low < stop:
        high = low + _DAY
        if _offset(key, low) != _offset(key, high):
            changes.append(_first_change(key, low, high))
        low = high
    return tuple(changes)


def _first_change(key: str, low: datetime, high: datetime) -> datetime:
    """Bisect to the second, the unit of time zone data."""
    before = _offset(key, low)
    while (seconds := (high - low) // timedelta(seconds=1)) > 1:
        middle = low + timedelta(seconds=seconds // 2)
        if _offset(key, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(key: str, instant: datetime) -> timedelta:
    return instant.astimezone(zone(key)).utcoffset() or timedelta(0)
