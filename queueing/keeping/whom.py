"""All that belongs to one person, found by any of their names."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from campaigns import people
from campaigns.models import DoNotContact, Prospect
from queueing.models import Notice, QueueItem, Reply, Retry, SendAttempt


class UnknownPersonError(Exception):
    """Nobody is known by this name; the message says how to write one."""


@dataclass(frozen=True)
class Person:
    """One person in some workspaces: the names they are known by, and the rows about them."""

    names: frozenset[str]
    prospect_ids: frozenset[uuid.UUID]
    item_ids: frozenset[uuid.UUID]
    workspaces: frozenset[uuid.UUID]

    @property
    def prospects(self) -> QuerySet[Prospect]:
        return Prospect.objects.filter(pk__in=self.prospect_ids)

    @property
    def items(self) -> QuerySet[QueueItem]:
        return QueueItem.objects.filter(pk__in=self.item_ids)

    @property
    def replies(self) -> QuerySet[Reply]:
        return Reply.objects.filter(Q(prospect__in=self.prospect_ids) | Q(item__in=self.item_ids))

    @property
    def attempts(self) -> QuerySet[SendAttempt]:
        return SendAttempt.objects.filter(item__in=self.item_ids)

    @property
    def retries(self) -> QuerySet[Retry]:
        return Retry.objects.filter(item__in=self.item_ids)

    @property
    def notices(self) -> QuerySet[Notice]:
        return Notice.objects.filter(item__in=self.item_ids)

    @property
    def entries(self) -> QuerySet[DoNotContact]:
        """Do-not-contact entries of this very person; those of a company stay."""
        return DoNotContact.objects.filter(
            workspace__in=self.workspaces, kind=DoNotContact.Kind.PERSON, value__in=self.names
        )

    @property
    def log(self) -> QuerySet[LogEntry]:
        replies = self.replies.values_list("pk", flat=True)
        ids = [str(pk) for pk in (*self.prospect_ids, *self.item_ids, *replies)]
        entries = [str(pk) for pk in self.entries.values_list("pk", flat=True)]
        return LogEntry.objects.filter(object_id__in=[*ids, *entries])

    def words(self) -> set[str]:
        """Return what people are called in texts: names, addresses, ids."""
        found = set(self.names)
        for row in self.prospects:
            found |= {row.full_name, row.profile_url}
        return {word for word in found if len(word) > 3}


def person_named(text: str, workspaces: Collection[uuid.UUID]) -> Person:
    """Return whom a profile address, a slug or a LinkedIn user id names in these workspaces.

    The same person under another address is found by the id that was found of both.

    :raises UnknownPersonError: where that is nobody.
    """
    try:
        names = {people.person_value(text)}
    except ValidationError as error:
        raise UnknownPersonError(" ".join(error.messages)) from error
    known: set[str] = set()
    while names != known:
        known = set(names)
        names |= _named_with(known, workspaces)
    prospects = list(_prospects(names, workspaces))
    items = list(_items(names, workspaces, [row.pk for row in prospects]))
    person = Person(
        names=frozenset(names),
        prospect_ids=frozenset(
            {row.pk for row in prospects} | {item.prospect_id for item in items}
        ),
        item_ids=frozenset(item.pk for item in items),
        workspaces=frozenset(workspaces),
    )
    if not (prospects or items or person.entries.exists()):
        raise UnknownPersonError(f"Nobody is known here by “{text}”.")
    return person


def _named_with(names: set[str], workspaces: Collection[uuid.UUID]) -> set[str]:
    found: set[str] = set()
    for row in _prospects(names, workspaces):
        found |= {row.public_identifier, row.linkedin_user_id}
    for item in _items(names, workspaces, []):
        found |= {item.person_key, item.linkedin_user_id}
        found |= {item.prospect.public_identifier, item.prospect.linkedin_user_id}
    return found - {""}


def _prospects(names: set[str], workspaces: Collection[uuid.UUID]) -> QuerySet[Prospect]:
    named = Q(public_identifier__in=names) | Q(linkedin_user_id__in=names)
    return Prospect.objects.filter(named, campaign__workspace__in=workspaces)


def _items(
    names: set[str], workspaces: Collection[uuid.UUID], prospects: Collection[uuid.UUID]
) -> QuerySet[QueueItem]:
    named = Q(person_key__in=names) | Q(linkedin_user_id__in=names) | Q(prospect__in=prospects)
    return QueueItem.objects.filter(named, workspace__in=workspaces).select_related("prospect")
