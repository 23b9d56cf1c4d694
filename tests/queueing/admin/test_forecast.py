"""Hours as bars, the forecast as a calendar, and what a change would do to it."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from campaigns.hours import clocks, zones
from campaigns.models import (
    Campaign,
    ClosedDay,
    DoNotContact,
    LinkedInAccount,
    SendingHours,
    Workspace,
)
from campaigns.pages import clock
from queueing import planning
from queueing.admin.forecast import days_of, hours_kept, months_of, shifts
from queueing.admin.hours import Bar, next_days
from queueing.gates import hours_of
from queueing.models import QueueItem
from tests.builders import (
    NOON,
    a_campaign,
    a_prospect,
    a_workspace,
    an_account,
    an_item,
    hours_all_day,
)
from tests.queueing.admin.conftest import a_user, logged_in

UTC = zones.zone("UTC")
MUCH_LATER = NOON.replace(year=2090)


def url(row: Any, last: str = "change") -> str:
    return f"/admin/campaigns/{row._meta.model_name}/{row.pk}/{last}/"


def hours_form(row: SendingHours, **values: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "workspace": row.workspace_id or "",
        "timezone": row.timezone,
        "working_hours_start": "00:00",
        "working_hours_end": "00:00",
        "closed_days-TOTAL_FORMS": 0,
        "closed_days-INITIAL_FORMS": 0,
        "change_reason": "Asked for",
        **values,
    }


def a_queue(number: int = 3, **values: Any) -> tuple[Campaign, LinkedInAccount]:
    account = an_account(a_workspace(), **values)
    campaign = a_campaign(account.workspace, account)
    for _ in range(number):
        an_item(campaign, account, scheduled_for=MUCH_LATER)
    return campaign, account


def test_days_are_open_and_closed_with_their_reasons(db: None) -> None:
    row = SendingHours.objects.create(name="New York")
    ClosedDay.objects.create(sending_hours=row, date=dt.date(2026, 7, 9))
    first_of_july = NOON.replace(day=1)

    days = {day.date.day: day for day in next_days(hours_of(row), first_of_july)}

    assert days[1].bars == [Bar("7:00 am to 6:00 pm", 84, 132)]
    assert (days[3].bars, days[3].why) == ([], "holiday: Independence Day (observed)")
    assert days[4].why == "weekend"
    assert days[9].why == "closed day"
    assert len(days) == 14


def test_time_zones_are_offered_and_a_start_is_by_the_readers_clock(desk: Client) -> None:
    add_hours = desk.get("/admin/campaigns/sendinghours/add/").content.decode()
    add_campaign = desk.get("/admin/campaigns/campaign/add/").content.decode()

    assert 'list="zone-names"' in add_hours
    assert '<option value="Europe/Berlin"></option>' in add_hours
    assert "Starts by itself at this time, by your clock." in add_campaign


def test_hours_warn_of_limits_out_of_reach(desk: Client, settings: Settings) -> None:
    settings.SEND_QUEUE_CRON = "0 * * * *"
    campaign, _ = a_queue(name="Ada <b>")
    assert campaign.sending_hours

    page = desk.get(url(campaign.sending_hours)).content.decode()

    assert "Ada &lt;b&gt;</strong>: its limit of 100 a day" in page
    assert "12:00 am to midnight" in page


def test_shared_hours_do_not_show_accounts_behind_other_walls(db: None, settings: Settings) -> None:
    settings.SEND_QUEUE_CRON = "0 * * * *"
    shared = hours_all_day()
    account = an_account(a_workspace(), name="Secret one")
    a_campaign(account.workspace, account, sending_hours=shared)
    stranger = logged_in(a_user("stranger", a_workspace(), group="Manager"))

    page = stranger.get(url(shared))

    assert page.status_code == 200
    assert b"Secret one" not in page.content


def test_a_change_of_hours_moves_what_waits_but_not_what_is_pinned(desk: Client) -> None:
    campaign, account = a_queue(1)
    pinned = an_item(campaign, account, scheduled_for=MUCH_LATER, pinned=True)
    row = campaign.sending_hours
    assert row

    values = hours_form(row, working_hours_end="12:00")
    page = desk.post(url(row), values, follow=True).content.decode()

    assert "Planned anew: 1 request has a new time" in page
    assert QueueItem.objects.get(pk=pinned.pk).scheduled_for == MUCH_LATER
    assert QueueItem.objects.exclude(pk=pinned.pk).get().scheduled_for < MUCH_LATER


def test_a_forecast_is_a_calendar_and_a_table(desk: Client) -> None:
    campaign, account = a_queue(2, daily_limit=1)
    a_prospect(campaign)

    page = desk.get(url(campaign, "forecast")).content.decode()
    of_workspace = desk.get(url(campaign.workspace, "forecast")).content.decode()
    message = {"kind": "message", "step": 1, "message": "Hello!", "scheduled_for": MUCH_LATER}
    an_item(campaign, account, **message)
    of_messages = desk.get(url(campaign, "forecast") + "?kind=message").content.decode()

    assert "3 requests will go, the last <time" in page
    assert "daily cap 1 (set on the account)" in page
    assert f"<td>{account.name}</td>" in page
    assert "2 requests will go" in of_workspace
    assert "1 message will go" in of_messages
    assert "as if" not in page


def test_months_have_weeks_from_monday(db: None) -> None:
    campaign, account = a_queue(0, daily_limit=1)
    for _ in range(30):
        an_item(campaign, account)

    july, august = months_of(days_of(planning.forecast_campaign(campaign, NOON), UTC), UTC)

    assert [len(week) for week in july.weeks] == [7] * 5
    first_week = july.weeks[0]
    assert [cell.day.day if cell else None for cell in first_week] == [None, None, 1, 2, 3, 4, 5]
    assert first_week[2]
    assert first_week[2].count is None  # before the forecast begins
    counted = [cell.count or 0 for m in (july, august) for week in m.weeks for cell in week if cell]
    assert sum(counted) == 30


def test_days_on_which_no_hours_open_are_marked_as_closed(desk: Client) -> None:
    account = an_account(a_workspace(), daily_limit=1)
    closed = hours_all_day(skip_weekends=True, name="Weekdays")
    campaign = a_campaign(account.workspace, account, sending_hours=closed)
    for _ in range(10):
        an_item(campaign, account)

    days = days_of(planning.forecast_campaign(campaign, NOON), UTC)
    months = months_of(days, UTC, hours_kept(campaign))
    of_workspace = hours_kept(campaign.workspace)
    a_campaign(account.workspace, account)  # is open around the clock

    cells = [cell for month in months for week in month.weeks for cell in week if cell]
    assert {cell.day.weekday() for cell in cells if cell.is_closed} == {5, 6}
    assert of_workspace == hours_kept(campaign)
    assert len(hours_kept(campaign.workspace)) == 2
    assert "closed</span>" in desk.get(url(campaign, "forecast")).content.decode()


def test_an_empty_forecast_says_so(desk: Client) -> None:
    page = desk.get(url(a_campaign(a_workspace()), "forecast")).content.decode()

    assert "Nothing will go." in page


def test_a_forecast_says_who_is_held_and_who_is_left_out(desk: Client) -> None:
    campaign, _ = a_queue(2)
    people = (a_prospect(campaign), QueueItem.objects.all()[0].prospect)
    for person in people:
        DoNotContact.objects.create(workspace=campaign.workspace, value=person.public_identifier)

    page = desk.get(url(campaign, "forecast")).content.decode()

    assert "<li>Held: 1. " in page
    assert "<li>Left out: 1. " in page


def test_forecasts_have_walls(db: None) -> None:
    campaign, _ = a_queue(1)
    stranger = logged_in(a_user("stranger", a_workspace(), group="Manager"))
    viewer = logged_in(a_user("viewer", campaign.workspace, group="Viewer"))
    nobody = logged_in(a_user("nobody", campaign.workspace))

    for row in (campaign, campaign.workspace):
        assert stranger.get(url(row, "forecast")).status_code == 404
        assert nobody.get(url(row, "forecast")).status_code == 404
        assert viewer.get(url(row, "forecast")).status_code == 200


def test_the_effect_is_shown_and_nothing_saved(desk: Client) -> None:
    campaign, _ = a_queue(3)
    row = campaign.sending_hours
    assert row
    before = list(QueueItem.objects.order_by("pk").values_list("scheduled_for", flat=True))

    values = hours_form(row, name="Renamed & more", _effect="x")
    page = desk.post(url(row), values).content.decode()

    assert "Nothing is saved yet" in page
    assert "Sat 8 Jul 2090, " in page  # the last one, as it is
    assert 'name="name" value="Renamed &amp; more"' in page
    assert SendingHours.objects.get(pk=row.pk).name == row.name
    assert before == list(QueueItem.objects.order_by("pk").values_list("scheduled_for", flat=True))
    assert not LogEntry.objects.exists()
    assert "changed successfully" not in desk.get("/admin/").content.decode()


def a_campaign_in_two_hours_a_day() -> Campaign:
    """Store four people, and hours that open in six: nothing is due while a test runs."""
    account = an_account(a_workspace(), daily_limit=1)
    hours = hours_all_day(workspace=account.workspace, **window(6))
    campaign = a_campaign(account.workspace, account, sending_hours=hours)
    for _ in range(4):
        a_prospect(campaign)
    return campaign


def window(begins_in: int) -> dict[str, dt.time]:
    begins = timezone.now() + dt.timedelta(hours=begins_in)
    ends = begins + dt.timedelta(hours=2)
    return {"working_hours_start": begins.time(), "working_hours_end": ends.time()}


@pytest.mark.parametrize("changed", ["hours", "cap", "holidays", "accounts"])
def test_the_effect_that_is_shown_is_the_one_that_comes(desk: Client, changed: str) -> None:
    campaign = a_campaign_in_two_hours_a_day()
    account, row = campaign.accounts.get(), campaign.hours()
    if changed != "accounts":  # whoever is queued keeps the account
        planning.enqueue(campaign, timezone.now())
    days = [timezone.now().date() + dt.timedelta(days=n) for n in range(10)]
    closed = {"closed_days-TOTAL_FORMS": len(days)} | {
        f"closed_days-{n}-{name}": value
        for n, day in enumerate(days)
        for name, value in (("date", f"{day}"), ("kind", "closed"))
    }
    more = [account.pk, an_account(campaign.workspace, daily_limit=1).pk]
    address, form = {
        "hours": (url(row), hours_form(row, **window(12))),
        "holidays": (url(row), hours_form(row, **window_of(row), **closed)),
        "cap": (url(account), account_form(account, daily_limit=4)),
        "accounts": (url(campaign), campaign_form(campaign, accounts=more)),
    }[changed]

    def foreseen() -> planning.Forecast:
        return planning.forecast_campaign(campaign, timezone.now())

    before = foreseen()
    page = desk.post(address, {**form, "_effect": "x"}).content.decode()
    assert foreseen() == before
    saved = desk.post(address, form, follow=True).content.decode()
    after = foreseen()

    assert "was changed successfully" in saved
    assert before.last_at != after.last_at
    last = [clock.shown(each.last_at) for each in (before, after)]
    assert f"<td>{last[0]}</td><td>{last[1]}</td>" in page
    assert "<td>4</td><td>4</td>" in page
    moved = shifts(before, after, UTC)
    assert moved or changed == "hours"  # those may open at another time of the same days
    assert sum(each.after - each.before for each in moved) == 0
    for day, account_name, old, new in moved:
        told = clocks.day_said(day, clock.today())
        assert f"{told}</th><td>{account_name}</td><td>{old}</td><td>{new}</td>" in page


def window_of(row: SendingHours) -> dict[str, dt.time]:
    return {
        "working_hours_start": row.working_hours_start,
        "working_hours_end": row.working_hours_end,
    }


def account_form(account: LinkedInAccount, **values: Any) -> dict[str, Any]:
    return {
        "workspace": account.workspace_id,
        "name": account.name,
        "unipile_account_id": account.unipile_account_id,
        "account_type": account.account_type,
        "min_gap_seconds": 0,
        "change_reason": "Asked for",
        **values,
    }


def campaign_form(campaign: Campaign, **values: Any) -> dict[str, Any]:
    return {
        "workspace": campaign.workspace_id,
        "name": campaign.name,
        "sending_hours": campaign.sending_hours_id,
        "follow_up_after_days": 3,
        "change_reason": "Asked for",
        **values,
    }


def test_the_effect_of_what_is_not_valid_is_the_form_with_its_errors(desk: Client) -> None:
    _, account = a_queue(1)
    values = {"workspace": account.workspace_id, "name": "", "unipile_account_id": "x"}

    page = desk.post(url(account), {**values, "account_type": "free", "_effect": "x"})

    assert b"This field is required" in page.content
    assert b"Nothing is saved yet" not in page.content


def test_the_effect_is_behind_walls_and_permissions(db: None) -> None:
    _, account = a_queue(1)
    viewer = logged_in(a_user("viewer", account.workspace, group="Viewer"))
    stranger = logged_in(a_user("stranger", a_workspace(), group="Manager"))

    assert viewer.post(url(account), {"_effect": "x"}).status_code == 403
    assert stranger.post(url(account), {"_effect": "x"}).status_code == 404


def save_workspace(browser: Client, workspace: Workspace, **values: Any) -> str:
    form = {
        "name": workspace.name,
        "tier": workspace.tier,
        "change_reason": "Asked for",
        **values,
    }
    return browser.post(url(workspace), form, follow=True).content.decode()


def test_a_workspace_cap_is_raised_with_its_permission_only(db: None) -> None:
    _, account = a_queue(2)
    workspace = account.workspace
    Workspace.objects.update(daily_cr_limit=5)
    clerk = a_user("clerk", workspace)
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["change_workspace", "view_workspace"])
    )

    assert "Raising this needs" in save_workspace(logged_in(clerk), workspace, daily_cr_limit=6)
    assert "Raising this needs" in save_workspace(logged_in(clerk), workspace, daily_cr_limit="")
    assert "Planned anew: 2 requests have" in save_workspace(
        logged_in(clerk), workspace, daily_cr_limit=1
    )
    clerk.user_permissions.add(Permission.objects.get(codename="raise_cap"))
    page = save_workspace(logged_in(a_user("manager", workspace, group="Manager")), workspace)
    assert "was changed successfully" in page


def test_pages_take_few_queries(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    campaign, _ = a_queue(5)
    for _ in range(10):
        account = an_account(campaign.workspace)
        other = a_campaign(campaign.workspace, account, sending_hours=campaign.sending_hours)
        an_item(other, account)

    with django_assert_max_num_queries(17):
        desk.get(url(campaign.sending_hours))
    with django_assert_max_num_queries(24):
        desk.get(url(campaign.workspace, "forecast"))
