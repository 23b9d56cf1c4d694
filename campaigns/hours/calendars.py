"""Which public-holiday calendars there are, and what a form says about an unknown one. Pure."""

from functools import lru_cache

import holidays
from holidays.registry import EntityLoader


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Every two-letter code with a calendar; the library also takes its own class names."""
    return frozenset(code for code in EntityLoader.get_country_codes() if len(code) == 2)


def is_subdivision(country: str, subdivision: str) -> bool:
    """Does a country of `countries()` have that state or province, by code or by name?

    Empty is the country as a whole. Codes that the library has deprecated are unknown.
    """
    calendar = holidays.country_holidays(country)
    return subdivision in ("", *calendar.subdivisions, *calendar.subdivisions_aliases)


def problems(country: str, subdivision: str) -> dict[str, str]:
    """What a form must refuse: SendingHours field name -> message that says what to do."""
    if country not in countries():
        upper = country.strip().upper()
        code = upper if upper in countries() else "a two-letter code such as US or DE"
        return {
            "holiday_country": f"There is no holiday calendar for {country!r}."
            f" Use {code}, or do not skip holidays."
        }
    if not is_subdivision(country, subdivision):
        codes = ", ".join(holidays.country_holidays(country).subdivisions)
        return {
            "holiday_subdivision": f"{country} has no holiday subdivision {subdivision!r}."
            f" Leave it empty{f' or use one of: {codes}' if codes else ''}."
        }
    return {}
