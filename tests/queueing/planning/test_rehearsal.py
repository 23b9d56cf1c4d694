"""A month against the sandbox: the calendar that was foreseen is the one that happens.

With runs on the hour in `make test`; `make torture` has twice the people, and runs twice an hour.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.conf import LazySettings

from campaigns.models import Campaign, ClosedDay, LinkedInAccount, SendingHours
from queueing import planning
from queueing.gates.ticker import Ticker
from queueing.models import ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_prospect, a_workspace, an_account
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)

# Over the end of daylight saving in New York and Berlin, Thanksgiving, and a day closed by hand.
START = dt.datetime(2026, 10, 21, 14, 10, tzinfo=dt.UTC)
END = START + dt.timedelta(days=40)
HALF = {"free": (4, 11), "premium": (3, None), "warming_up": (7, None)}
WHOLE = {"free": (8, 22), "premium": (7, None), "warming_up": (9, None)}
Limits = dict[str, tuple[int, int | None]]


def ticks(cron: str, since: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    """Yield the ticks of working days, and some of the nights and weekends: all is closed then."""
    for tick in Ticker(cron).within(int(since.timestamp()), int(until.timestamp())):
        at = dt.datetime.fromtimestamp(tick, dt.UTC)
        if (at.weekday() < 5 and 6 < at.hour < 23) or (at.hour % 12, at.minute) == (3, 0):
            yield at


def the_accounts(sandbox: Sandbox, limits: Limits) -> list[LinkedInAccount]:
    """Return one whose week binds, one whose day does, and one that warms up."""
    workspace, accounts = a_workspace(), []
    for name, (daily, weekly) in limits.items():
        account = an_account(
            workspace,
            name=name,
            account_type="premium" if name == "premium" else "free",
            daily_limit=daily,
            weekly_limit=weekly,
            min_gap_seconds=None,
            warm_up_started_on=START.date() if name == "warming_up" else None,
        )
        accounts.append(account)
        sandbox.control.add_account(account.unipile_account_id, account.account_type)
    return accounts


def the_campaigns(accounts: list[LinkedInAccount], people: tuple[int, int]) -> list[Campaign]:
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
    for campaign, number in zip((in_york, in_berlin), people, strict=True):
        for _ in range(number):
            a_prospect(campaign)
        planning.enqueue(campaign, START)
    return [in_york, in_berlin]


def live(client: Client, clock: MovedClock, sandbox: Sandbox, cron: str) -> None:
    """Let the ticker start runs up to the end."""
    for tick in ticks(cron, clock.now, END):
        clock.now = tick + dt.timedelta(seconds=2)  # a ticker is never early
        sandbox.control.freeze(clock.now.isoformat())
        runs.run(ProcessRun.Trigger.SCHEDULE, clock, client=client)


@pytest.mark.parametrize(
    ("cron", "limits", "people"),
    [
        ("0 * * * *", HALF, (165, 40)),
        pytest.param("*/30 * * * *", WHOLE, (330, 80), marks=pytest.mark.torture),
    ],
    ids=["hourly", "half-hourly"],
)
def test_a_month_happens_as_foreseen(
    settings: LazySettings,
    sandbox: Sandbox,
    client_of_unipile: Client,
    cron: str,
    limits: Limits,
    people: tuple[int, int],
) -> None:
    settings.SEND_QUEUE_CRON = cron
    sandbox.control.settings(day_cap=1000, week_cap=1000)
    accounts = the_accounts(sandbox, limits)
    campaigns = the_campaigns(accounts, people)
    forecast = planning.forecast_workspace(accounts[0].workspace, START)

    live(client_of_unipile, MovedClock(START), sandbox, cron)

    sent = dict(QueueItem.objects.values_list("pk", "sent_at"))
    foreseen = {send.item_id: send.at for send in forecast.sends if send.at < END}
    happened = {key: at - dt.timedelta(seconds=2) for key, at in sent.items() if at}
    assert len(foreseen) > sum(people) * 0.7
    assert happened == foreseen  # not the day alone: the very run
    assert {person["person"] for person in sandbox.control.effects()} == {
        item.person_key for item in QueueItem.objects.exclude(sent_at=None)
    }
    assert len(sandbox.control.effects()) == len(foreseen)
    assert {campaign.name for campaign in campaigns} == {"New York", "Berlin"}
    _rules_were_kept(accounts)


def _rules_were_kept(accounts: list[LinkedInAccount]) -> None:
    limits: dict[uuid.UUID, tuple[int, int]] = {
        account.pk: (account.daily_limit or 0, account.weekly_limit or 100) for account in accounts
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
    thanksgiving = QueueItem.objects.filter(sent_at__date=dt.date(2026, 11, 26))
    assert set(thanksgiving.values_list("campaign__name", flat=True)) == {"Berlin"}
