"""What real people would be sent, before it is sent."""

from dataclasses import dataclass

from campaigns.messages import UnfilledVariableError, render
from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import Kind, QueueItem
from queueing.planning.selection import values_of

PREVIEWED = 5
NAMES_SHOWN = 10
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
