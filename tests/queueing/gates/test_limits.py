"""How many an account may send, and how far apart."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.gates import Limit, limits

TODAY, DAY = dt.date(2026, 7, 8), dt.timedelta(days=1)


def a_policy(zone: str = "UTC", **values: object) -> limits.Policy:
    return limits.Policy(
        **{
            "type_daily": {"free": 20, "premium": 50, "sales_navigator": 100},
            "type_weekly": {"free": 100, "premium": 200, "sales_navigator": 200},
            "tier_daily": {"startup": None, "sme": None, "enterprise": None},
            "warm_up_first_day": 5,
            "warm_up_days": 14,
            "spacing_floor_seconds": 90,
            "day_zone": ZoneInfo(zone),
            **values,  # type: ignore[arg-type]
        }
    )


def daily(policy: limits.Policy | None = None, **values: object) -> Limit:
    return limits.daily_limit(
        policy or a_policy(),
        **{
            "account_type": "free",
            "own": None,
            "workspace": None,
            "tier": "startup",
            "warm_up_started_on": None,
            "today": TODAY,
            **values,  # type: ignore[arg-type]
        },
    )


@pytest.mark.parametrize(
    ("account_type", "a_day", "a_week"),
    [("free", 20, 100), ("premium", 50, 200), ("sales_navigator", 100, 200)],
)
def test_limits_go_by_account_type(account_type: str, a_day: int, a_week: int) -> None:
    weekly = limits.weekly_limit(a_policy(), account_type=account_type, own=None)

    assert daily(account_type=account_type) == Limit(a_day, "account type")
    assert weekly == Limit(a_week, "account type")


def test_an_accounts_own_limit_comes_first() -> None:
    weekly = limits.weekly_limit(a_policy(), account_type="free", own=150)

    assert daily(own=35) == Limit(35, "set on the account")
    assert weekly == Limit(150, "set on the account")
    assert daily(own=0) == Limit(0, "set on the account")


@pytest.mark.parametrize(
    ("own", "workspace", "tier_limit", "expected"),
    [
        (None, 10, None, Limit(10, "the client's limit")),
        (None, 30, None, Limit(20, "account type")),  # it lowers, it never raises
        (None, None, 12, Limit(12, "tier startup")),
        (None, 15, 12, Limit(12, "tier startup")),
        (5, 10, 12, Limit(5, "set on the account")),
        (None, 0, 12, Limit(0, "the client's limit")),
        (10, 10, 10, Limit(10, "set on the account")),
    ],
)
def test_the_lowest_limit_holds(
    own: int | None, workspace: int | None, tier_limit: int | None, expected: Limit
) -> None:
    policy = a_policy(tier_daily={"startup": tier_limit})

    assert daily(policy, own=own, workspace=workspace) == expected


def test_the_warm_up_rises_in_a_line_from_the_first_day_to_the_full_limit() -> None:
    ramp = [
        daily(own=31, warm_up_started_on=TODAY - dt.timedelta(days=day)).value for day in range(16)
    ]

    assert ramp == [5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 31, 31]


def test_the_warm_up_says_which_day_it_is() -> None:
    found = daily(warm_up_started_on=TODAY - dt.timedelta(days=2))

    assert found == Limit(7, "warm-up, day 3 of 14")


@pytest.mark.parametrize("started", [TODAY, TODAY + dt.timedelta(days=30)])
def test_before_its_start_the_warm_up_holds_its_first_day(started: dt.date) -> None:
    assert daily(warm_up_started_on=started).value == 5


def test_the_warm_up_never_raises_a_low_limit() -> None:
    assert daily(own=3, warm_up_started_on=TODAY).value == 3


@given(
    own=st.integers(0, 500) | st.none(),
    workspace=st.integers(0, 500) | st.none(),
    tier=st.integers(0, 500) | st.none(),
    days=st.integers(-400, 400) | st.none(),
)
def test_no_source_is_ever_exceeded(
    own: int | None, workspace: int | None, tier: int | None, days: int | None
) -> None:
    started = None if days is None else TODAY - dt.timedelta(days=days)

    found = daily(
        a_policy(tier_daily={"startup": tier}),
        own=own,
        workspace=workspace,
        warm_up_started_on=started,
    ).value

    ceilings = [20 if own is None else own, workspace, tier]
    assert 0 <= found <= min(each for each in ceilings if each is not None)


@pytest.mark.parametrize(
    ("own", "open_seconds", "a_day", "expected"),
    [
        (None, 11 * 3600, 20, 1584),  # 80 % of 11 hours, over 20
        (None, 11 * 3600, 100, 316),
        (None, 86_400, 1000, 90),  # never under the floor
        (None, 3600, 0, 2880),  # nothing may go anyway
        (0, 11 * 3600, 20, 0),
        (60, 11 * 3600, 20, 60),
    ],
)
def test_gaps_share_out_the_open_time(
    own: int | None, open_seconds: int, a_day: int, expected: int
) -> None:
    gap = limits.gap_seconds(a_policy(), own=own, open_seconds=open_seconds, daily=a_day)

    assert gap == expected


@pytest.mark.parametrize(
    ("zone", "now", "start", "following"),
    [
        ("UTC", "2026-07-08T00:00:00", "2026-07-08T00:00", "2026-07-09T00:00"),
        ("UTC", "2026-07-08T23:59:59", "2026-07-08T00:00", "2026-07-09T00:00"),
        ("America/New_York", "2026-07-08T03:00:00", "2026-07-07T04:00", "2026-07-08T04:00"),
        # Clocks put forward: this day in New York has 23 hours; put back: 25.
        ("America/New_York", "2026-03-08T12:00:00", "2026-03-08T05:00", "2026-03-09T04:00"),
        ("America/New_York", "2026-11-01T12:00:00", "2026-11-01T04:00", "2026-11-02T05:00"),
        # No midnight on this day: clocks go from 0:00 to 1:00.
        ("America/Santiago", "2026-09-06T12:00:00", "2026-09-06T04:00", "2026-09-07T03:00"),
    ],
)
def test_days_begin_at_midnight_of_the_zone(
    zone: str, now: str, start: str, following: str
) -> None:
    at = dt.datetime.fromisoformat(f"{now}+00:00")

    begins = limits.day_start(at, ZoneInfo(zone))
    ends = limits.next_day_start(at, ZoneInfo(zone))

    assert f"{begins:%Y-%m-%dT%H:%M}" == start
    assert f"{ends:%Y-%m-%dT%H:%M}" == following
    assert begins.utcoffset() == ends.utcoffset() == dt.timedelta(0)


@given(
    epoch=st.integers(1_577_836_800, 2_051_222_400),  # 2020 to 2035
    zone=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_every_instant_lies_in_its_day(epoch: int, zone: str) -> None:
    now = dt.datetime.fromtimestamp(epoch, dt.UTC)

    begins = limits.day_start(now, ZoneInfo(zone))
    ends = limits.next_day_start(now, ZoneInfo(zone))

    assert begins <= now < ends
    assert limits.day_start(ends, ZoneInfo(zone)) == ends
    assert dt.timedelta(hours=23) <= ends - begins <= dt.timedelta(hours=25)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (90, "1 min 30 s"), (600, "10 min"), (316, "5 min 16 s")],
)
def test_gaps_are_told_in_minutes(seconds: int, words: str) -> None:
    assert limits.in_minutes(seconds) == words


@pytest.mark.parametrize("hour", range(24))
def test_the_last_days_are_as_many_at_every_hour_after_a_clock_change(hour: int) -> None:
    zone = ZoneInfo("America/New_York")  # clocks go back on 1 November
    now = dt.datetime(2026, 11, 8, hour, 30, tzinfo=zone)

    days = limits.last_days(now, zone, 14)

    assert [day.date for day in days] == [dt.date(2026, 10, 26) + n * DAY for n in range(14)]
    assert days[0].begins == dt.datetime(2026, 10, 26, 4, tzinfo=dt.UTC)
    assert days[-1].ends == dt.datetime(2026, 11, 9, 5, tzinfo=dt.UTC)


@given(
    st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2090, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    st.sampled_from(["America/Havana", "America/Sao_Paulo", "Asia/Beirut", "Africa/Casablanca"]),
)
def test_days_follow_each_other_without_a_gap(now: dt.datetime, key: str) -> None:
    days = limits.last_days(now, ZoneInfo(key), 20)

    assert [before.ends for before in days[:-1]] == [after.begins for after in days[1:]]
    assert days[-1].begins <= now < days[-1].ends
    assert days[-1].begins == limits.day_start(now, ZoneInfo(key))
