"""From a file of a thousand people to a thousand requests, judged by what LinkedIn received."""

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

PEOPLE = 1000
NEW_YORK = ZoneInfo("America/New_York")
START = dt.datetime(2026, 7, 1, 15, tzinfo=dt.UTC)  # a Wednesday; the Friday is a holiday
INDEPENDENCE_DAY_OBSERVED = dt.date(2026, 7, 3)
CAPS = {"free": (20, 100), "sales_navigator": (100, 200)}  # a UTC day, any 7 days
LEAST_GAP = {"free": 1584, "sales_navigator": 316}  # seconds: 80 % of 11 hours, over the day's cap


def a_file(path: Path) -> list[str]:
    """Write the people into a file as LinkedIn exports them; return their slugs."""
    slugs = [f"ada-example-{number}" for number in range(PEOPLE)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["First Name", "Last Name", "URL", "Company"])
        for number, slug in enumerate(slugs):
            url = f"https://www.linkedin.com/in/{slug}"
            writer.writerow([f"Ada{number}", "Example", url, "Example & Co"])
    return slugs


def accounts(sandbox: Sandbox) -> list[LinkedInAccount]:
    """Five paid accounts and a free one, whose caps LinkedIn holds, too."""
    workspace = a_workspace()
    made = [
        an_account(workspace, account_type=tier, min_gap_seconds=None)
        for tier in ["free", *["sales_navigator"] * 5]
    ]
    for account in made:
        _, week_cap = CAPS[account.account_type]
        sandbox.control.add_account(
            account.unipile_account_id, account.account_type, week_cap=week_cap
        )
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
def test_a_thousand_people_are_invited_once_inside_hours_and_caps(
    tmp_path: Path, settings: LazySettings, sandbox: Sandbox, client_of_unipile: Client
) -> None:
    settings.SEND_QUEUE_CRON = "*/15 * * * *"
    slugs = a_file(tmp_path / "people.csv")
    senders = accounts(sandbox)
    campaign = a_campaign(
        senders[0].workspace,
        *senders,
        sending_hours=None,
        message_template="Hi {{ first_name }}, greetings to {{ company }}!",
    )
    call_command("import_prospects", "--campaign", campaign.name, str(tmp_path / "people.csv"))
    report = planning.enqueue(campaign, START)
    assert (report.queued, report.left_out) == (PEOPLE, {})

    send_all(client_of_unipile, sandbox, settings.SEND_QUEUE_CRON)

    effects = sandbox.control.effects()
    assert sorted(effect["person"] for effect in effects) == sorted(slugs)
    assert {effect["message"] for effect in effects} == {
        f"Hi Ada{number}, greetings to Example & Co!" for number in range(PEOPLE)
    }
    assert set(sandbox.control.max_in_flight().values()) == {1}
    sent = defaultdict(list)
    for effect in effects:
        sent[effect["account_id"]].append(dt.datetime.fromisoformat(effect["at"]))
    assert len(sent) == len(senders)
    for account in senders:
        check(sorted(sent[account.unipile_account_id]), account.account_type)
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


def check(sent: list[dt.datetime], account_type: str) -> None:
    """Judge one account's requests by the caps and hours, counted anew."""
    day_cap, week_cap = CAPS[account_type]
    for at in sent:
        local = at.astimezone(NEW_YORK)
        assert 7 <= local.hour < 18, local
        assert local.weekday() < 5, local
        assert local.date() != INDEPENDENCE_DAY_OBSERVED, local
    assert max(Counter(at.date() for at in sent).values()) <= day_cap
    week = dt.timedelta(days=7)
    assert max(sum(at <= other < at + week for other in sent) for at in sent) <= week_cap
    gaps = [(later - at).total_seconds() for at, later in pairwise(sent)]
    assert min(gaps) >= LEAST_GAP[account_type]
