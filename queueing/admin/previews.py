"""What real people would be sent, before it is sent: on a campaign's page, and while one types."""

import re
from dataclasses import dataclass, replace

from django.db.models import IntegerField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Length

from campaigns import messages
from campaigns.messages import UnfilledVariableError
from campaigns.models import Campaign, LinkedInAccount, Prospect
from campaigns.models.prospects import columns_of_people
from queueing.models import Kind, QueueItem
from queueing.planning import wording

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
    note = _filled(campaign, person, campaign.message_template, accounts)
    short = [account.name for account in accounts if account.note_limit < note.length]
    if not short:
        return note
    if len(short) == len(accounts):
        return replace(note, problem="too long for every account: is left out")
    return replace(note, problem=f"too long for {some(short)}: goes by another account")


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
    campaign: Campaign, accounts: list[LinkedInAccount], text: str, *, step: int = 0
) -> Typed:
    """Fill a text in for real people: the one with the longest values, and the first few.

    Where words vary, the longest count, and the first few see theirs.

    :param step: the number of the follow-up; 0 for the note of the request.
    """
    limits = [account.note_limit for account in accounts]
    limit = min(limits, default=min(messages.NOTE_LIMITS.values()))
    limit = messages.MESSAGE_LIMIT if step else limit
    varies = campaign.varies_words
    problem = messages.problem(text, set(variables_of(campaign)), varies=varies)
    people = Prospect.objects.filter(campaign=campaign)
    longest, notes = None, []
    if not problem:
        worst = messages.with_longest_words(text) if varies else text
        found = [_filled(campaign, each, worst, accounts, step) for each in _longest(people, text)]
        longest = max(found, key=lambda note: note.length, default=None)
        first = people.filter(status__in=PREFERRED).order_by("created_at", "id")
        shown = first[:SHOWN_WHILE_TYPING]
        notes = [_filled(campaign, each, text, accounts, step) for each in shown]
    return Typed(limit, longest, notes, problem, foreign_signature(text, accounts))


def variables_of(campaign: Campaign) -> list[str]:
    """Return the names that a text may use, those of everybody first."""
    first = [*messages.PROSPECT_FIELDS, *messages.SENDER_FIELDS]
    return [*first, *sorted((columns_of_people(campaign.pk) or set()) - set(first))]


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


def _filled(
    campaign: Campaign,
    person: Prospect,
    text: str,
    accounts: list[LinkedInAccount],
    step: int = 0,
) -> Note:
    """Fill a text in; where it names who writes, as the longest name has it."""
    sender = max(map(wording.sender_of, accounts), key=len, default="…")
    try:
        told = wording.filled(campaign, text, person, sender, step)
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
