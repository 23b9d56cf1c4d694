"""Where somebody stands who was invited, in words: what is waited for, and for how long."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from campaigns.hours import clocks
from campaigns.models import Prospect
from queueing.models import Kind, QueueItem
from queueing.planning.steps import ACCEPT_WITHIN

Tag = Prospect.Tag


def standings(people: Sequence[Prospect], now: dt.datetime) -> dict[uuid.UUID, str]:
    """Say of each where they stand, in one query; nothing of who was not written to.

    :param people: with their campaigns.
    """
    items = QueueItem.objects.filter(
        prospect__in=[person.pk for person in people],
        kind__in=[Kind.CONNECTION_REQUEST, Kind.MESSAGE],
    )
    of_person: dict[uuid.UUID, list[QueueItem]] = {person.pk: [] for person in people}
    for item in items.order_by("sent_at", "scheduled_for"):
        of_person[item.prospect_id].append(item)
    return {person.pk: standing(person, of_person[person.pk], now) for person in people}


def standing(person: Prospect, items: Iterable[QueueItem], now: dt.datetime) -> str:
    """Say where somebody stands.

    :param items: all requests and messages to them.
    """
    items = list(items)
    sent = [item for item in items if item.sent_at is not None]
    last = max((item.sent_at for item in sent if item.sent_at), default=None)
    request = next((item for item in sent if item.kind == Kind.CONNECTION_REQUEST), None)
    if person.status == Prospect.Status.REPLIED:
        return _answered(person)
    if last is None:
        return ""
    if person.status == Prospect.Status.CONNECTED or person.accepted_at is not None:
        return _silent(person, items, last, now)
    if person.invite_again_from is not None:
        day = clocks.date_said(person.invite_again_from, now.date())
        return f"Invitation withdrawn: LinkedIn takes another from {day} on"
    return _waits(person, request.sent_at, now) if request and request.sent_at else ""


def accepts_until(person: Prospect, invited_at: dt.datetime) -> dt.datetime:
    """Return until when an acceptance is waited for: the withdrawal, or the 30 days of nearly all.

    :param person: with the campaign.
    """
    days = person.campaign.withdraw_after_days
    return invited_at + (dt.timedelta(days=days) if days else ACCEPT_WITHIN)


def _waits(person: Prospect, invited_at: dt.datetime, now: dt.datetime) -> str:
    until = accepts_until(person, invited_at)
    if now >= until:
        return _no_answer("Not accepted", invited_at, now)
    then = "; then it is withdrawn" if person.campaign.withdraw_after_days else ""
    return f"Waiting for acceptance until {clocks.utc(until)}{then}"


def _silent(
    person: Prospect, items: Sequence[QueueItem], last: dt.datetime, now: dt.datetime
) -> str:
    waiting = [item for item in items if item.status == QueueItem.Status.PENDING]
    following = next((item for item in waiting if item.kind == Kind.MESSAGE), None)
    if person.goes_on_at is not None and person.goes_on_at > now:
        return f"Out of office: goes on {clocks.utc(person.goes_on_at)}"
    if following is not None:
        return f"Accepted: message {following.step or 'by hand'} is planned for " + clocks.utc(
            following.scheduled_for
        )
    return _no_answer("Accepted", max(last, person.accepted_at or last), now)


def _no_answer(what: str, since: dt.datetime, now: dt.datetime) -> str:
    days = (now - since).days
    if days < 1:
        return f"{what}, no answer yet"
    return f"{what}, no answer for {days} day{'' if days == 1 else 's'}"


def _answered(person: Prospect) -> str:
    at = f" {clocks.utc(person.last_replied_at)}" if person.last_replied_at else ""
    return f"Answered{at}" + (f": {Tag(person.tag).label.lower()}" if person.tag else "")
