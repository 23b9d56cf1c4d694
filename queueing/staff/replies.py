"""What staff do about answers: take them, put them off, be done with them, write back."""

import datetime as dt
import uuid

from django.contrib.auth.models import User
from django.db import transaction

from campaigns import messages
from campaigns.models import Prospect
from queueing.models import Kind, QueueItem, Reply
from queueing.staff import log, owning, tags

Tag = Prospect.Tag
NEEDS_NO_ANSWER = (Tag.NOT_NOW, Tag.WRONG_PERSON, Tag.OUT_OF_OFFICE)


class CannotWriteError(ValueError):
    """Nothing was queued; the message says why, and what to do."""


@transaction.atomic
def change(reply: Reply, what: str, by: User, **values: object) -> None:
    """Change what staff say of an answer, and log it."""
    Reply.objects.filter(pk=reply.pk).update(**values)
    log.note(by, [reply], what)


def take(reply: Reply, by: User) -> None:
    owning.give(reply.prospect, by, by)


def give_back(reply: Reply, by: User) -> None:
    owning.give(reply.prospect, None, by)


def end(reply: Reply, by: User) -> None:
    """Be done with an answer: only a newer one needs somebody again."""
    change(reply, "Done", by, done=True, snoozed_until=None)


def reopen(reply: Reply, by: User) -> None:
    change(reply, "Needs an answer again", by, done=False, snoozed_until=None)


def snooze(reply: Reply, until: dt.datetime, by: User) -> None:
    """Put an answer off, for everybody: until then it stands in no list of what needs one."""
    told = f"Snoozed until {until.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
    change(reply, told, by, done=False, snoozed_until=until)


@transaction.atomic
def tag(reply: Reply, what: str, by: User, now: dt.datetime) -> None:
    """Tag an answer; what calls for none is done with it."""
    tags.tag(reply.prospect, what, by, "in Answers", now)
    if what in NEEDS_NO_ANSWER:
        Reply.objects.filter(pk=reply.pk).update(done=True, snoozed_until=None)


@transaction.atomic
def write(reply: Reply, text: str, key: uuid.UUID, by: User, now: dt.datetime) -> QueueItem:
    """Queue an answer to somebody: it goes with the account's next run, under its message cap.

    :param key: of this very answer: sent twice, it is queued once, and another text is refused.
    :raises CannotWriteError: where it cannot be.
    """
    text = text.strip()
    if not text:
        raise CannotWriteError("Write something first.")
    if too_long := messages.message_too_long(text):
        raise CannotWriteError(too_long)
    if messages.variables(text) or (found := messages.foreign_in(text)):
        holes = [f"{{{{ {name} }}}}" for name in messages.variables(text)]
        told = ", ".join(holes or [one.written for one in found])
        raise CannotWriteError(f"Nobody fills in {told} in an answer: write what is meant.")
    written, person = reply.item, reply.prospect
    if not written.linkedin_user_id:
        raise CannotWriteError(
            "Their LinkedIn id is not known to this account: answer on LinkedIn itself."
        )
    if person.status == Prospect.Status.SKIPPED:
        raise CannotWriteError("This person was skipped: nothing is sent to them any more.")
    item, is_new = QueueItem.objects.get_or_create(
        pk=key,
        defaults={
            "kind": Kind.MESSAGE,
            "by_hand": True,
            "workspace_id": reply.workspace_id,
            "campaign_id": written.campaign_id,
            "prospect": person,
            "linkedin_account_id": reply.linkedin_account_id,
            "linkedin_user_id": written.linkedin_user_id,
            "person_key": written.person_key,
            "chat_id": reply.chat_id,
            "message": text,
            "scheduled_for": now,
            "pinned": True,
        },
    )
    of_this = (item.by_hand, item.prospect_id, item.message) == (True, person.pk, text)
    if not is_new and not of_this:
        raise CannotWriteError(
            "Another answer was written on this page before: it is queued, and this one is not. "
            "Copy your text, open the page anew, and look what stands there."
        )
    if is_new:
        log.note(by, [item], "Answer written")
        log.note(by, [reply], "Answer written")
        Reply.objects.filter(pk=reply.pk).update(done=True, snoozed_until=None)
    return item
