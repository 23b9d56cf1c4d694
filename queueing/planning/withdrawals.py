"""Which unanswered invitations are taken back, and when: the oldest first, few a day.

Off until somebody has seen whom it concerns. It goes on by itself then; who is still pending is
asked each time (see `looking.withdrawals`).
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from campaigns.models import Campaign, LinkedInAccount, Prospect
from campaigns.models.walls import WITHDRAWAL_DAYS
from campaigns.models.workspaces import MIN_WITHDRAWAL_DAYS
from queueing import gates
from queueing.models import Installation, Kind, QueueItem, QueueItemQuerySet
from queueing.planning import board
from queueing.planning.board import Board, epoch, instant
from queueing.planning.slots import Jitter

AFTER_DAYS, AFTER_DAYS_AT_LEAST = 21, MIN_WITHDRAWAL_DAYS
NAMES_SHOWN = 10
ENDED = "withdrawing_ended"  # error code of what waited when staff let nothing more be withdrawn
STILL_OPEN = (QueueItem.Status.PENDING, QueueItem.Status.SENDING, QueueItem.Status.UNCONFIRMED)


@dataclass(frozen=True)
class Preview:
    """Whom withdrawing concerns now: how many, some names, the age of the oldest, for how long."""

    number: int
    names: tuple[str, ...]
    oldest_days: int
    a_day: int
    days: int

    @property
    def others(self) -> int:
        """How many there are beside those who are named."""
        return self.number - len(self.names)

    def in_words(self, after_days: int) -> str:
        rule = (
            f"Invitations that nobody has answered for {after_days} days are taken back, "
            f"at most {self.a_day} a day for each account, a minute apart or more, never while the "
            "account rests. LinkedIn takes no other invitation to the person for 21 days. "
        )
        if not self.number:
            return f"{rule}Today that is nobody."
        more = f" and {self.others:,} more" if self.others else ""
        return (
            f"{rule}Today that is {self.number:,}: {', '.join(self.names)}{more}. The oldest was "
            f"sent {self.oldest_days} days ago. All are back in about {self.days} working days."
        )


def unanswered(now: dt.datetime, after_days: int) -> QueueItemQuerySet:
    """Return the requests that have waited so long and are not being withdrawn, oldest first."""
    withdrawals = QueueItem.objects.filter(
        kind=Kind.WITHDRAWAL, workspace=OuterRef("workspace"), person_key=OuterRef("person_key")
    ).exclude(status=QueueItem.Status.SKIPPED, error_code=ENDED)
    return (
        QueueItem.objects.filter(
            ~Exists(withdrawals),
            kind=Kind.CONNECTION_REQUEST,
            status=QueueItem.Status.SENT,
            sent_at__lte=now - dt.timedelta(days=after_days),
            prospect__status=Prospect.Status.CONNECTION_REQUEST_SENT,
        )
        .select_related("prospect")
        .order_by("sent_at", "pk")
    )


def is_old_enough(item: QueueItem, now: dt.datetime) -> bool:
    """Return whether a request has waited as long as its campaign waits."""
    days = item.campaign.withdraw_after_days
    return (
        days is not None
        and item.sent_at is not None
        and item.sent_at <= now - dt.timedelta(days=days)
    )


def preview(campaign: Campaign, now: dt.datetime, after_days: int) -> Preview:
    """Say whom withdrawing would concern."""
    rows = unanswered(now, after_days).filter(campaign=campaign)
    number, oldest = rows.count(), rows.first()
    a_day = gates.policy().withdrawals_a_day
    accounts = rows.order_by().values("linkedin_account").distinct().count()
    return Preview(
        number=number,
        names=tuple(str(item.prospect) for item in rows[:NAMES_SHOWN]),
        oldest_days=(now - oldest.sent_at).days if oldest and oldest.sent_at else 0,
        a_day=a_day,
        days=math.ceil(number / max(a_day * accounts, 1)),
    )


def previews(campaign: Campaign, now: dt.datetime) -> list[tuple[int, Preview]]:
    """Say whom withdrawing would concern after each number of days that can be chosen."""
    return [(days, preview(campaign, now, days)) for days in WITHDRAWAL_DAYS]


def room_today(account: LinkedInAccount, now: dt.datetime) -> int:
    """Return how many more an account may withdraw today; none on a day of trouble.

    Such is the day of a restore, too: no list tells how many it had withdrawn before it.
    """
    restored = Installation.last_restored()
    if restored is not None and gates.day_of(account, restored).ends > now:
        return 0
    rests, _ = account.rest_of(Kind.WITHDRAWAL)
    in_trouble = account.status != LinkedInAccount.Status.CONNECTED or (
        rests is not None and rests > now
    )
    if in_trouble:
        return 0
    facts = gates.usage(account, now, kind=Kind.WITHDRAWAL)
    waiting = account.queue_items.filter(kind=Kind.WITHDRAWAL, status__in=STILL_OPEN).count()
    return max(facts.daily.value - facts.sent_today - waiting, 0)


def plan(
    account: LinkedInAccount, requests: Sequence[tuple[QueueItem, str]], now: dt.datetime
) -> int:
    """Plan withdrawals of an account; return how many.

    :param requests: each with the id of its invitation, which is pending.
    """
    with board.planning(account.workspace_id), transaction.atomic():
        planned = Board([account], now, Kind.WITHDRAWAL)
        for _ in planned.simulate_queue():
            pass  # what waits already keeps its slots
        campaigns = board.campaigns().in_bulk({item.campaign_id for item, _ in requests})
        rows = [
            _withdrawal(planned, campaigns[item.campaign_id], item, invitation_id, now)
            for item, invitation_id in requests
        ]
        QueueItem.objects.bulk_create(rows, ignore_conflicts=True)
        for key in campaigns:
            Campaign.wake(key)
        return QueueItem.objects.filter(pk__in=[row.pk for row in rows]).count()


def _withdrawal(
    planned: Board, campaign: Campaign, item: QueueItem, invitation_id: str, now: dt.datetime
) -> QueueItem:
    timeline = planned.timelines[item.linkedin_account_id]
    calendar = planned.calendar_of(campaign, item.linkedin_account_id)
    free = timeline.first_free(calendar, epoch(now) + 1)
    at = now
    if free is not None:
        jitter = Jitter.of(campaign.pk, item.pk)
        at = instant(timeline.take_near(calendar, free, jitter).at)
    return QueueItem(
        kind=Kind.WITHDRAWAL,
        workspace_id=item.workspace_id,
        campaign=campaign,
        prospect_id=item.prospect_id,
        linkedin_account_id=item.linkedin_account_id,
        linkedin_user_id=item.linkedin_user_id,
        person_key=item.person_key,
        invitation_id=invitation_id,
        scheduled_for=at,
    )
