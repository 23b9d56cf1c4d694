"""What people do to items of the queue: retry, skip, send next, settle a doubt.

An action says from which states it starts and whom it leaves alone, in SQL; so it can be counted
before it is done, on any number of items. It is done in chunks: lock, look again, change, log, in
one transaction. Whatever has changed since somebody looked is left alone, and said.
"""

import datetime as dt
import time
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, TextField, Value, When

from campaigns import messages
from campaigns.models import Campaign, Prospect
from queueing.models import Kind, QueueItem, QueueItemQuerySet, Retry
from queueing.planning import ends, wording
from queueing.staff import log

Status = QueueItem.Status

FREE = (Prospect.Status.NEW, Prospect.Status.FAILED)  # of people: they wait once they are queued
CHUNK = 500  # items a transaction
CHANGED = "changed since you looked"
ARCHIVED = "of an archived campaign, which has ended"
HELD = "the person is queued or invited again already"
ENDED = "the person is skipped, invited, connected or has replied"

WAITS = {
    Campaign.Status.DRAFT: "of a draft wait until it is started",
    Campaign.Status.PAUSED: "of a paused campaign wait until it is resumed",
    Campaign.Status.COMPLETED: "make a completed campaign active again",
}

ALREADY = {
    Status.PENDING: "waiting already",
    Status.SENDING: "being sent now",
    Status.SENT: "already sent",
    Status.FAILED: "failed",
    Status.SKIPPED: "skipped",
    Status.UNCONFIRMED: "maybe sent",
}


@dataclass
class Result:
    """How many items an action changes or has changed, and why others are left alone.

    `told`: beforehand, how many of those that it changes come to something else than usual.
    """

    done: int = 0
    left: Counter[str] = field(default_factory=Counter)
    went_to: uuid.UUID | None = None  # where it ended, if its time was over
    told: Counter[str] = field(default_factory=Counter, compare=False)

    def sentence(self, verb: str, tense: str = "") -> str:
        """Return it in words: “37 retried, 5 not: 3 already sent, 2 unconfirmed”.

        :param tense: “will be ” before the action.
        """
        text = f"{self.done:,} {tense}{verb}"
        if self.left:
            text = f"{text}, {self.left.total():,} not: {_listed(self.left)}"
        return f"{text}. Of these, {_listed(self.told)}." if self.told else f"{text}."


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{number:,} {why}" for why, number in counts.most_common())


class ItemAction(ABC):
    """Something to do to items. `verb` is a participle; `starts_from` are the states it leaves.

    `looks_at` is what it needs of an item beside its own fields; the log needs the person's name.
    `takes_time` says that what else waits for the accounts may have to go later.
    """

    verb = ""
    starts_from: tuple[str, ...] = ()
    takes_time = False
    looks_at: tuple[str, ...] = ("prospect", "campaign", "linkedin_account")

    def others_left(self) -> list[When]:
        """Return further conditions, each with the reason to leave an item alone."""
        return []

    def others_told(self) -> list[When]:
        """Return conditions, each with what else comes of an item, to be said beforehand."""
        return []

    def during(self, items: QueueItemQuerySet, now: dt.datetime) -> AbstractContextManager[object]:
        """Hold what the action needs while it goes through the items."""
        return nullcontext()

    @abstractmethod
    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        """Change locked items; every one of them is free to be changed."""

    def why_left(self) -> Case:
        """Return, for each item, why it is left alone; empty for one that is not."""
        by_status = [
            When(status=status, then=Value(words))
            for status, words in ALREADY.items()
            if status not in self.starts_from
        ]
        return _first_of([*by_status, *self.others_left()])


def _first_of(conditions: Sequence[When]) -> Case:
    return Case(*conditions, default=Value(""), output_field=TextField())


def preview(action: ItemAction, items: QueueItemQuerySet) -> Result:
    """Count what the action would do, and change nothing."""
    counted = (
        items.order_by()
        .annotate(left=action.why_left(), told=_first_of(action.others_told()))
        .values("left", "told")
        .annotate(number=Count("pk"))
        .values_list("left", "told", "number")
    )
    result = Result()
    for left, told, number in counted:
        if left:
            result.left[left] += number
            continue
        result.done += number
        if told:
            result.told[told] += number
    return result


def act(
    action: ItemAction,
    items: QueueItemQuerySet,
    by: User,
    now: dt.datetime,
    *,
    reason: str = "",
    seen_at: dt.datetime | None = None,
    after: uuid.UUID | None = None,
    seconds: float | None = None,
) -> Result:
    """Do it, chunk by chunk, each committed by itself.

    :param seen_at: when the person looked; items changed later are left alone.
    :param after: go on from where an earlier result ended.
    :param seconds: end after so many; then `went_to` says where.
    """
    result, began = Result(), time.monotonic()
    with action.during(items, now):
        for ids in _chunks(items, after):
            if result.went_to and seconds is not None and time.monotonic() - began > seconds:
                return result
            chunk = _act_on(action, ids, by, reason, now, seen_at)
            result = Result(result.done + chunk.done, result.left + chunk.left, ids[-1])
    result.went_to = None
    return result


def _chunks(items: QueueItemQuerySet, after: uuid.UUID | None) -> Iterator[list[uuid.UUID]]:
    """Yield ids; the next chunk is asked for when the last one is done, from where it ended."""
    remaining = items.order_by("pk")
    begun = remaining.filter(pk__gt=after) if after else remaining
    ids = list(begun.values_list("pk", flat=True)[:CHUNK])
    while ids:
        yield ids
        ids = list(remaining.filter(pk__gt=ids[-1]).values_list("pk", flat=True)[:CHUNK])


def _act_on(
    action: ItemAction,
    ids: list[uuid.UUID],
    by: User,
    reason: str,
    now: dt.datetime,
    seen_at: dt.datetime | None,
) -> Result:
    with transaction.atomic():
        chunk = QueueItem.objects.filter(pk__in=ids).order_by("pk")
        # Lock first, look in a later statement: one statement would look before it has the lock.
        list(chunk.select_for_update(no_key=True).values_list("pk"))
        looked_at = chunk.annotate(left=action.why_left()).select_related(*action.looks_at)
        result, free = Result(), []
        for item in looked_at:
            if seen_at is not None and item.updated_at > seen_at:
                result.left[CHANGED] += 1
            elif item.left:  # type: ignore[attr-defined]
                result.left[item.left] += 1  # type: ignore[attr-defined]
            else:
                free.append(item)
        changed = action.change(free, by, reason, now)
        return Result(changed.done, result.left + changed.left)


def _others_of_the_person() -> list[QueueItemQuerySet]:
    """Return those whom each of the two constraints on persons would refuse an item for."""
    others = QueueItem.objects.holding_the_person().filter(kind=OuterRef("kind"))
    # A person has each message of a campaign once in any state, so a retry meets no other.
    others = others.exclude(kind=QueueItem.Kind.MESSAGE).exclude(pk=OuterRef("pk"))
    return [
        others.filter(workspace=OuterRef("workspace"), person_key=OuterRef("person_key")),
        others.filter(
            linkedin_account=OuterRef("linkedin_account"),
            linkedin_user_id=OuterRef("linkedin_user_id"),
        ).exclude(linkedin_user_id=""),
    ]


def held_elsewhere() -> list[Exists]:
    """Return the conditions under which a person is queued or invited by another item."""
    return [Exists(others) for others in _others_of_the_person()]


def is_as_worded(item: QueueItem) -> bool:
    """Return whether an item is a follow-up whose text is its step's, as that is worded now."""
    return item.kind == Kind.MESSAGE and not item.by_hand and item.tried_at is None


class BackToPending(ItemAction):
    """Failed items wait again, as if they had never been tried."""

    verb = "retried"
    starts_from = (Status.FAILED,)
    takes_time = True

    def __init__(self) -> None:
        self.wordings = wording.Wordings()

    def others_left(self) -> list[When]:
        return [
            When(campaign__status=Campaign.Status.ARCHIVED, then=Value(ARCHIVED)),
            When(QueueItem.PERSON_HAS_ENDED, then=Value(ENDED)),
            *(When(held, then=Value(HELD)) for held in held_elsewhere()),
        ]

    def others_told(self) -> list[When]:
        return [When(campaign__status=status, then=Value(told)) for status, told in WAITS.items()]

    def planned_for(self, item: QueueItem, now: dt.datetime) -> dt.datetime | None:
        """Return when the item is to go; None leaves it alone."""
        return now

    def why_not_planned(self) -> str:
        return "never let go by hours and limits"

    def text_of(self, item: QueueItem) -> str:
        """Return what will be sent: of a follow-up the text as it is worded now.

        What may have been sent keeps its text: by that it is found in the conversation.

        :raises ValueError: saying why the item must be left alone.
        """
        if is_as_worded(item):
            return self.wordings.text_of(item)
        return item.message

    def edition_of(self, item: QueueItem) -> str:
        """Return which wording that is."""
        if is_as_worded(item):
            return messages.edition_of(self.wordings.template_of(item))
        return item.edition

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        result, done = Result(), []
        retries = [
            Retry.of(item, by, reason, now) for item in items if item.status == Status.FAILED
        ]
        for item in items:
            try:
                item.message = self.text_of(item)
                item.edition = self.edition_of(item)
            except ValueError as why:
                result.left[str(why)] += 1
                continue
            at = self.planned_for(item, now)
            if at is None:
                result.left[self.why_not_planned()] += 1
                continue
            if self._store(item, at, now):
                done.append(item)
            else:
                result.left[HELD] += 1
        kept = {item.pk for item in done}
        Retry.keep([retry for retry in retries if retry.item_id in kept])
        Prospect.objects.filter(pk__in=[item.prospect_id for item in done], status__in=FREE).update(
            status=Prospect.Status.QUEUED, status_reason=""
        )
        reopened = ends.reopen({item.campaign_id for item in done})
        log.note(by, reopened, ends.REOPENED, reason)
        log.note(by, done, self.verb.capitalize(), reason)
        result.done = len(done)
        return result

    @staticmethod
    def _store(item: QueueItem, at: dt.datetime, now: dt.datetime) -> bool:
        """Store one; False where the same person has been queued in this instant."""
        try:
            with transaction.atomic():
                QueueItem.objects.filter(pk=item.pk).update(
                    status=Status.PENDING,
                    message=item.message,
                    edition=item.edition,
                    scheduled_for=at,
                    attempts=0,
                    error_code="",
                    error_message="",
                    updated_at=now,
                )
        except IntegrityError:
            return False
        return True


class SendNext(ItemAction):
    """Items fall due at once; every gate still holds for them."""

    verb = "planned for the next run"
    starts_from = (Status.PENDING,)
    takes_time = True
    looks_at = ("prospect",)

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def others_left(self) -> list[When]:
        return [When(Q(scheduled_for__lte=self.now), then=Value("due already"))]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        ids = [item.pk for item in items]
        QueueItem.objects.filter(pk__in=ids).update(scheduled_for=now, pinned=True, updated_at=now)
        log.note(by, items, "Planned for the next run", reason)
        return Result(len(ids))
