"""Which public-holiday calendars there are, what is in them, and what a form says of them. Pure.

A calendar is that of a country or of one of its parts, whose days are others, not only more. Public
holidays are always in it; days of other kinds, such as government closures, where asked for.
"""

import warnings
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing it takes as long as a run without work
    import holidays

PUBLIC = "public"
KINDS = {  # as the package tells days apart, but for those of one community only
    "government": "Government closures",
    "bank": "Bank holidays",
    "optional": "Optional days, such as Carnival",
    "half_day": "Half days (closed as a whole)",
    "de_facto": "Free by custom, such as Christmas Eve in Sweden",
    "school": "School holidays",
    "unofficial": "Unofficial days, such as Halloween",
}
NAMED = 8  # days, or parts of a country, that a note names


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Every two-letter code with a calendar; the library also takes its own class names."""
    from holidays.registry import EntityLoader  # noqa: PLC0415 - see above

    return frozenset(code for code in EntityLoader.get_country_codes() if len(code) == 2)


def is_subdivision(country: str, subdivision: str) -> bool:
    """Does a country of `countries()` have that state or province, by code or by name?

    Empty is the country as a whole. Codes that the library has deprecated are unknown.
    """
    calendar = _calendar(country, "")
    return subdivision in ("", *calendar.subdivisions, *calendar.subdivisions_aliases)


def kinds(country: str) -> tuple[str, ...]:
    """The kinds of days that a country's calendar knows, beside public holidays."""
    known = _calendar(country, "").supported_categories
    return tuple(kind for kind in KINDS if kind in known)


def last_year(country: str) -> int:
    """The last year that a country's calendar reaches: mostly 2100, but one ends with 2026."""
    return _calendar(country, "").end_year


@lru_cache(maxsize=4096)
def days(
    country: str, subdivision: str, year: int, beside: frozenset[str] = frozenset()
) -> Mapping[date, str] | None:
    """The days of a year with their English names, observed days included.

    None where there is no such calendar, or it lacks the year. Kinds that the country does not
    know have no days.
    """
    if country not in countries() or not is_subdivision(country, subdivision):
        return None
    import holidays  # noqa: PLC0415 - see above

    with warnings.catch_warnings():
        # India's, on some years, that a few movable days are missing: no reason to fail a run.
        warnings.simplefilter("ignore", UserWarning)
        calendar = holidays.country_holidays(
            country, subdiv=subdivision or None, years=year, expand=False, observed=True,
            language="en_US", categories={PUBLIC, *beside.intersection(kinds(country))},
        )  # fmt: skip
    return dict(calendar) if calendar.start_year <= year <= calendar.end_year else None


@lru_cache(maxsize=8192)
def is_weekend(country: str, subdivision: str, day: date) -> bool:
    """Is it a day of that country's weekend at that time? Saturday and Sunday where none is known.

    Weekends move: that of the Emirates did in 2022, and states of Malaysia have one of their own.
    """
    if country not in countries() or not is_subdivision(country, subdivision):
        return day.weekday() >= 5
    return _calendar(country, subdivision).is_weekend(day)


@lru_cache(maxsize=1024)
def _calendar(country: str, subdivision: str) -> "holidays.HolidayBase":
    """A calendar without any days yet."""
    import holidays  # noqa: PLC0415 - see above

    return holidays.country_holidays(country, subdiv=subdivision or None, expand=False)


def problems(country: str, subdivision: str, beside: Collection[str] = ()) -> dict[str, str]:
    """What a form must refuse: SendingHours field name -> message that says what to do."""
    if country not in countries():
        upper = country.strip().upper()
        code = upper if upper in countries() else "a two-letter code such as US or DE"
        return {
            "holiday_country": f"There is no holiday calendar for {country!r}."
            f" Use {code}, or do not skip holidays."
        }
    found = {}
    if not is_subdivision(country, subdivision):
        codes = ", ".join(_calendar(country, "").subdivisions)
        found["holiday_subdivision"] = (
            f"{country} has no holiday subdivision {subdivision!r}."
            f" Leave it empty{f' or use one of: {codes}' if codes else ''}."
        )
    if unknown := sorted(set(beside) - set(kinds(country))):
        known = ", ".join(map(in_words, kinds(country)))
        wanted = " or ".join(map(in_words, unknown))
        found["holiday_kinds"] = (
            f"The calendar of {country} has no days of the kind {wanted}."
            f" {f'It has: {known}.' if known else 'It has public holidays only.'}"
        )
    return found


def in_words(kind: str) -> str:
    return f"“{KINDS.get(kind, kind)}”"


def notes(country: str, subdivision: str, beside: Collection[str], year: int) -> list[str]:
    """What staff should know of a calendar that there is: what is not in it, in that year."""
    here = days(country, subdivision, year, frozenset(beside)) or {}
    found = []
    parts = _calendar(country, "").subdivisions
    if parts and not subdivision:
        found.append(
            f"Without a holiday subdivision only the days count that all of {country} shares. Its "
            f"parts have days of their own: {_named(list(parts))}."
        )
    if subdivision:
        country_has = days(country, "", year, frozenset(beside)) or {}
        if lacking := [name for day, name in sorted(country_has.items()) if day not in here]:
            found.append(f"{subdivision} works on days of {country} in {year}: {_named(lacking)}.")
    for kind in kinds(country):
        of_kind = days(country, subdivision, year, frozenset([kind, *beside])) or {}
        more = [name for day, name in sorted(of_kind.items()) if day not in here]
        if kind not in beside and more:
            found.append(f"Days of the kind {in_words(kind)} are worked in {year}: {_named(more)}.")
    if not here and year <= last_year(country):
        found.append(f"The calendar of {country} has no days in {year}.")
    return found


def _named(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
