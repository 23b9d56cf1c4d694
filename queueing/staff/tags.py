"""What staff make of an answer."""

import datetime as dt
import uuid
from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from campaigns.models import Campaign, Prospect
from queueing.models import Kind, QueueItem
from queueing.planning import ends
from queueing.sending import inbox, news
from queueing.staff import log

ENDED_BY_AN_ANSWER = ("has_answered", "person_ended")

Status, Tag = Prospect.Status, Prospect.Tag


@transaction.atomic
def tag(person: Prospect, what: str, by: User, reason: str, now: dt.datetime) -> int:
    """Tag somebody's answer, in all campaigns of the workspace; return in how many.

    Who is out of office is written to again after 7 days; what they had written by now stops
    nothing then. With any other tag, or none, an answer ends the follow-ups as before.
    """
    names = {person.public_identifier, person.linkedin_user_id}
    ids = news.people_named(person.campaign.workspace_id, names) | {person.pk}
    rows = Prospect.objects.filter(pk__in=ids)
    everyone = list(rows.select_for_update(no_key=True, of=("self",)))
    if what == Tag.OUT_OF_OFFICE:
        away = [person.pk for person in everyone if person.status == Status.REPLIED]
        rows.filter(pk__in=away).update(status=Status.CONNECTED, goes_on_at=now + Prospect.AWAY_FOR)
        _put_off(away, now)
    else:
        back = rows.filter(goes_on_at__isnull=False, replied_at__isnull=False)
        back.update(status=Status.REPLIED, goes_on_at=None)
    rows.update(tag=what)
    label = Tag(what).label.lower() if what else "nothing"
    log.note(by, everyone, f"Answer tagged as {label}", reason)
    return len(everyone)


def _put_off(people: Collection[uuid.UUID], now: dt.datetime) -> None:
    """Let the follow-ups wait of who is away, also those that their answer has ended meanwhile."""
    messages = QueueItem.objects.filter(prospect__in=people, kind=Kind.MESSAGE, by_hand=False)
    ended = messages.filter(
        status=QueueItem.Status.SKIPPED,
        error_code__in=ENDED_BY_AN_ANSWER,
        updated_at__gte=F("prospect__replied_at"),
        sent_at=None,
        tried_at=None,
    ).exclude(campaign__status=Campaign.Status.ARCHIVED)
    ended.update(status=QueueItem.Status.PENDING, error_code="", error_message="", updated_at=now)
    goes_on_at = now + Prospect.AWAY_FOR
    messages.pending().filter(scheduled_for__lt=goes_on_at).update(scheduled_for=goes_on_at)
    ends.reopen(set(messages.pending().values_list("campaign", flat=True)))


def set_by_hand(person: Prospect, now: dt.datetime) -> None:
    """Note that somebody's hand says that a person has accepted, or answered."""
    was_invited = person.queue_items.filter(
        kind=Kind.CONNECTION_REQUEST, sent_at__isnull=False
    ).exists()
    if was_invited and person.status in {Status.CONNECTED, Status.REPLIED}:
        news.accepted([person.pk], now, Prospect.Source.HAND, now)
    if person.status == Status.REPLIED and person.replied_at is None:
        Prospect.objects.filter(pk=person.pk, replied_at__isnull=True).update(
            replied_at=now, last_replied_at=now, replied_source=Prospect.Source.HAND
        )
        inbox.note([person.pk], now)
