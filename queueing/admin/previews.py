"""What real people would be sent, before it is sent: on a campaign's page, and while one types."""

import re
from dataclasses import dataclass

from django.db.models import IntegerField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Length

from campaigns import messages
from campaigns.messages import UnfilledVariableError, render
from campaigns.models import Campaign, LinkedInAccount, Prospect
from campaigns.models.prospects import columns_of_people
from queueing.models import Kind, QueueItem
from queueing.planning.selection import values_of

PREVIEWED = 5
NAMES_SHOWN = 10
SHOWN_WHILE_TYPING, LONGEST_LOOKED_AT = 3, 20
PREFERRED = (Prospect.Status.NEW, Prospect.Status.QUEUED)


@dataclass(frozen=True)
class Note:
    """What a person would be sent, and whether it fits. `problem` is empty where it does."""

    prospect: Prospect
    text: str
    length: int
    problem: str


def previews(campaign: Campaign, accounts: list[LinkedInAccount]) -> list[Note]:
    """Make the notes of a few real people: those who are still to be written to come first."""
    people: list[Prospect] = []
    for statuses in (PREFERRED, Prospect.Status.values):
        if not people:
            rows = Prospect.objects.filter(campaign=campaign, status__in=statuses)
            people = list(rows.order_by("created_at", "id")[:PREVIEWED])
    queued = QueueItem.objects.pending().filter(
        prospect__in=people, campaign=campaign, kind=Kind.CONNECTION_REQUEST
    )
    really = {item.prospect_id: item for item in queued.select_related("linkedin_account")}
    return [
        _queued_note(person, really[person.pk])
        if person.pk in really
        else _note(campaign, person, accounts)
        for person in people
    ]


def _queued_note(person: Prospect, item: QueueItem) -> Note:
    """Return what somebody who waits will really get."""
    length, limit = len(item.message), item.linkedin_account.note_limit
    problem = f"too long for {item.linkedin_account}: is held" if length > limit else ""
    return Note(person, item.message, length, problem)


def _note(campaign: Campaign, person: Prospect, accounts: list[LinkedInAccount]) -> Note:
    try:
        text = render(campaign.message_template, values_of(person))
    except UnfilledVariableError as error:
        return Note(person, "", 0, f"{error} and has no fallback: is left out")
    short = [account.name for account in accounts if account.note_limit < len(text)]
    if not short:
        return Note(person, text, len(text), "")
    if len(short) == len(accounts):
        return Note(person, text, len(text), "too long for every account: is left out")
    return Note(person, text, len(text), f"too long for {some(short)}: goes by another account")


def some(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


@dataclass(frozen=True)
class Typed:
    """What becomes of a text that somebody types. `longest` is that of a real person, if any."""

    limit: int
    longest: Note | None
    notes: list[Note]
    problem: str
    signature: str

    @property
    def is_too_long(self) -> bool:
        return self.longest is not None and self.longest.length > self.limit


def typed(
    campaign: Campaign, accounts: list[LinkedInAccount], text: str, *, is_note: bool
) -> Typed:
    """Fill a text in for real people: the one with the longest values, and the first few.

    :param is_note: of the request; else a message to somebody who is connected.
    """
    limits = [account.note_limit for account in accounts]
    limit = min(limits, default=min(messages.NOTE_LIMITS.values()))
    limit = limit if is_note else messages.MESSAGE_LIMIT
    problem = messages.problem(text, set(variables_of(campaign, is_note=is_note)))
    people = Prospect.objects.filter(campaign=campaign)
    longest, notes = None, []
    if not problem:
        found = [_filled(each, text, accounts) for each in _longest(people, text)]
        longest = max(found, key=lambda note: note.length, default=None)
        first = people.filter(status__in=PREFERRED).order_by("created_at", "id")
        notes = [_filled(each, text, accounts) for each in first[:SHOWN_WHILE_TYPING]]
    return Typed(limit, longest, notes, problem, foreign_signature(text, accounts))


def variables_of(campaign: Campaign, *, is_note: bool) -> list[str]:
    """Return the names that a text may use, those of everybody first."""
    known = columns_of_people(campaign.pk) or set(messages.PROSPECT_FIELDS)
    known |= set() if is_note else set(messages.SENDER_FIELDS)
    first = [*messages.PROSPECT_FIELDS, *messages.SENDER_FIELDS]
    return [*(name for name in first if name in known), *sorted(known - set(first))]


def _longest(people: QuerySet[Prospect], text: str) -> QuerySet[Prospect]:
    """Return the people whose values for a text's variables are the longest."""
    lengths: list[Combinable] = []
    for name in messages.variables(text):
        if name in messages.PROSPECT_FIELDS:
            lengths.append(Length(name))
        elif name not in messages.SENDER_FIELDS:
            value = Length(KeyTextTransform(name, "variables"))
            lengths.append(Coalesce(value, 0, output_field=IntegerField()))
    if not lengths:
        return people[:1]
    return people.annotate(length=sum(lengths, Value(0))).order_by("-length")[:LONGEST_LOOKED_AT]


def _filled(person: Prospect, text: str, accounts: list[LinkedInAccount]) -> Note:
    senders = [account.name.split()[0] for account in accounts if account.name.strip()]
    sender = max(senders, key=len, default="…")
    try:
        told = render(text, {**values_of(person), "sender_first_name": sender})
    except UnfilledVariableError as error:
        return Note(person, "", 0, f"{error} and has no fallback: is left out")
    return Note(person, told, len(told), "")


def foreign_signature(text: str, accounts: list[LinkedInAccount]) -> str:
    """Say that a text is signed by one account, and sent by others, too; or nothing."""
    words = set(re.findall(r"[^\W\d_]{2,}", text.strip()[-60:].casefold()))
    firsts = {account.name.split()[0] for account in accounts if account.name.strip()}
    signed = sorted(name for name in firsts if name.casefold() in words)
    others = sorted(firsts - set(signed))
    if len(signed) != 1 or not others:
        return ""
    return (
        f"It seems to be signed by {signed[0]}, and {some(others)} would send it, too. "
        "Write {{ sender_first_name }} in place of the name, or leave the others out."
    )
