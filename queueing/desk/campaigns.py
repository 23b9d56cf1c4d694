"""How far campaigns are: people by what became of them, today's requests, and the last day."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Case, Count, IntegerField, Max, QuerySet, Value, When

from campaigns.models import Campaign, Prospect
from queueing import numbers
from queueing.models import QueueItem
from queueing.numbers import Funnel

State, Person = Campaign.Status, Prospect.Status

ORDER = (State.ACTIVE, State.PAUSED, State.DRAFT)
"""Those that are shown, in this order."""


@dataclass(frozen=True)
class Line:
    """A campaign's figures. `done_on` is when its last request goes, as planned; None for never."""

    campaign: Campaign
    people: int
    funnel: Funnel
    failed: int
    today: int
    waiting: int
    done_on: dt.datetime | None

    @property
    def sent(self) -> int:
        return self.funnel.invited

    @property
    def accepted(self) -> int:
        return self.funnel.accepted

    @property
    def share(self) -> int | None:
        """Percent of those asked who accepted."""
        return self.funnel.accepted_share


def first(campaigns: QuerySet[Campaign], at_most: int) -> list[Campaign]:
    """Return the campaigns under way, those that send first."""
    ranks = [When(status=state, then=Value(rank)) for rank, state in enumerate(ORDER)]
    rank = Case(*ranks, default=Value(len(ORDER)), output_field=IntegerField())
    rows = campaigns.filter(status__in=ORDER).select_related("workspace", "sending_hours")
    return list(rows.order_by(rank, "name", "pk")[:at_most])


def lines(campaigns: list[Campaign], since: dt.datetime) -> list[Line]:
    """Read the figures of these campaigns, in a fixed number of queries.

    :param since: when the reader's day began.
    """
    keys = [campaign.pk for campaign in campaigns]
    by_state: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    people = Prospect.objects.filter(campaign__in=keys).order_by().values_list("campaign", "status")
    for campaign, state, number in people.annotate(number=Count("pk")):
        by_state[campaign][state] = number
    funnels = numbers.of_people(keys)
    items = QueueItem.objects.filter(campaign__in=keys).order_by()
    of_today = items.filter(sent_at__gte=since).values_list("campaign")
    today = dict(of_today.annotate(number=Count("*")).values_list("campaign", "number"))
    pending = (
        items.pending().values("campaign").annotate(number=Count("*"), last=Max("scheduled_for"))
    )
    waiting = {row["campaign"]: (row["number"], row["last"]) for row in pending}
    return [
        Line(
            campaign=each,
            people=by_state[each.pk].total(),
            funnel=funnels[each.pk],
            failed=by_state[each.pk][Person.FAILED],
            today=today.get(each.pk, 0),
            waiting=waiting.get(each.pk, (0, None))[0],
            done_on=waiting.get(each.pk, (0, None))[1] if each.status == State.ACTIVE else None,
        )
        for each in campaigns
    ]
