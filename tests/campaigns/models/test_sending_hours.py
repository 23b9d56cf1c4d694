"""What staff may save as sending hours, and what happens to what gets past that."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from campaigns.models import SendingHours
from queueing import gates
from queueing.gates import hours


def problems(**values: Any) -> dict[str, list[str]]:
    """Field name -> messages; empty for good settings."""
    try:
        SendingHours(name="Test", **values).clean()
    except ValidationError as error:
        return error.message_dict
    return {}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"working_hours_start": time(22), "working_hours_end": time(6)},
        {"working_hours_start": time(9), "working_hours_end": time(9)},
        {"working_hours_start": time(9), "working_hours_end": time(9, 1)},
        {"working_hours_start": time(23, 59, 30), "working_hours_end": time(0, 0, 30)},
        {"working_hours_start": "07:30", "working_hours_end": "18:00"},
        {"timezone": "Europe/Berlin", "holiday_country": "DE", "holiday_subdivision": "BY"},
        {"holiday_subdivision": "California"},
        {"weekend": "45"},
        {"holiday_kinds": ["government", "half_day"]},
        {"skip_holidays": False, "holiday_kinds": ["bank"]},
        {"skip_holidays": False, "weekend": "56", "holiday_country": "XX"},
        {"skip_holidays": False, "holiday_country": "", "holiday_subdivision": "ZZ"},
    ],
)
def test_sensible_settings_have_no_problems(values: dict[str, Any]) -> None:
    assert problems(**values) == {}


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("america/new_york", "Did you mean America/New_York?"),
        ("New York", "Did you mean America/New_York?"),
        ("Europe/Berlni", "Did you mean Europe/Berlin?"),
        ("", "Use one like America/New_York."),
    ],
)
def test_unknown_zone_gets_a_hint(key: str, hint: str) -> None:
    assert problems(timezone=key) == {"timezone": [f"{key!r} is no IANA time zone. {hint}"]}


@pytest.mark.parametrize(
    ("country", "use"),
    [
        ("us", "US"),
        ("USA", "a two-letter code such as US or DE"),  # the field holds two letters
        ("HolidayBase", "a two-letter code such as US or DE"),
        ("", "a two-letter code such as US or DE"),
    ],
)
def test_unknown_country_says_what_to_do(country: str, use: str) -> None:
    assert problems(holiday_country=country) == {
        "holiday_country": [
            f"There is no holiday calendar for {country!r}. Use {use}, or do not skip holidays."
        ]
    }


def test_a_weekend_by_a_country_needs_one_that_is_known() -> None:
    assert set(problems(skip_holidays=False, holiday_country="XX")) == {"holiday_country"}


def test_a_kind_of_days_that_a_country_has_not_says_what_it_has() -> None:
    assert problems(holiday_country="BR", holiday_kinds=["bank", "optional"]) == {
        "holiday_kinds": [
            "The calendar of BR has no days of the kind “Bank holidays”. It has: “Optional days, "
            "such as Carnival”."
        ]
    }


@pytest.mark.parametrize("key", ["EST", "GMT+2", "localtime"])
def test_a_zone_that_does_not_say_what_it_means_is_refused(key: str) -> None:
    assert set(problems(timezone=key)) == {"timezone"}


@pytest.mark.parametrize("subdivision", ["ZZ", "ca", "FM"])  # FM: deprecated by the library
def test_unknown_subdivision_says_what_to_do(subdivision: str) -> None:
    found = problems(holiday_subdivision=subdivision)

    assert set(found) == {"holiday_subdivision"}
    [message] = found["holiday_subdivision"]
    assert message.startswith(f"US has no holiday subdivision {subdivision!r}. Leave it empty or")
    assert "use one of: AK, AL" in message


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [(time(9), time(9, 0, 59), 59), (time(23, 59, 50), time(0, 0, 10), 20)],
)
def test_window_under_a_minute_is_refused(start: time, end: time, seconds: int) -> None:
    assert problems(working_hours_start=start, working_hours_end=end) == {
        "working_hours_end": [
            f"The window is only {seconds} seconds long. End it at least a minute after its start,"
            " or set both to the same time for all day."
        ]
    }


@pytest.mark.parametrize("text", ["25:00", "noon", ""])
def test_text_that_is_no_time_names_its_field(text: str) -> None:
    assert problems(working_hours_end=text) == {
        "working_hours_end": [f"{text!r} is no time of day. Use a form such as 07:30."]
    }


def test_every_wrong_field_is_named_at_once() -> None:
    found = problems(timezone="Mars/Base", holiday_country="XX", working_hours_end=time(7, 0, 1))

    assert set(found) == {"timezone", "holiday_country", "working_hours_end"}


@pytest.mark.django_db
def test_unknown_zone_is_not_saved() -> None:
    before = SendingHours.objects.count()

    with pytest.raises(ValidationError) as refused:
        SendingHours(timezone="Mars/Base").save()

    assert set(refused.value.message_dict) == {"timezone"}
    assert SendingHours.objects.count() == before


@pytest.mark.django_db
def test_unknown_zone_that_got_past_the_check_is_closed() -> None:
    row = SendingHours.objects.create(name="Around the clock", working_hours_end=time(7))
    noon = datetime(2026, 7, 8, 16, tzinfo=UTC)
    assert hours.is_open(gates.hours_of(row), noon)

    SendingHours.objects.filter(pk=row.pk).update(timezone="Mars/Base")

    row.refresh_from_db()
    assert not hours.is_open(gates.hours_of(row), noon)
    assert hours.why_closed(gates.hours_of(row), noon) == "unknown time zone 'Mars/Base'"
