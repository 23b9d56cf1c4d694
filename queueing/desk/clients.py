"""A client at a glance, and what was done for it in a period: its page and its report."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Count

from campaigns.models import Campaign, LinkedInAccount, Prospect, Workspace
from queueing import numbers
from queueing.desk import campaigns, status, today
from queueing.gates import limits
from queueing.models import Kind, QueueItem, SendingStop
from queueing.numbers import Funnel, counting

CAMPAIGNS_AT_MOST, ACCOUNTS_AT_MOST = 12, 12
DAYS_AT_MOST = 400  # of a report

Status = QueueItem.Status
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Client:
    """A client's figures. `stop` is the open stop of its sending, if any."""

    people: today.People
    days: list[status.Day]
    waiting: int
    failed: int
    unconfirmed: int
    campaigns: list[campaigns.Line]
    accounts: list[status.Usage]
    stop: SendingStop | None

    @property
    def sent(self) -> int:
        """How many were sent in the days shown."""
        return sum(day.sent for day in self.days)


def client(workspace: Workspace, now: dt.datetime, zone: ZoneInfo) -> Client:
    """Read a client's figures, in a fixed number of queries.

    :param zone: of whoever reads; days are its days.
    """
    items = QueueItem.objects.filter(workspace=workspace)
    states = (Status.PENDING, Status.FAILED, Status.UNCONFIRMED)
    counted = items.filter(status__in=states).order_by().values_list("status")
    number = dict(counted.annotate(number=Count("*")).values_list("status", "number"))
    days = status.by_day(items, now, zone)
    mine = Campaign.objects.filter(workspace=workspace)
    prospects = Prospect.objects.filter(campaign__workspace=workspace)
    accounts = LinkedInAccount.objects.filter(workspace=workspace).order_by("name", "pk")
    return Client(
        people=today.people(items, prospects, now, zone),
        days=days,
        waiting=number.get(Status.PENDING, 0),
        failed=number.get(Status.FAILED, 0),
        unconfirmed=number.get(Status.UNCONFIRMED, 0),
        campaigns=campaigns.lines(campaigns.first(mine, CAMPAIGNS_AT_MOST), since=days[-1].begins),
        accounts=status.usage(accounts[:ACCOUNTS_AT_MOST], now),
        stop=SendingStop.objects.open().filter(workspace=workspace).first(),
    )


@dataclass(frozen=True)
class Line:
    """What a campaign did in a period.

    Of the people who were invited in it: how many have accepted and answered by now. `messages` are
    the follow-ups that were sent in it.
    """

    campaign: str
    funnel: Funnel
    messages: int


@dataclass(frozen=True)
class Report:
    """What was done for a client from one day to another, both included."""

    workspace: Workspace
    first: dt.date
    last: dt.date
    lines: list[Line]
    waiting: int

    @property
    def total(self) -> Line:
        whole = counting.total(line.funnel for line in self.lines)
        return Line("In all", whole, sum(line.messages for line in self.lines))


def report(workspace: Workspace, first: dt.date, last: dt.date, zone: ZoneInfo) -> Report:
    """Count what was sent for a client, and what became of it.

    :param zone: whose days they are.
    """
    begins, ends = limits.midnight(first, zone), limits.midnight(last + _DAY, zone)
    items = QueueItem.objects.filter(workspace=workspace)
    sent = items.filter(sent_at__gte=begins, sent_at__lt=ends)
    messages = sent.filter(kind=Kind.MESSAGE).order_by().values_list("campaign__name")
    written = dict(messages.annotate(number=Count("*")).values_list("campaign__name", "number"))
    funnels = {name: funnel for (name,), funnel in numbers.by(sent, "campaign__name").items()}
    lines = [
        Line(name, funnels.get(name, Funnel()), written.get(name, 0))
        for name in sorted(funnels.keys() | written.keys())
    ]
    return Report(workspace, first, last, lines, items.pending().count())
