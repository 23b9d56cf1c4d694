"""Which time zones can be chosen, and what is said of others."""

import datetime as dt
import re

import pytest

from campaigns.hours import zones

HALVES = [dt.datetime(2027, month, 15, tzinfo=dt.UTC) for month in (1, 7)]


def named_in(text: str) -> set[str]:
    """The zones that a text names."""
    return set(re.findall(r"[\w/+-]+", text)) & zones.names()


def offsets(name: str) -> set[dt.timedelta | None]:
    return {at.astimezone(zones.zone(name)).utcoffset() for at in HALVES}


@pytest.mark.parametrize(
    "key",
    [
        "UTC",
        "GMT",
        "Europe/Berlin",
        "CET",
        "EST5EDT",
        "Singapore",
        "US/Pacific",
        "Etc/GMT-2",
        "PRC",
    ],
)
def test_names_that_mean_what_they_say_can_be_chosen(key: str) -> None:
    assert zones.problem(key) == ""


@pytest.mark.parametrize(
    "key",
    ["localtime", "posixrules", "/etc/localtime", "Factory", "America", "SystemV/EST5", "", "SGT"],
)
def test_what_names_no_place_gets_no_guess(key: str) -> None:
    assert zones.problem(key) == f"{key!r} is no IANA time zone. Use one like America/New_York."


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("posix/Europe/Berlin", "Europe/Berlin"),
        ("right/America/Indiana/Knox", "America/Indiana/Knox"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        (" UTC ", "UTC"),
        ("utc", "UTC"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("India", "Asia/Kolkata"),
        ("Germany", "Europe/Berlin or Europe/Busingen"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("Europe/Berlni", "Europe/Berlin"),
    ],
)
def test_what_is_meant_is_named(key: str, meant: str) -> None:
    assert zones.problem(key) == f"{key!r} is no IANA time zone. Did you mean {meant}?"


@pytest.mark.parametrize(
    ("key", "places"),
    [
        ("EST", "America/New_York (in winter), America/Panama (all the year)"),
        ("MST", "America/Denver (in winter), America/Phoenix (all the year)"),
        ("HST", "Pacific/Honolulu (all the year)"),
        ("PST", "America/Los_Angeles (in winter), Asia/Manila (all the year)"),
        ("pdt", "America/Los_Angeles (in summer)"),
        (
            "IST",
            "Asia/Kolkata (all the year), Europe/Dublin (in summer), Asia/Jerusalem (in winter)",
        ),
        ("BST", "Europe/London (in summer)"),
        ("AEDT", "Australia/Sydney (in summer)"),
        ("posix/EST", "America/New_York (in winter), America/Panama (all the year)"),
    ],
)
def test_an_abbreviation_names_the_cities_that_go_by_it(key: str, places: str) -> None:
    assert zones.problem(key) == (
        f"{key!r} is an abbreviation, which says nothing of summer time. Use the name of a city "
        f"that goes by it: {places}."
    )


def test_a_distance_from_utc_is_told_with_its_sign() -> None:
    assert zones.problem("GMT-5") == (
        "'GMT-5' is a distance from UTC, no time zone. Use the name of a city: America/New_York "
        "(in winter), America/Chicago (in summer), America/Panama (all the year), America/Bogota "
        "(all the year). UTC-05 all the year is Etc/GMT+5: IANA turns the sign round."
    )
    assert "Use the name of a city: Asia/Kolkata (all the year)." in zones.problem("UTC+5:30")
    assert zones.problem("UTC+0").endswith("Did you mean UTC?")


@pytest.mark.parametrize("form", ["GMT{:+d}", "UTC{:+03d}:00", "{:+03d}00", "utc {:+d}"])
def test_no_distance_from_utc_suggests_another_one(form: str) -> None:
    told = {n: zones.problem(form.format(n)) for n in range(-14, 16) if n}

    wrong = [
        (hours, name)
        for hours, text in told.items()
        for name in named_in(text.replace("one like America/New_York", "")) - {"UTC", "GMT"}
        if dt.timedelta(hours=hours) not in offsets(name)
    ]

    assert wrong == []


def test_every_name_of_tzdata_can_be_chosen_but_those_that_mislead() -> None:
    assert zones.names() - zones.choosable() == {"EST", "MST", "HST", "Factory"}
    assert {name for name in zones.names() if zones.problem(name)} == {
        "EST", "MST", "HST", "Factory"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("Etc/GMT+2", "it is 10:00 am there now, and clocks are never changed"),
        ("Asia/Kolkata", "it is 5:30 pm there now, and clocks are never changed"),
        (
            "America/New_York",
            "it is 7:00 am there now, and clocks go forward by an hour on 14 March 2027",
        ),
        (
            "Australia/Sydney",
            "it is 11:00 pm there now, and clocks go back by an hour on 4 April 2027",
        ),
    ],
)
def test_a_zone_is_told_by_its_clocks(key: str, told: str) -> None:
    assert zones.told(key, dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)) == told
