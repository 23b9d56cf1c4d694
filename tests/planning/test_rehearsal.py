"""A month against the sandbox: the calendar that was foreseen is the one that happens."""

import datetime as dt
import uuid
from collections.abc import Iterator
from itertools import pairwise

import pytest

from campaigns.models import Campaign, ClosedDay, LinkedInAccount, SendingHours
from queueing import planning, runs
from queueing.models import ProcessRun, QueueItem
from queueing.planning.ticks import Ticker
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_prospect, a_workspace, an_account
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)

# Over the end of daylight saving in New York and Berlin, Thanksgiving, and a day closed by hand.
START = dt.datetime(2026, 10, 21, 14, 10, tzinfo=dt.UTC)
END = START + dt.timedelta(days=40)


def half_hours(since: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    ticks = Ticker("*/30 * * * *").within(int(since.timestamp()), int(until.timestamp()))
    for tick in ticks:
        yield dt.datetime.fromtimestamp(tick, dt.UTC)


def the_accounts(sandbox: Sandbox) -> list[LinkedInAccount]:
    """Return a free account, a premium one, and a free one that warms up."""
    workspace = a_workspace()
    accounts = [
        an_account(workspace, account_type="free", min_gap_seconds=None, name="Free"),
        an_account(workspace, account_type="premium", min_gap_seconds=None, name="Premium"),
        an_account(
            workspace,
            account_type="free",
            min_gap_seconds=None,
            name="Warming up",
            warm_up_started_on=START.date(),
        ),
    ]
    for account in accounts:
        sandbox.control.add_account(account.unipile_account_id, account.account_type)
    return accounts


def the_campaigns(accounts: list[LinkedInAccount]) -> list[Campaign]:
    """Return two campaigns that share an account and keep hours of different zones."""
    workspace = accounts[0].workspace
    berlin = SendingHours.objects.create(
        name="Berlin",
        workspace=workspace,
        timezone="Europe/Berlin",
        working_hours_start=dt.time(9),
        working_hours_end=dt.time(17),
        holiday_country="DE",
    )
    ClosedDay.objects.create(sending_hours=berlin, date=dt.date(2026, 10, 28))
    in_york = a_campaign(workspace, *accounts, sending_hours=None, name="New York")
    in_berlin = a_campaign(workspace, accounts[1], sending_hours=berlin, name="Berlin")
    for campaign, people in ((in_york, 500), (in_berlin, 150)):
        for _ in range(people):
            a_prospect(campaign)
        planning.enqueue(campaign, START)
    return [in_york, in_berlin]


def live(client: Client, clock: MovedClock, sandbox: Sandbox, until: dt.datetime) -> None:
    """Let the ticker start runs up to an instant."""
    for tick in half_hours(clock.now, until):
        clock.now = tick + dt.timedelta(seconds=2)  # a ticker is never early
        sandbox.control.freeze(clock.now.isoformat())
        runs.run(ProcessRun.Trigger.SCHEDULE, clock, client=client)


def test_a_month_happens_as_foreseen(sandbox: Sandbox, client_of_unipile: Client) -> None:
    sandbox.control.settings(day_cap=1000, week_cap=1000)
    accounts = the_accounts(sandbox)
    campaigns = the_campaigns(accounts)
    forecast = planning.forecast_workspace(accounts[0].workspace, START)

    live(client_of_unipile, MovedClock(START), sandbox, END)

    sent = dict(QueueItem.objects.values_list("pk", "sent_at"))
    foreseen = {send.item_id: send.at for send in forecast.sends if send.at < END}
    happened = {key: at - dt.timedelta(seconds=2) for key, at in sent.items() if at}
    assert len(foreseen) > 500
    assert happened == foreseen  # not the day alone: the very run
    assert {person["person"] for person in sandbox.control.effects()} == {
        item.person_key for item in QueueItem.objects.exclude(sent_at=None)
    }
    assert len(sandbox.control.effects()) == len(foreseen)
    assert {campaign.name for campaign in campaigns} == {"New York", "Berlin"}
    _rules_were_kept(accounts)


def _rules_were_kept(accounts: list[LinkedInAccount]) -> None:
    limits: dict[uuid.UUID, tuple[int, int]] = {
        account.pk: (20, 100) if account.account_type == "free" else (50, 200)
        for account in accounts
    }
    for key, (daily, weekly) in limits.items():
        items = QueueItem.objects.filter(linkedin_account=key, sent_at__isnull=False)
        sent = sorted(item.sent_at for item in items if item.sent_at)
        days = [at.date() for at in sent]
        assert max(days.count(day) for day in set(days)) <= daily
        assert all(
            late - early > dt.timedelta(days=7)
            for early, late in zip(sent, sent[weekly:], strict=False)
        )
        assert all(late - early >= dt.timedelta(minutes=10) for early, late in pairwise(sent))
        assert dt.date(2026, 11, 26) not in days  # Thanksgiving
