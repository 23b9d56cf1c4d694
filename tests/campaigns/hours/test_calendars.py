"""What is said of a holiday calendar before it is relied on."""

from datetime import date

import pytest

from campaigns.hours import calendars


@pytest.mark.parametrize(
    ("country", "subdivision", "beside", "said"),
    [
        (
            "GB",
            "",
            (),
            "only the days count that all of GB shares. Its parts have days of their own",
        ),
        ("US", "CA", (), "CA works on days of US in 2027: Columbus Day."),
        (
            "SE",
            "",
            (),
            "“Free by custom, such as Christmas Eve in Sweden” are worked in 2027: Midsummer "
            "Eve, Christmas Eve, New Year's Eve.",
        ),
        (
            "BR",
            "SP",
            (),
            "“Optional days, such as Carnival” are worked in 2027: Carnival, Carnival",
        ),
        ("UA", "", (), "The calendar of UA has no days in 2027."),
    ],
)
def test_what_a_calendar_leaves_out_is_named(
    country: str, subdivision: str, beside: tuple[str, ...], said: str
) -> None:
    assert said in " ".join(calendars.notes(country, subdivision, beside, 2027))


def test_nothing_is_said_of_a_calendar_that_holds_all() -> None:
    assert calendars.notes("GB", "ENG", (), 2027) == []
    assert calendars.notes("SE", "", ("de_facto", "optional", "bank"), 2027) == []


def test_a_part_of_a_country_has_days_of_its_own() -> None:
    assert date(2027, 3, 29) not in (calendars.days("GB", "", 2027) or {})
    assert (calendars.days("GB", "ENG", 2027) or {})[date(2027, 3, 29)] == "Easter Monday"


@pytest.mark.parametrize(("country", "part"), [("XX", ""), ("US", "ZZ"), ("LK", "")])
def test_days_that_nobody_knows_are_none(country: str, part: str) -> None:
    assert calendars.days(country, part, 2027) is None


def test_every_calendar_can_be_told_of() -> None:
    wrong = [
        country
        for country in sorted(calendars.countries())
        if calendars.problems(country, "", calendars.kinds(country))
        or not all(calendars.notes(country, "", (), 2027))
    ]

    assert wrong == []
