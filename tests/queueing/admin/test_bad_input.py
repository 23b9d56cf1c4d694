"""What staff may type by mistake is refused in words, and nothing is half-done."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, ClosedDay, SendingHours, Workspace
from tests.builders import a_workspace, hours_all_day

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return a_workspace()


def refusal(desk: Client, workspace: Workspace, **values: str) -> str:
    """Return what is said of a campaign that must not be stored."""
    form = {
        "workspace": str(workspace.pk),
        "name": "Spring",
        "status": "draft",
        "follow_up_after_days": "3",
        **values,
    }
    page = desk.post("/admin/campaigns/campaign/add/", form)
    assert page.status_code == 200, "it was stored"
    assert not Campaign.objects.exists()
    return page.content.decode()


@pytest.mark.parametrize(
    "template",
    [
        "{% for x in first_name %}{{ x }}{% endfor %}",
        "{{ first_name.__class__ }}",
        "{{ first_name|center:99999999 }}",
        "{{ first_name() }}",
        "{{ first_name",
    ],
)
def test_a_message_that_loops_calls_or_reaches_out(
    desk: Client, workspace: Workspace, template: str
) -> None:
    assert "errorlist" in refusal(desk, workspace, message_template=template)


@pytest.mark.parametrize(
    ("date", "time", "says"),
    [
        ("2026-02-30", "25:00", "Enter a valid"),
        ("2020-01-01", "10:00", "This time is over: the campaign would start at once."),
    ],
)
def test_a_start_that_is_no_time_to_come(
    desk: Client, workspace: Workspace, date: str, time: str, says: str
) -> None:
    assert says in refusal(desk, workspace, starts_at_0=date, starts_at_1=time)


def test_hours_in_no_time_zone(desk: Client) -> None:
    before = SendingHours.objects.count()
    form = {"name": "Never", "timezone": "Nowhere/City", "working_hours_start": "09:00"}

    page = desk.post("/admin/campaigns/sendinghours/add/", form)

    assert page.status_code == 200
    assert b"errorlist" in page.content
    assert SendingHours.objects.count() == before


def hours_form(days: list[dt.date], **values: Any) -> dict[str, Any]:
    """Return a form of hours around the clock, closed on these days."""
    closed = {
        f"closed_days-{number}-{name}": value
        for number, day in enumerate(days)
        for name, value in (("date", f"{day}"), ("kind", "closed"))
    }
    return {
        "name": "Never",
        "timezone": "UTC",
        "working_hours_start": "00:00",
        "working_hours_end": "00:00",
        "closed_days-TOTAL_FORMS": len(days),
        "closed_days-INITIAL_FORMS": 0,
        **closed,
        **values,
    }


@pytest.mark.parametrize(
    ("is_new", "days", "until", "says"),
    [
        (False, 0, "09:25", "No run of the queue starts within these hours: runs start at “*/30"),
        (True, 410, "10:00", "not open once in the 400 days from now (today: closed day). Remove"),
    ],
)
def test_hours_in_which_nothing_ever_goes(
    desk: Client, days: int, until: str, says: str, *, is_new: bool
) -> None:
    stored = hours_all_day()
    closed = [timezone.now().date() + dt.timedelta(days=n - 2) for n in range(days)]
    values = {"working_hours_start": "09:05", "working_hours_end": until, "change_reason": "x"}

    page = "add" if is_new else f"{stored.pk}/change"
    answer = desk.post(f"/admin/campaigns/sendinghours/{page}/", hours_form(closed, **values))

    assert says in answer.content.decode()
    stored.refresh_from_db()
    assert stored.working_hours_start == dt.time(0)
    assert not ClosedDay.objects.exists()
    assert not SendingHours.objects.filter(name="Never").exists()


def test_hours_that_are_closed_for_some_days(desk: Client) -> None:
    closed = [timezone.now().date() + dt.timedelta(days=n) for n in range(3)]

    desk.post("/admin/campaigns/sendinghours/add/", hours_form(closed))

    assert SendingHours.objects.get(name="Never").closed_days.count() == 3


@pytest.mark.parametrize(
    "asked", ["workspace=x", "accounts=x,y", "sending_hours=%00", "starts_at=x"]
)
def test_an_address_that_brings_what_cannot_be(desk: Client, asked: str) -> None:
    assert desk.get(f"/admin/campaigns/campaign/add/?{asked}").status_code == 200


def test_a_key_that_cannot_be(desk: Client, workspace: Workspace) -> None:
    for name in ("accounts", "sending_hours"):
        assert "errorlist" in refusal(desk, workspace, **{name: "x"}), name


@pytest.mark.parametrize("name", ["success", "failure"])
def test_a_task_that_cannot_be(desk: Client, name: str) -> None:
    page = desk.get(f"/admin/django_q/{name}/%00/change/", follow=True)

    assert page.status_code == 200
    assert "Perhaps it was deleted?" in page.content.decode()
