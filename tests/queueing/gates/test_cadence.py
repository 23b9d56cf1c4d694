"""How many an account can send a day: one by each run inside its hours."""

import datetime as dt
from dataclasses import replace

import pytest
from pytest_django import Settings

from campaigns.models import LinkedInAccount, Workspace
from queueing.gates import cadence
from queueing.gates.hours import Hours

NEW_YORK = Hours("America/New_York", dt.time(7), dt.time(18))
ALL_DAY = replace(NEW_YORK, timezone="UTC", start=dt.time(0), end=dt.time(0))
ALWAYS = replace(ALL_DAY, skip_weekends=False, skip_holidays=False)
SUNDAY = dt.datetime(2026, 7, 5, 12, tzinfo=dt.UTC)
WEEK = [SUNDAY + dt.timedelta(days=number, hours=hour) for number in range(7) for hour in (-12, 9)]


def most_in_a_week(value: Hours) -> set[int]:
    """What is told at each instant of a week."""
    account = LinkedInAccount(min_gap_seconds=0, daily_limit=2_000, workspace=Workspace())
    return {cadence.most_a_day(account, [value], now) for now in WEEK}


@pytest.mark.parametrize(
    ("value", "most"),
    [
        (ALWAYS, 48),
        (ALL_DAY, 48),
        (NEW_YORK, 22),
        (replace(ALWAYS, timezone="America/Los_Angeles"), 48),
        (replace(ALL_DAY, timezone="Asia/Tokyo"), 48),
        (replace(NEW_YORK, skip_weekends=False), 22),
        (replace(NEW_YORK, timezone="America/Los_Angeles"), 22),  # over midnight in UTC
    ],
)
@pytest.mark.parametrize("cron", ["*/30 * * * *", "*/30 * * * 1-5", "0,30 * * * mon-fri"])
def test_the_day_of_the_week_does_not_matter(
    settings: Settings, value: Hours, most: int, cron: str
) -> None:
    settings.SEND_QUEUE_CRON = cron

    assert most_in_a_week(value) == {most}


@pytest.mark.parametrize(
    ("cron", "most"),
    [("*/30 * * * 3", 48), ("0 9 1 * *", 1), ("0 9 * * 6", 1), ("0 12-13 15 8 *", 2)],
)
def test_runs_that_come_seldom_are_counted_on_a_day_with_runs(
    settings: Settings, cron: str, most: int
) -> None:
    settings.SEND_QUEUE_CRON = cron

    assert most_in_a_week(ALWAYS) == {most}


def test_runs_outside_the_hours_are_none(settings: Settings) -> None:
    settings.SEND_QUEUE_CRON = "*/30 0-6 * * *"

    assert most_in_a_week(NEW_YORK) == {0}


def test_the_day_is_that_of_the_caps(settings: Settings) -> None:
    settings.SEND_QUEUE_CRON = "*/30 * * * 1-5"  # by the date in UTC
    settings.DAILY_CAP_TIMEZONE = "Asia/Tokyo"

    assert most_in_a_week(replace(ALL_DAY, timezone="Asia/Tokyo")) == {48}
