"""What came back from people: kept for staff, with the conversation as it was read last."""

import datetime as dt
import uuid
from collections.abc import Collection

from django.db.models import F, Q

from campaigns.models import Prospect
from queueing.models import Card, Kind, QueueItem, Reply, key_of_person
from queueing.sending import conversing
from queueing.unipile import Conversation, Message

MESSAGES_AT_MOST = 50
LONGEST = 8000  # characters of a message
ANY_TIME = dt.datetime.min.replace(tzinfo=dt.UTC)


def note(people: Collection[uuid.UUID], at: dt.datetime) -> None:
    """Note that somebody has answered; a newer answer needs one again, whatever was said of it.

    :param people: the rows of one person in a workspace.
    """
    item = _answered(people, at)
    if item is None:
        return
    known = Reply.objects.filter(prospect__in=people)
    if not known.exists():
        Reply.objects.bulk_create([_new(item, people, at)], ignore_conflicts=True)
    known.filter(at__lt=at).update(
        at=at, item=item, linkedin_account=item.linkedin_account_id, done=False, snoozed_until=None
    )


def _new(item: QueueItem, people: Collection[uuid.UUID], at: dt.datetime) -> Reply:
    rows = Prospect.objects.filter(pk__in=people).values_list("created_at", "pk")
    owner = Card.objects.filter(key=key_of_person(item.workspace_id, rows)).first()
    return Reply(
        taken_by_id=owner.taken_by_id if owner else None,
        workspace_id=item.workspace_id,
        prospect_id=item.prospect_id,
        item=item,
        linkedin_account_id=item.linkedin_account_id,
        at=at,
        chat_id=item.chat_id,
    )


def _answered(people: Collection[uuid.UUID], at: dt.datetime) -> QueueItem | None:
    """Return what somebody answered: the last request or message before, or else the first."""
    reached = Q(sent_at__isnull=False) | Q(tried_at__isnull=False)
    touched = QueueItem.objects.filter(
        reached,
        prospect__in=people,
        kind__in=[Kind.CONNECTION_REQUEST, Kind.MESSAGE],
        by_hand=False,
    ).order_by(F("sent_at").asc(nulls_first=True), "claimed_at", "pk")
    before = [item for item in touched if (item.sent_at or item.tried_at or at) <= at]
    return before[-1] if before else touched.first()


def keep(people: Collection[uuid.UUID], conversation: Conversation, now: dt.datetime) -> None:
    """Keep a conversation as it was just read, for whoever looks while it cannot be read.

    What was read once stays where nothing is shown any more: chats are deleted.

    :param people: the rows of the one person in a workspace.
    """
    shown = conversation.messages[-MESSAGES_AT_MOST:]
    if not shown:
        Reply.objects.filter(prospect__in=people).update(read_at=now)
        return
    said = [one for one in shown if conversing.is_answer(one, ANY_TIME)]
    values = {"messages": [_kept(one) for one in shown], "read_at": now}
    if said:
        values["text"] = said[-1].text[:LONGEST]
    if conversation.chat_ids:
        values["chat_id"] = conversation.chat_ids[0][:200]
    Reply.objects.filter(prospect__in=people).update(**values)


def _kept(message: Message) -> dict[str, object]:
    return {
        "at": message.at.isoformat() if message.at else "",
        "from_us": message.from_us,
        "text": message.text.replace("\x00", "")[:LONGEST],
        "kind": str(message.kind),
    }
