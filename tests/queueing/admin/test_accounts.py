"""An account's page: its use, its limits with their sources, rest and resume, the connection."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from campaigns.models import LinkedInAccount
from campaigns.pages import clock
from queueing import gates
from queueing.admin.accounts import use_by_day
from queueing.models import QueueItem
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item, hours_all_day
from tests.queueing.admin.conftest import a_user, logged_in

MUCH_LATER = NOON.replace(year=2090)


def page_of(account: LinkedInAccount) -> str:
    return f"/admin/campaigns/linkedinaccount/{account.pk}/change/"


def do(browser: Client, account: LinkedInAccount, slug: str, **values: Any) -> str:
    url = f"/admin/campaigns/linkedinaccount/{account.pk}/do/{slug}/"
    return browser.post(url, values, follow=True).content.decode()


def save(browser: Client, account: LinkedInAccount, **values: Any) -> str:
    form = {
        "workspace": account.workspace_id,
        "name": account.name,
        "unipile_account_id": account.unipile_account_id,
        "account_type": account.account_type,
        "min_gap_seconds": 0,
        "change_reason": "Asked for",
        **values,
    }
    return browser.post(page_of(account), form, follow=True).content.decode()


def one_waiting(account: LinkedInAccount, **values: Any) -> QueueItem:
    campaign = a_campaign(account.workspace, account)
    return an_item(campaign, account, scheduled_for=MUCH_LATER, **values)


def test_limits_name_their_sources(desk: Client) -> None:
    workspace = a_workspace(daily_cr_limit=30)
    account = an_account(workspace, warm_up_started_on=timezone.now().date())
    an_item(a_campaign(workspace, account), account, status="sent", sent_at=timezone.now())

    page = desk.get(page_of(account)).content.decode()

    assert "<td>1</td><td>5</td><td>warm-up, day 1 of 14</td>" in page
    assert "100 by account type; 30 by the client&#x27;s limit" in page
    assert "to come" in page
    assert '<polyline class="limit" points="260,' in page  # the fourteenth of 28 days is today
    assert "before the warm-up" in page


def test_the_warm_up_is_a_line_against_use(db: None) -> None:
    account = an_account(a_workspace(), daily_limit=18, warm_up_started_on=dt.date(2026, 7, 6))
    campaign = a_campaign(account.workspace, account)
    for days_ago, number in ((4, 9), (1, 2), (0, 3)):
        for _ in range(number):
            sent_at = NOON - dt.timedelta(days=days_ago)
            an_item(campaign, account, status="sent", sent_at=sent_at)

    days = {f"{day.date:%m-%d}": day for day in use_by_day(account, NOON)}

    assert (min(days), max(days), len(days)) == ("06-25", "07-22", 28)
    figures = [(name, day.sent, day.limit) for name, day in days.items() if name >= "07-04"]
    assert figures[:7] == [
        ("07-04", 9, None),  # the limit was another then
        ("07-05", 0, None),
        ("07-06", 0, 5),
        ("07-07", 2, 6),
        ("07-08", 3, 7),
        ("07-09", None, 8),
        ("07-10", None, 9),
    ]
    assert [days[day].limit for day in ("07-18", "07-19", "07-20", "07-22")] == [17, 18, 18, 18]
    # 110 of 120 pixels are the highest figure, which is the full limit of 18.
    assert [days[day].limit_y for day in ("07-05", "07-06", "07-19")] == [None, 120 - 31, 10]
    assert [(days[day].y, days[day].height) for day in ("07-04", "07-09")] == [(65, 55), (120, 0)]


def sent_by_day(account: LinkedInAccount, now: dt.datetime) -> dict[str, int]:
    """What the chart shows of the days on which anything was sent."""
    return {f"{day.date:%m-%d}": day.sent for day in use_by_day(account, now) if day.sent}


@pytest.mark.parametrize(
    "zone", ["Africa/Casablanca", "America/Edmonton", "America/Havana", "America/Winnipeg"]
)
def test_the_chart_goes_by_the_zone_rules_that_the_caps_go_by(
    db: None, settings: Settings, zone: str
) -> None:
    settings.DAILY_CAP_TIMEZONE = zone  # whose rules are others in PostgreSQLs of before 2026
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account)
    now = dt.datetime(2026, 12, 9, 12, tzinfo=dt.UTC)
    midnight = gates.usage(account, now).day_began_at
    for minutes in (-90, -30, 30, 90):
        sent_at = midnight + dt.timedelta(minutes=minutes)
        an_item(campaign, account, status="sent", sent_at=sent_at)

    assert sent_by_day(account, now) == {"12-08": 2, "12-09": 2}
    assert gates.usage(account, now).sent_today == 2


@pytest.mark.parametrize("hour", [4, 5, 12, 23, 28])  # the local 8 November begins at 5 in UTC
def test_the_chart_keeps_its_oldest_day_after_a_clock_change(
    db: None, settings: Settings, hour: int
) -> None:
    settings.DAILY_CAP_TIMEZONE = "America/New_York"  # clocks go back on 1 November
    account = an_account(a_workspace())
    now = dt.datetime(2026, 11, 8, tzinfo=dt.UTC) + dt.timedelta(hours=hour, minutes=30)
    oldest = now.astimezone(gates.policy().day_zone).date() - dt.timedelta(days=13)
    sent_at = dt.datetime(2026, 10, oldest.day, 5, tzinfo=dt.UTC)
    an_item(a_campaign(account.workspace, account), account, status="sent", sent_at=sent_at)

    assert sent_by_day(account, now) == {f"{oldest:%m-%d}": 1}


def test_rest_moves_what_waits_and_is_logged(desk: Client) -> None:
    account = an_account(a_workspace())
    item = one_waiting(account)
    until = timezone.now() + dt.timedelta(days=3)

    page = do(desk, account, "rest", until=f"{until:%Y-%m-%dT%H:%M}", reason="Warned by LinkedIn")

    item.refresh_from_db()
    assert f"Rests until {clock.said(until)}. 1 request has a new time" in page
    assert until - dt.timedelta(minutes=1) <= item.scheduled_for < MUCH_LATER
    entry = LogEntry.objects.get(object_id=account.pk)
    assert entry.change_message.endswith("Warned by LinkedIn")


@pytest.mark.parametrize(
    ("until", "says"), [("", "required"), ("soon", "valid date"), ("2020-01-01T00:00", "to come")]
)
def test_a_rest_needs_a_time_to_come(desk: Client, until: str, says: str) -> None:
    account = an_account(a_workspace())

    assert says in do(desk, account, "rest", until=until, reason="Tired")
    assert LinkedInAccount.objects.get().paused_until is None


def test_a_rest_is_ended_once(desk: Client) -> None:
    account = an_account(a_workspace(), paused_until=MUCH_LATER)
    item = one_waiting(account)
    pinned = one_waiting(account, pinned=True)

    first = do(desk, account, "resume", reason="Fine again")
    second = do(desk, account, "resume", reason="Fine again")

    assert "The rest is over. 1 request has a new time" in first
    assert "does not rest any more" in second
    assert QueueItem.objects.get(pk=item.pk).scheduled_for < MUCH_LATER
    assert QueueItem.objects.get(pk=pinned.pk).scheduled_for == MUCH_LATER


def test_the_connection_is_tested(desk: Client, sandbox: Sandbox, settings: Settings) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    sandbox.control.add_account("tested")
    known = an_account(a_workspace(), unipile_account_id="tested")
    unknown = an_account(known.workspace)

    assert "The connection works" in do(desk, known, "test")
    assert "The test failed" in do(desk, unknown, "test")
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("stored", "wanted", "field"),
    [
        ({}, {"daily_limit": 101}, "daily_limit"),
        ({"daily_limit": 10}, {"daily_limit": ""}, "daily_limit"),
        ({}, {"weekly_limit": 201}, "weekly_limit"),
        ({"account_type": "free"}, {"account_type": "premium"}, "account_type"),
        ({"warm_up_started_on": "2026-07-01"}, {"warm_up_started_on": ""}, "warm_up_started_on"),
    ],
)
def test_raising_a_cap_needs_its_permission(
    db: None, stored: dict[str, Any], wanted: dict[str, Any], field: str
) -> None:
    account = an_account(a_workspace(), **stored)
    operator = a_user("operator", account.workspace, group="Operator")

    page = save(logged_in(operator), account, **(stored | wanted))

    assert "Raising this needs the permission" in page
    assert f'id="id_{field}_error"' in page
    assert not LogEntry.objects.exists()

    operator.user_permissions.add(Permission.objects.get(codename="raise_cap"))
    assert "was changed successfully" in save(logged_in(operator), account, **(stored | wanted))


def test_a_move_to_a_workspace_with_a_higher_cap_raises_it(db: None) -> None:
    low, high = a_workspace(name="Low", daily_cr_limit=5), a_workspace(name="High")
    account = an_account(low)
    operator = a_user("operator", low, high, group="Operator")

    page = save(logged_in(operator), account, workspace=high.pk)

    assert 'id="id_workspace_error"' in page
    account.refresh_from_db()
    assert account.workspace == low
    operator.user_permissions.add(Permission.objects.get(codename="raise_cap"))
    assert "was changed successfully" in save(logged_in(operator), account, workspace=high.pk)
    assert "was changed successfully" in save(logged_in(operator), account, workspace=low.pk)


def test_an_operator_may_lower_a_cap_and_the_calendar_follows(db: None) -> None:
    account = an_account(a_workspace())
    operator = logged_in(a_user("operator", account.workspace, group="Operator"))
    one_waiting(account)

    page = save(operator, account, daily_limit=5)

    assert "Planned anew: 1 request has a new time; the last one goes " in page
    assert "(before: Sat 8 Jul 2090, " in page


def test_walls_and_permissions(db: None) -> None:
    account = an_account(a_workspace(), paused_until=MUCH_LATER)
    url = f"/admin/campaigns/linkedinaccount/{account.pk}/do/resume/"
    viewer = logged_in(a_user("viewer", account.workspace, group="Viewer"))
    stranger = logged_in(a_user("stranger", a_workspace(), group="Manager"))

    assert viewer.get(page_of(account)).status_code == 200
    assert viewer.post(url, {"reason": "x"}).status_code == 403
    assert stranger.post(url, {"reason": "x"}).status_code == 404
    assert stranger.get(page_of(account)).status_code == 404
    assert LinkedInAccount.objects.get().paused_until == MUCH_LATER


def test_the_page_takes_few_queries(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    account = an_account(a_workspace(), warm_up_started_on=timezone.now().date())
    campaign = a_campaign(account.workspace, account)
    for _ in range(10):
        an_item(campaign, account, status="sent", sent_at=timezone.now())

    with django_assert_max_num_queries(25):
        desk.get(page_of(account))


def test_an_account_says_that_runs_are_too_few_for_its_limit(
    desk: Client, settings: Settings
) -> None:
    settings.SEND_QUEUE_CRON = "0 * * * *"
    account = an_account(a_workspace(), daily_limit=25)
    a_campaign(account.workspace, account)

    page = desk.get(page_of(account)).content.decode()

    assert "Its limit of 25 a day (set on the account) cannot be reached" in page
    assert "24 can go" in page
    assert "With SEND_QUEUE_CRON=*/30 * * * * it can" in page


def test_above_a_form_with_errors_stands_what_is_stored(desk: Client) -> None:
    account = an_account(a_workspace(), daily_limit=7)

    page = save(desk, account, daily_limit="9", weekly_limit="many")

    assert "Enter a whole number" in page
    assert "<td>0</td><td>7</td><td>set on the account</td>" in page


def test_the_day_of_the_caps_is_proposed_told_and_chosen(desk: Client) -> None:
    tokyo = hours_all_day(timezone="Asia/Tokyo")
    account = an_account(a_workspace(sending_hours=tokyo), day_zone="")

    page = desk.get(page_of(account)).content.decode()
    assert "Proposed: Asia/Tokyo." in page
    assert "the limits of two days can go within one day there" in page
    assert "PST" in save(desk, account, day_zone="PST")
    account.refresh_from_db()
    assert account.day_zone == ""
    save(desk, account, day_zone="Asia/Tokyo")
    page = desk.get(page_of(account)).content.decode()
    assert "(midnight in Tokyo)" in page
    assert "within one day there" not in page
