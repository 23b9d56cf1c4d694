"""Time zones from the tzdata package, and the stretches in which their UTC offset is constant.

Pure. `ZoneInfo(key)` would take the machine's own data first, so two machines could disagree;
and it raises half a dozen exception types for odd names. Here a name is in the package's list
or it is unknown.
"""

import difflib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from campaigns.hours import clocks

_DAY = timedelta(days=1)
_HALVES = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
"""An instant of each half of a year: one of them in summer time, where there is any."""

_DISTANCE = re.compile(
    r"(?:UTC|GMT|Z)?_*(?P<sign>[+\-\N{MINUS SIGN}])_*(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?",
    re.IGNORECASE,
)
_OF_A_TIME = re.compile(r"_((standard|daylight|summer)_)?time$")
_LIKE = "Use one like America/New_York."
# Whom most people mean who write an abbreviation or a distance; the others come after them.
_CITIES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Phoenix", "America/Panama", "America/Anchorage", "Pacific/Honolulu",
    "America/Halifax", "America/St_Johns", "America/Sao_Paulo", "America/Bogota",
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Asia/Kolkata", "Europe/Lisbon",
    "Europe/Dublin", "Europe/Moscow", "Africa/Lagos", "Africa/Johannesburg", "Africa/Nairobi",
    "Asia/Jerusalem", "Asia/Dubai", "Asia/Karachi", "Asia/Kathmandu", "Asia/Dhaka",
    "Asia/Bangkok", "Asia/Singapore", "Asia/Shanghai", "Asia/Manila", "Asia/Tokyo", "Asia/Seoul",
    "Australia/Perth", "Australia/Darwin", "Australia/Adelaide", "Australia/Sydney",
    "Australia/Brisbane", "Pacific/Auckland",
)  # fmt: skip


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


@lru_cache(maxsize=1)
def choosable() -> frozenset[str]:
    """The names that staff may choose: all but those that do not say what they mean.

    `EST`, `MST` and `HST` are zones without summer time, which hardly anybody means by them, and
    `Factory` is no place at all.
    """
    return frozenset(name for name in names() if not _misleads(name))


def _misleads(name: str) -> bool:
    if "/" in name:
        return False
    winter, summer = (at.astimezone(zone(name)) for at in _HALVES)
    if winter.tzname() == "-00":  # tzdata's sign for a local time that is not known
        return True
    is_fixed = winter.utcoffset() == summer.utcoffset()
    return is_fixed and winter.tzname() == name and winter.utcoffset() != timedelta(0)


def problem(key: str) -> str:
    """What a form says about a name that cannot be chosen; "" for one that can.

    It suggests no place whose clocks are not those that were named.
    """
    if key in choosable():
        return ""
    wanted = key.strip().strip("\"':").replace(" ", "_")
    if near := _spelt_otherwise(wanted.lower()):
        return f"{key!r} is no IANA time zone. Did you mean {near}?"
    if match := _DISTANCE.fullmatch(wanted):
        return f"{key!r} is a distance from UTC, no time zone. {_at_distance(match)}"
    if places := _with_abbreviation(wanted.rpartition("/")[2].upper()):
        return (
            f"{key!r} is an abbreviation, which says nothing of summer time. Use the name of a "
            f"city that goes by it: {places}."
        )
    near = " or ".join(_near(wanted.lower())[:4])
    return f"{key!r} is no IANA time zone. {f'Did you mean {near}?' if near else _LIKE}"


def _at_distance(match: re.Match[str]) -> str:
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    ahead = timedelta(hours=hours, minutes=minutes) * (1 if match["sign"] == "+" else -1)
    if not ahead:
        return "Did you mean UTC?"
    same = [name for name in _CITIES if ahead in _offsets(name)]
    others = sorted(name for name in choosable() if "/" in name and not name.startswith("Etc/"))
    same = same or [name for name in others if ahead in _offsets(name)]
    city = f"Use the name of a city: {_listed(same, ahead)}." if same else _LIKE
    fixed = f"Etc/GMT{-ahead // timedelta(hours=1):+d}"
    if minutes or fixed not in names():
        return city
    return (
        f"{city} UTC{match['sign']}{hours:02} all the year is {fixed}: IANA turns the sign round."
    )


def _with_abbreviation(text: str) -> str:
    """Name the places whose clocks a text such as PST stands for, at some time of the year."""
    if len(text) == 2:  # ET, PT
        text = f"{text[0]}S{text[1]}"
    places = [name for name in _CITIES if text in _abbreviations(name)]
    if not places:
        candidates = sorted(name for name in choosable() if "/" in name)
        places = [name for name in candidates if text in _abbreviations(name)]
    return ", ".join(
        f"{name} ({_time_of_year(name, _abbreviations(name).index(text))})" for name in places[:4]
    )


@lru_cache(maxsize=1)
def _by_lower() -> dict[str, str]:
    return {name.lower(): name for name in sorted(choosable())}


def _spelt_otherwise(wanted: str) -> str:
    """The name that this is, but for capitals and what stands before it, as in posix/UTC."""
    parts = wanted.split("/")
    endings = ("/".join(parts[number:]) for number in range(len(parts)))
    return next((_by_lower()[ending] for ending in endings if ending in _by_lower()), "")


def _near(wanted: str) -> list[str]:
    """Names that may be meant: of that city, of that country, or with a slip of the pen."""
    plain = _OF_A_TIME.sub("", wanted)
    same = [name for lower, name in _by_lower().items() if lower.endswith(f"/{plain}")]
    if same or (same := _of_country(plain)) or len(wanted) < 5 or any(map(str.isdigit, wanted)):
        return same
    found = difflib.get_close_matches(wanted, _by_lower(), n=1, cutoff=0.8)
    return [_by_lower()[lower] for lower in found]


def _of_country(wanted: str) -> list[str]:
    """The zones of a country, by its English name or two-letter code, those of big cities first."""
    code = next((code for code, name in _table("iso3166.tab") if wanted == _plain(name)), wanted)
    rows = _table("zone.tab")
    found = [name for of, _, name, *_ in rows if of.lower() == code.lower() and name in choosable()]
    return sorted(found, key=lambda name: name not in _CITIES)


def _plain(name: str) -> str:
    return name.lower().replace(" ", "_")


@lru_cache(maxsize=2)
def _table(name: str) -> list[list[str]]:
    text = (resources.files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def _offsets(name: str) -> tuple[timedelta, timedelta]:
    winter, summer = (_offset(name, at) for at in _HALVES)
    return winter, summer


@lru_cache(maxsize=1024)
def _abbreviations(name: str) -> list[str]:
    return [at.astimezone(zone(name)).tzname() or "" for at in _HALVES]


def _listed(places: list[str], ahead: timedelta) -> str:
    return ", ".join(
        f"{name} ({_time_of_year(name, _offsets(name).index(ahead))})" for name in places[:4]
    )


def _time_of_year(name: str, half: int) -> str:
    here, other = _offsets(name)[half], _offsets(name)[1 - half]
    if here == other:
        return "all the year"
    return "in summer" if here > other else "in winter"


def told(key: str, now: datetime) -> str:
    """What a zone's clocks show at `now`, and when they are next changed, for staff."""
    parts = list(stretches(key, now, now + 400 * _DAY))
    here = f"it is {clocks.time_said(now.astimezone(zone(key)))} there now"
    if len(parts) == 1:
        return f"{here}, and clocks are never changed"
    begins, _, offset = parts[1]
    change = offset - parts[0][2]
    way = "forward" if change > timedelta() else "back"
    minutes = abs(change) // timedelta(minutes=1)
    by = "an hour" if minutes == 60 else f"{minutes} minutes"
    return f"{here}, and clocks go {way} by {by} on {_day((begins + offset).date())}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


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
