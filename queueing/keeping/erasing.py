"""Forget a person: nothing is left but hashes of their names, and that something was sent.

Items stay as rows without a name, for caps count them. The hashes keep the promises: nobody by one
of these names is added, queued or written to again in the workspace.
"""

import datetime as dt
import json
import uuid
from collections import Counter
from typing import cast

from django.contrib.admin.models import LogEntry
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Replace
from django.dispatch import Signal
from django_q.models import Task

from campaigns.models import ErasedPerson, LinkedInAccount, Prospect
from campaigns.models.erased import PREFIX, REASON, key_mark, name_hash
from queueing.keeping.whom import Person
from queueing.models import Kind, Notice, ProcessRun, QueueItem, Retry, SendAttempt, WebhookEvent

Status = QueueItem.Status
GONE = "(erased)"
_OPEN = (Status.SENDING, Status.UNCONFIRMED)
_TEXTS: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (Notice, ("text", "detail")),
    (ProcessRun, ("message",)),
    (SendAttempt, ("detail",)),
    (QueueItem, ("error_message", "message")),
    (Retry, ("error_message", "message", "new_message", "prospect_reason", "reason")),
    (Prospect, ("status_reason",)),
    (LinkedInAccount, ("pause_reason", "rest_reason")),
    (LogEntry, ("object_repr", "change_message")),
)


# For those who keep something about people above us: `words` name the person. Sent in the
# transaction of the erasing; who receives it returns how many rows were blanked.
person_erased = Signal()


class BeingSentError(Exception):
    """A call about the person is under way: nothing was erased."""


@transaction.atomic
def erase(person: Person, now: dt.datetime) -> Counter[str]:
    """Erase a person; return how many rows of what were blanked, or deleted.

    :raises BeingSentError: where a call about them is under way.
    """
    items = list(person.items.select_for_update(no_key=True).order_by("pk"))
    if any(item.status == Status.SENDING for item in items):
        raise BeingSentError("A request to this person is being sent: erase them in five minutes.")
    words = person.words()
    became = Counter({"do-not-contact entries": person.entries.count()})
    became["log entries"] = person.log.update(object_repr=GONE, change_message="")
    became["notices"] = person.notices.update(text=GONE, detail="")
    became["conversations"] = person.replies.delete()[0]
    became["answers of Unipile"] = person.attempts.update(detail="")
    became["retries"] = person.retries.delete()[0]
    _remember(person, now)
    became["requests"] = _blank_items(items, now)
    became["prospects"] = _blank_prospects(person)
    person.entries.delete()
    became["other texts"] = _blank_texts(words)
    became["events of Unipile"] = _drop_events(words)
    elsewhere = person_erased.send(sender=Person, words=words)
    became["answers of the API"] = sum(cast(int, number) for _, number in elsewhere)
    return +became


def _remember(person: Person, now: dt.datetime) -> None:
    mark = key_mark()
    ErasedPerson.objects.bulk_create(
        [
            ErasedPerson(
                workspace_id=workspace, name_hash=name_hash(name), key_mark=mark, erased_at=now
            )
            for workspace in person.workspaces
            for name in sorted(person.names)
        ],
        ignore_conflicts=True,
    )


def _blank_items(items: list[QueueItem], now: dt.datetime) -> int:
    for item in items:
        changes = {
            "person_key": PREFIX + name_hash(f"{item.person_key} {item.pk}"),
            "linkedin_user_id": "",
            "message": GONE if item.kind == Kind.MESSAGE else "",  # a message has a text
            "chat_id": "",
            "message_id": "",
            "error_message": "",
            "invitation_id": "",
            "updated_at": now,
        }
        if item.status != Status.SENT:
            # A try that may have arrived counts on by `tried_at`; nobody can look any more.
            changes |= {"status": Status.SKIPPED, "error_code": "erased"}
            tried_at = item.tried_at or (item.claimed_at if item.status in _OPEN else None)
            changes |= {"tried_at": tried_at, "searched_at": now} if tried_at else {}
        QueueItem.objects.filter(pk=item.pk).update(**changes)
    return len(items)


def _blank_prospects(person: Person) -> int:
    number = 0
    for row in person.prospects.select_for_update(no_key=True):
        ended = row.status in Prospect.ENDED
        number += Prospect.objects.filter(pk=row.pk).update(
            first_name="",
            last_name="",
            headline="",
            company="",
            location="",
            profile_url="",
            public_identifier=f"erased-{uuid.uuid4().hex}",
            linkedin_user_id="",
            resolved_with=None,
            resolved_at=None,
            variables={},
            status=row.status if ended else Prospect.Status.SKIPPED,
            status_reason=REASON.capitalize(),
            follow_up_due_at=None,
        )
    return number


def _drop_events(words: set[str]) -> int:
    """Delete what Unipile told of the person, also in the way that JSON writes letters."""
    named = Q(pk__in=[])
    for word in words | {json.dumps(word)[1:-1] for word in words}:
        named |= Q(body__contains=word) | Q(key__contains=word)
    return WebhookEvent.objects.filter(named).delete()[0]


def _blank_texts(words: set[str]) -> int:
    """Take the person's names out of everything that was written in words."""
    number = 0
    longest_first = sorted(words, key=len, reverse=True)
    for model, fields in _TEXTS:
        for field in fields:
            for word in longest_first:
                named = model._default_manager.filter(**{f"{field}__contains": word})
                number += named.update(**{field: Replace(F(field), Value(word), Value(GONE))})
    # What django-q2 keeps is pickled: results of runs name people, and go as a whole.
    for task in Task.objects.filter(~Q(result=None)).iterator():
        if any(word in str(task.result) for word in words):
            task.delete()
            number += 1
    return number
