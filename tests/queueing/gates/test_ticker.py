"""Cron expressions: what is taken, and at which instants runs start by it."""

import datetime as dt

import pytest
from croniter import croniter

from queueing.gates.ticker import Ticker


def epoch(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp())


def text_of(instant: int) -> str:
    return f"{dt.datetime.fromtimestamp(instant, dt.UTC):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/30 * * * *", ["2026-07-10 23:30", "2026-07-11 00:00", "2026-07-11 00:30"]),
        ("0 0 * * sat", ["2026-07-11 00:00"]),
        ("15,45 0 11 7 *", ["2026-07-11 00:15", "2026-07-11 00:45"]),
        ("@hourly", ["2026-07-11 00:00"]),
    ],
)
def test_ticks_are_those_of_the_cron_expression(cron: str, expected: list[str]) -> None:
    ticks = Ticker(cron).within(epoch("2026-07-10 23:10"), epoch("2026-07-11 01:00"))

    assert [text_of(tick) for tick in ticks] == expected


@pytest.mark.parametrize(
    "cron",
    [
        "0 12 L * *", "0 12 15W * *", "0 9 * * l5", "0 9 * * fri#2", "0 0 13 * fri",
        "30 22-6 * * *", "0 0 * * sat-mon", "*/30 * * * 0-7", "5/15 8 ? * *", "0 0 29 2 *",
        "@weekly",
    ],
)  # fmt: skip
def test_ticks_are_those_at_which_the_cluster_starts_runs(cron: str) -> None:
    since, until = epoch("2027-12-01 00:00"), epoch("2028-04-01 00:00")
    of_the_cluster = croniter(cron, since - 1)

    ticks = Ticker(cron).within(since, until)

    assert len(ticks) > 0
    assert [of_the_cluster.get_next(float) for _ in ticks] == list(ticks)
    assert of_the_cluster.get_next(float) >= until


@pytest.mark.parametrize(
    "cron",
    [
        "", "every hour", "* * * *", "* * * * * */5", "61 * * * *", "@every 5m", "@reboot",
        "rate(5 minutes)", "TZ=UTC */5 * * * *",
        # drawn anew each time, or by a name that two programs need not share
        "R * * * *", "r r * * *", "R(0-10) * * * *", "*/5,R * * * *", "0 0 R * *", "0 0 * * R",
        "H * * * *", "H/15 * * * *", "H(0-29)/10 * * * *", "0 H * * *",
        "*/90 * * * *", "0 */36 * * *",  # once an hour, once a day: not what they say
    ],
)  # fmt: skip
def test_what_does_not_say_when_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match=r"cron|five fields"):
        Ticker(cron)
