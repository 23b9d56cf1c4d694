"""Who gets which follow-up, and when.

What is missing is made, however often and by however many it is asked for: a constraint keeps a
person from having a step twice. So nothing need be remembered when somebody accepts or a message
has gone, and nothing is lost with a process that dies.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q

from campaigns import messages
from campaigns.models import Campaign, LinkedInAccount, Prospect, Step, Workspace
from queueing import gates
from queueing.gates import hours
from queueing.models import TOUCH_LASTS, TOUCHES, Installation, Kind, QueueItem, QueueItemQuerySet
from queueing.planning import board
from queueing.planning.board import Board, epoch, instant
from queueing.planning.slots import Jitter
from queueing.planning.wording import follow_up_of
from queueing.telling import Fence

Status = QueueItem.Status

ACCEPT_WITHIN = dt.timedelta(days=30)  # 99 of 100 who accept do so within it
AFTER_ACCEPTANCE = dt.timedelta(hours=4)
AT_MOST = 2000  # people of a campaign and step in one go: the others come with the next
WRITES = (Campaign.Status.ACTIVE, Campaign.Status.COMPLETED)
"""Campaigns whose people get follow-ups: one that is done goes on when somebody accepts later."""


class Due(NamedTuple):
    """Somebody who is to get a step: `since` counts its working days, `before` it does not go."""

    person: Prospect
    account: LinkedInAccount
    user_id: str
    person_key: str
    chat_id: str
    since: dt.datetime
    before: dt.datetime


def plan_follow_ups(now: dt.datetime, fence: Fence | None = None) -> int:
    """Plan the follow-ups that are missing; return how many."""
    fence, planned = fence or Fence(now), 0
    writing = Campaign.objects.filter(
        Exists(Step.objects.filter(campaign=OuterRef("pk"))), status__in=WRITES
    )
    for workspace in Workspace.objects.filter(pk__in=writing.order_by().values("workspace")):
        with board.planning(workspace.pk):
            for campaign in board.campaigns().filter(pk__in=writing, workspace=workspace):
                with fence.around(f"The follow-ups of campaign “{campaign}”", workspace.pk):
                    planned += _plan(campaign, now)
    return planned


def _plan(campaign: Campaign, now: dt.datetime) -> int:
    """Plan a campaign's missing follow-ups: at most one step a person."""
    planned = 0
    before: Step | None = None
    for step in campaign.steps.order_by("number"):
        due = list(_after_acceptance(campaign, step) if before is None else _after(before, step))
        if due:
            planned += _store(campaign, _placed(campaign, step, due, now), now)
        before = step
    return planned


def _after_acceptance(campaign: Campaign, step: Step) -> Iterator[Due]:
    """Yield who has accepted, or was connected already where the campaign writes to those."""
    has_accepted = Q(sent_at__isnull=False, prospect__accepted_at__isnull=False)
    was_connected = Q(status=Status.SKIPPED, error_code="already_connected")
    requests = QueueItem.objects.filter(campaign=campaign, kind=Kind.CONNECTION_REQUEST)
    takes_connected = campaign.connected_get_messages
    for item in _without(
        step, requests.filter(has_accepted | was_connected if takes_connected else has_accepted)
    ):
        since = item.prospect.accepted_at or item.updated_at
        yield _due(item, since, since + AFTER_ACCEPTANCE)
    if takes_connected:
        yield from _never_queued(campaign, step)


def _never_queued(campaign: Campaign, step: Step) -> Iterator[Due]:
    """Yield who was found to be connected before anything was queued for them."""
    items = QueueItem.objects.filter(prospect=OuterRef("pk"))
    people = Prospect.objects.filter(
        ~Exists(items),
        campaign=campaign,
        status=Prospect.Status.CONNECTED,
        resolved_with__in=campaign.accounts.all(),
        resolved_at__isnull=False,
    ).exclude(linkedin_user_id="")
    for person in people.select_related("resolved_with__workspace").order_by("pk")[:AT_MOST]:
        if person.resolved_with is not None and person.resolved_at is not None:
            since = person.resolved_at
            before = max(since + AFTER_ACCEPTANCE, person.goes_on_at or since)
            ids = (person.linkedin_user_id, person.person_key, "")
            yield Due(person, person.resolved_with, *ids, since, before)


def _after(before: Step, step: Step) -> Iterator[Due]:
    """Yield who got the step before; whom that one never reached gets no more."""
    items = QueueItem.objects.filter(
        campaign=before.campaign_id, kind=Kind.MESSAGE, step=before.number, status=Status.SENT
    )
    for item in _without(step, items):
        since = item.sent_at or item.updated_at
        yield _due(item, since, since)


def _without(step: Step, items: QueueItemQuerySet) -> Iterator[QueueItem]:
    """Yield those items whose person may be written to, and does not have a step."""
    theirs = QueueItem.objects.filter(
        kind=Kind.MESSAGE,
        campaign=step.campaign_id,
        step=step.number,
        person_key=OuterRef("person_key"),
    )
    wanted = QueueItem.objects.filter(
        ~Exists(theirs), pk__in=items, prospect__status=Prospect.Status.CONNECTED
    ).exclude(linkedin_user_id="")
    rows = wanted.select_related("prospect", "linkedin_account__workspace")
    yield from rows.order_by(F("sent_at").asc(nulls_last=True), "pk")[:AT_MOST]


def _due(item: QueueItem, since: dt.datetime, before: dt.datetime) -> Due:
    person = item.prospect
    return Due(
        person,
        item.linkedin_account,
        item.linkedin_user_id,
        item.person_key,
        item.chat_id,
        since,
        max(before, person.goes_on_at or before),
    )


def _placed(
    campaign: Campaign, step: Step, due: Sequence[Due], now: dt.datetime
) -> Iterator[QueueItem]:
    """Give everybody a text and a time, beside what the accounts have planned already."""
    kept = gates.hours_of(campaign.hours())
    touched = _last_touches(campaign.workspace_id, [one.person_key for one in due])
    accounts = {one.account.pk: one.account for one in due}
    planned = Board(list(accounts.values()), now, Kind.MESSAGE)
    for _ in planned.simulate_queue():
        pass  # what waits already keeps its slots
    restored = Installation.last_restored()
    for one in due:
        opens = hours.opening_after_days(kept, one.since, step.delay_days)
        rested = touched.get(one.person_key, one.before - TOUCH_LASTS) + TOUCH_LASTS
        # No list tells how many messages went on the day of a restore, before it.
        unread = gates.day_of(one.account, restored).ends if restored else now
        not_before = max(opens or one.before, one.before, rested, unread, now)
        yield _item(campaign, step, one, _slot(planned, campaign, one, not_before))


def _last_touches(workspace_id: uuid.UUID, keys: Sequence[str]) -> dict[str, dt.datetime]:
    touches = QueueItem.objects.filter(TOUCHES, workspace=workspace_id, person_key__in=keys)
    rows = touches.order_by().values_list("person_key").annotate(last=Max("claimed_at"))
    return dict(rows)


def _slot(planned: Board, campaign: Campaign, one: Due, not_before: dt.datetime) -> dt.datetime:
    """Return a free time; where none is within the horizon, the earliest: the gates say why."""
    timeline = planned.timelines[one.account.pk]
    calendar = planned.calendar_of(campaign, one.account.pk)
    free = timeline.first_free(calendar, epoch(not_before) + 1)
    if free is None:
        return not_before
    jitter = Jitter.of(campaign.pk, one.person.pk)
    return instant(timeline.take_near(calendar, free, jitter, epoch(not_before) + 1).at)


def _item(campaign: Campaign, step: Step, one: Due, at: dt.datetime) -> QueueItem:
    """Return the item; where its text has no value for a variable, one that has failed, to see."""
    variant = _variant(step, one.person)
    template = step.text_of(variant)
    item = QueueItem(
        kind=Kind.MESSAGE,
        workspace_id=campaign.workspace_id,
        campaign=campaign,
        prospect=one.person,
        linkedin_account=one.account,
        linkedin_user_id=one.user_id,
        person_key=one.person_key,
        chat_id=one.chat_id,
        step=step.number,
        variant=variant,
        edition=messages.edition_of(template),
        scheduled_for=at,
    )
    try:
        item.message = follow_up_of(step, template, one.person, one.account)
    except messages.UnfilledVariableError as why:
        item.message, item.status = template, Status.FAILED
        item.error_code = "unfilled_variable"
        item.error_message = f"The text cannot be filled in for this person: {why}."
    return item


def _variant(step: Step, person: Prospect) -> str:
    """Return which text somebody gets: always the same, and half of the people each."""
    if not step.text_b:
        return ""
    return Step.Variant.A if Jitter.of(step.pk, person.pk).run < 0.5 else Step.Variant.B


def _store(campaign: Campaign, items: Iterable[QueueItem], now: dt.datetime) -> int:
    with transaction.atomic():
        rows = list(items)
        wanted = {item.pk for item in rows}
        QueueItem.objects.bulk_create(rows, ignore_conflicts=True)
        stored = QueueItem.objects.filter(pk__in=wanted).count()
        if stored:
            Campaign.wake(campaign.pk)
    return stored
