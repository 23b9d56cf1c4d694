"""The page of sending hours: weekends, holidays and the zone, told before anything is sent."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from campaigns.models import SendingHours
from queueing import gates
from queueing.admin.hours import holiday_notes, holidays_ahead

pytestmark = pytest.mark.django_db
NOVEMBER = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)


def the_hours(**values: Any) -> SendingHours:
    return SendingHours.objects.create(name="Theirs", **values)


def page_of(row: SendingHours) -> str:
    return f"/admin/campaigns/sendinghours/{row.pk}/change/"


def form_of(**values: Any) -> dict[str, Any]:
    return {
        "name": "Theirs",
        "timezone": "UTC",
        "working_hours_start": "07:00",
        "working_hours_end": "18:00",
        "skip_weekends": "on",
        "skip_holidays": "on",
        "holiday_country": "US",
        "closed_days-TOTAL_FORMS": 0,
        "closed_days-INITIAL_FORMS": 0,
        "change_reason": "Asked for",
        **values,
    }


def test_weekend_and_kinds_of_holidays_are_chosen_and_logged(desk: Client) -> None:
    row = the_hours()

    desk.post(page_of(row), form_of(weekend="45", holiday_kinds=["government", "half_day"]))

    row.refresh_from_db()
    assert (row.weekend, row.holiday_kinds) == ("45", ["government", "half_day"])
    told = LogEntry.objects.get(object_id=row.pk).change_message
    assert "“Weekend” from empty to Friday and Saturday" in told
    assert "“More holidays” from empty to Government closures, Half days (closed as a" in told


def test_a_form_that_does_not_choose_goes_by_the_country(desk: Client) -> None:
    desk.post("/admin/campaigns/sendinghours/add/", form_of(name="New", holiday_country="IL"))

    row = SendingHours.objects.get(name="New")
    friday = dt.datetime(2027, 2, 5, 12, tzinfo=dt.UTC)
    assert (row.weekend, row.holiday_kinds) == ("", [])
    assert gates.hours.why_closed(gates.hours_of(row), friday) == "weekend"


def test_a_kind_that_the_country_has_not_is_refused(desk: Client) -> None:
    row = the_hours()

    page = desk.post(page_of(row), form_of(holiday_country="GB", holiday_kinds=["optional"]))

    assert "It has public holidays only." in page.content.decode()
    row.refresh_from_db()
    assert row.holiday_country == "US"


def test_new_hours_say_at_once_what_their_holidays_leave_out(desk: Client) -> None:
    form = form_of(name="British", holiday_country="GB")

    page = desk.post("/admin/campaigns/sendinghours/add/", form, follow=True)

    assert "only the days count that all of GB shares" in page.content.decode()


def test_a_year_of_holidays_is_shown_with_what_is_not_in_it(desk: Client) -> None:
    page = desk.get(page_of(the_hours(holiday_country="GB"))).content.decode()

    assert "only the days count that all of GB shares" in page
    assert "Good Friday" in page
    assert "Easter Monday" not in page.replace("no Easter Monday in GB", "")


def test_the_year_begins_today() -> None:
    value = gates.hours_of(the_hours(holiday_country="GB", holiday_subdivision="SCT"))

    found = holidays_ahead(value, NOVEMBER)

    assert found[:2] == [
        (dt.date(2026, 11, 30), "Saint Andrew's Day"),
        (dt.date(2026, 12, 25), "Christmas Day"),
    ]
    assert found[-1][0] < dt.date(2027, 11, 28)


def test_a_calendar_that_ends_warns_on_the_page(desk: Client) -> None:
    page = desk.get(page_of(the_hours(timezone="Asia/Colombo", holiday_country="LK")))

    assert "The holiday calendar of LK ends with 2026" in page.content.decode()


def test_a_stored_country_or_zone_that_is_unknown_still_has_its_page(desk: Client) -> None:
    row = the_hours()
    for wrong in ({"holiday_country": "XX"}, {"timezone": "Mars/Base"}):
        SendingHours.objects.filter(pk=row.pk).update(**wrong)

        assert desk.get(page_of(row)).status_code == 200

    row.refresh_from_db()
    assert holiday_notes(gates.hours_of(row), NOVEMBER) == []


def test_the_clocks_of_the_zone_are_told(desk: Client) -> None:
    page = desk.get(page_of(the_hours(timezone="Etc/GMT+2"))).content.decode()

    assert "there now, and clocks are never changed." in page
