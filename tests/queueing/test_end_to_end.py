"""From a file of people to as many requests, judged by what LinkedIn received.

Two hundred people in `make test`, a thousand in `make torture`.
"""

import csv
import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from django.conf import LazySettings
from django.core.management import call_command

from campaigns.models import LinkedInAccount
from queueing import planning
from queueing.models import ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_workspace, an_account
from tests.conftest import MovedClock

NEW_YORK = ZoneInfo("America/New_York")
START = dt.datetime(2026, 7, 1, 15, tzinfo=dt.UTC)  # a Wednesday; the Friday is a holiday
INDEPENDENCE_DAY_OBSERVED = dt.date(2026, 7, 3)
TIERS = ["free", *["sales_navigator"] * 5]
Caps = dict[str, tuple[int, int]]  # of each type: in a UTC day, in any 7 days
A_THOUSAND: Caps = {"free": (20, 100), "sales_navigator": (100, 200)}
TWO_HUNDRED: Caps = {"free": (8, 12), "sales_navigator": (20, 30)}


def a_file(path: Path, people: int) -> list[str]:
    """Write the people into a file as LinkedIn exports them; return their slugs."""
    slugs = [f"ada-example-{number}" for number in range(people)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["First Name", "Last Name", "URL", "Company"])
        for number, slug in enumerate(slugs):
            url = f"https://www.linkedin.com/in/{slug}"
            writer.writerow([f"Ada{number}", "Example", url, "Example & Co"])
    return slugs


def accounts(sandbox: Sandbox, caps: Caps) -> list[LinkedInAccount]:
    """Five paid accounts and a free one, whose caps LinkedIn holds, too."""
    workspace, made = a_workspace(), []
    for tier in TIERS:
        daily, weekly = caps[tier]
        account = an_account(
            workspace,
            account_type=tier,
            daily_limit=daily,
            weekly_limit=weekly,
            min_gap_seconds=None,
        )
        sandbox.control.add_account(
            account.unipile_account_id, account.account_type, week_cap=weekly
        )
        made.append(account)
    return made


def ticks(cron: str) -> Any:
    """Yield the instants of the ticker while offices are open, and one in every night."""
    every = croniter(cron, START)
    while True:
        tick = every.get_next(dt.datetime)
        local = tick.astimezone(NEW_YORK)
        if 7 <= local.hour < 18 or (local.hour, local.minute) == (22, 0):
            yield tick


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("people", "caps"),
    [(200, TWO_HUNDRED), pytest.param(1000, A_THOUSAND, marks=pytest.mark.torture)],
    ids=["200", "1000"],
)
def test_people_of_a_file_are_invited_once_inside_hours_and_caps(
    tmp_path: Path,
    settings: LazySettings,
    sandbox: Sandbox,
    client_of_unipile: Client,
    people: int,
    caps: Caps,
) -> None:
    settings.SEND_QUEUE_CRON = "*/15 * * * *"
    slugs = a_file(tmp_path / "people.csv", people)
    senders = accounts(sandbox, caps)
    campaign = a_campaign(
        senders[0].workspace,
        *senders,
        sending_hours=None,
        message_template="Hi {{ first_name }}, greetings to {{ company }}!",
    )
    call_command("import_prospects", "--campaign", campaign.name, str(tmp_path / "people.csv"))
    report = planning.enqueue(campaign, START)
    assert (report.queued, report.left_out) == (people, {})

    send_all(client_of_unipile, sandbox, settings.SEND_QUEUE_CRON)

    effects = sandbox.control.effects()
    assert sorted(effect["person"] for effect in effects) == sorted(slugs)
    assert {effect["message"] for effect in effects} == {
        f"Hi Ada{number}, greetings to Example & Co!" for number in range(people)
    }
    assert set(sandbox.control.max_in_flight().values()) == {1}
    sent = defaultdict(list)
    for effect in effects:
        sent[effect["account_id"]].append(dt.datetime.fromisoformat(effect["at"]))
    assert len(sent) == len(senders)
    for account in senders:
        check(sorted(sent[account.unipile_account_id]), *caps[account.account_type])
    # The plan came true: nothing went more than a tick and its jitter after its time.
    assert report.last_at is not None
    assert max(map(max, sent.values())) - report.last_at < dt.timedelta(minutes=30)


def send_all(client: Client, sandbox: Sandbox, cron: str) -> None:
    """Make runs at the ticks of simulated days until nothing waits any more."""
    clock = MovedClock(START)
    for number, tick in enumerate(ticks(cron)):
        assert number < 1000, "the queue does not empty"
        clock.now = tick
        sandbox.control.freeze(tick.isoformat())
        result = runs.run(ProcessRun.Trigger.SCHEDULE, clock, client=client)
        assert result["success"]
        if not result["remaining_in_queue"]:
            break
    assert set(QueueItem.objects.values_list("status", flat=True)) == {QueueItem.Status.SENT}


def check(sent: list[dt.datetime], day_cap: int, week_cap: int) -> None:
    """Judge one account's requests by the caps and hours, counted anew."""
    for at in sent:
        local = at.astimezone(NEW_YORK)
        assert 7 <= local.hour < 18, local
        assert local.weekday() < 5, local
        assert local.date() != INDEPENDENCE_DAY_OBSERVED, local
    assert max(Counter(at.date() for at in sent).values()) <= day_cap
    week = dt.timedelta(days=7)
    assert max(sum(at <= other < at + week for other in sent) for at in sent) <= week_cap
    gaps = [(later - at).total_seconds() for at, later in pairwise(sent)]
    assert min(gaps) >= int(0.8 * 11 * 3600 / day_cap)  # 80 % of the hours, over the day's cap
