"""Who of a campaign may be queued, and why the others may not."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Lookup, Q, QuerySet

from campaigns import messages
from campaigns.hours import clocks
from campaigns.models import (
    Campaign,
    DoNotContact,
    ErasedPerson,
    LinkedInAccount,
    Prospect,
    SendingHours,
)
from campaigns.models.erased import REASON
from queueing.models import QueueItem
from queueing.planning.people import Person
from queueing.planning.wording import SENDER, filled, sender_of

ALREADY_INVITED = "Already invited for this client"
ALREADY_QUEUED = "Already queued in this campaign"
ALREADY_CONNECTED = "Already connected"
HELD_BY_OUR_ACCOUNT = "Queued or invited by an account of this client when it was of another one"
ERASED = f"This person {REASON}"
DO_NOT_CONTACT = "On the do-not-contact list"
NO_PROFILE = "No LinkedIn profile"
CHANGED_MEANWHILE = "Changed while it was queued: queue the campaign again"
LIMITS_FORBID = "The limits of the campaign's accounts never let them send"


def new_people(campaign: Campaign, chunk_size: int) -> Iterator[Person]:
    """Yield the prospects of a campaign that are not dealt with yet, in the order of the import."""
    rows = new_prospects(campaign).order_by("created_at", "id").values_list(*Person._fields)
    return map(Person._make, rows.iterator(chunk_size=chunk_size))


def new_prospects(campaign: Campaign) -> QuerySet[Prospect]:
    return Prospect.objects.filter(campaign=campaign, status=Prospect.Status.NEW)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why somebody is not queued. `for_good`: the prospect is set aside and not asked again."""

    reason: str
    for_good: bool = False


# What an earlier look or answer said of the same person.
_MET: dict[str, LeftOut] = {
    Prospect.Status.CONNECTED: LeftOut(ALREADY_CONNECTED, for_good=True),
    Prospect.Status.REPLIED: LeftOut(ALREADY_CONNECTED, for_good=True),
    Prospect.Status.CONNECTION_REQUEST_SENT: LeftOut(ALREADY_INVITED, for_good=True),
}


def queued_elsewhere(campaign_name: str) -> str:
    return f"Queued in campaign “{campaign_name}”"


def never_open(hours: SendingHours) -> str:
    return f"The sending hours “{hours}” never let anything go; their page says what to do"


def hours_end(hours: SendingHours) -> str:
    return (
        f"The sending hours “{hours}” leave no more room: their holiday calendar ends; their page "
        "says what to do"
    )


def no_account(accounts: Sequence[LinkedInAccount]) -> str:
    """Say why none of a campaign's accounts can be used."""
    if not accounts:
        return "The campaign has no account to send from"
    states = ", ".join(
        f"{account} is {account.get_status_display().lower()}" for account in accounts
    )
    return f"No account of the campaign can send: {states}"


def all_rest(accounts: Sequence[LinkedInAccount]) -> str:
    """Say until when accounts rest that all rest longer than can be planned."""
    ends = ", ".join(
        f"{account} until {clocks.utc(account.paused_until)}"
        for account in accounts
        if account.paused_until
    )
    return f"The campaign's accounts rest for longer than can be planned: {ends}"


def earlier_end(prospect: Prospect) -> str:
    """Say what became of a prospect that was dealt with before."""
    known = {
        Prospect.Status.NEW: CHANGED_MEANWHILE,
        Prospect.Status.QUEUED: ALREADY_QUEUED,
        Prospect.Status.CONNECTION_REQUEST_SENT: ALREADY_INVITED,
        Prospect.Status.CONNECTED: ALREADY_CONNECTED,
        Prospect.Status.REPLIED: ALREADY_CONNECTED,
    }
    status = Prospect.Status(prospect.status)
    return known.get(status) or prospect.status_reason or f"{status.label} before"


class _AnyOf(Lookup):
    """Says what `__in` says, with all the values as one parameter.

    Thousands of parameters cost Django, psycopg and PostgreSQL as much as the rows they find.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", [*params, self.rhs]


class Selection:
    """A campaign's reasons to leave people out; the lists of the workspace are read once."""

    def __init__(self, campaign: Campaign, accounts: Sequence[LinkedInAccount]) -> None:
        """Judge a campaign's people.

        :param accounts: the usable ones. The longest note that any of them may send holds, and
            before it is known who writes, the longest first name.
        """
        self._campaign = campaign
        self._note_limit = max((account.note_limit for account in accounts), default=300)
        self._senders = {account.pk: sender_of(account) for account in accounts}
        self._sender = max(self._senders.values(), key=len, default="")
        self._names_sender = SENDER in messages.variables(campaign.message_template)
        erased = ErasedPerson.objects.filter(workspace=campaign.workspace_id)
        self._any_erased = erased.exists()
        entries = DoNotContact.objects.filter(workspace=campaign.workspace_id)
        listed = list(entries.values_list("kind", "value"))
        self._persons = {value for kind, value in listed if kind == DoNotContact.Kind.PERSON}
        self._companies = {value for kind, value in listed if kind == DoNotContact.Kind.COMPANY}

    def judge(
        self, prospects: Sequence[Person]
    ) -> tuple[dict[uuid.UUID, str], dict[uuid.UUID, LeftOut]]:
        """Return the notes of those who may be queued, and why the others may not be."""
        held = self.held(prospects) | self._met(prospects) | self._erased(prospects)
        notes: dict[uuid.UUID, str] = {}
        left_out: dict[uuid.UUID, LeftOut] = {}
        for prospect in prospects:
            person = self._person_left_out(prospect) or held.get(prospect.person_key)
            if person is None:
                note, person = self._note(prospect)
            if person is None:
                notes[prospect.pk] = note
            else:
                left_out[prospect.pk] = person
        return notes, left_out

    def _erased(self, prospects: Sequence[Person]) -> dict[str, LeftOut]:
        if not self._any_erased:
            return {}
        names = {one.public_identifier for one in prospects}
        names |= {one.linkedin_user_id for one in prospects}
        gone = ErasedPerson.among(self._campaign.workspace_id, names)
        return {
            person.person_key: LeftOut(ERASED, for_good=True)
            for person in prospects
            if {person.public_identifier, person.linkedin_user_id} & gone
        }

    def _met(self, prospects: Sequence[Person]) -> dict[str, LeftOut]:
        """Return, by person, who is connected with the workspace or was invited outside SendQ."""
        met = Prospect.objects.filter(
            campaign__workspace=self._campaign.workspace_id, status__in=_MET
        ).order_by()
        by_slug = _AnyOf(F("public_identifier"), [person.public_identifier for person in prospects])
        found = {
            slug: _MET[status]
            for slug, status in met.exclude(public_identifier="")
            .filter(by_slug)
            .values_list("public_identifier", "status")
        }
        user_ids = [person.linkedin_user_id for person in prospects if person.linkedin_user_id]
        if user_ids:
            by_id = _AnyOf(F("linkedin_user_id"), user_ids)
            rows = met.filter(by_id).exclude(linkedin_user_id="")
            statuses = dict(rows.values_list("linkedin_user_id", "status"))
            for person in prospects:
                if status := statuses.get(person.linkedin_user_id):
                    found.setdefault(person.person_key, _MET[status])
        return found

    def held(self, prospects: Sequence[Person | Prospect]) -> dict[str, LeftOut]:
        """Return, by key, why people are held: queued, in doubt, or invited, here or elsewhere.

        Under the key, or under the id that an account found: somebody moved over by id alone is the
        same person when listed by address. What an account sent holds whom it knows by that id,
        even where the account was in another workspace then.
        """
        held = QueueItem.objects.holding_the_person().filter(kind=QueueItem.Kind.CONNECTION_REQUEST)
        here = Q(workspace=self._campaign.workspace_id)
        why = ("sent_at", "workspace_id", "campaign_id", "campaign__name")
        keys = _AnyOf(F("person_key"), [person.person_key for person in prospects])
        found = {
            key: self._held_by(*reason)
            for key, *reason in held.filter(here, keys).values_list("person_key", *why)
        }
        user_ids = [person.linkedin_user_id for person in prospects if person.linkedin_user_id]
        if user_ids:
            by_ours = Q(linkedin_account__workspace=self._campaign.workspace_id)
            ids = _AnyOf(F("linkedin_user_id"), user_ids)
            rows = held.filter(here | by_ours, ids).exclude(linkedin_user_id="")
            by_id = {
                user_id: self._held_by(*reason)
                for user_id, *reason in rows.values_list("linkedin_user_id", *why)
            }
            for person in prospects:
                if person.linkedin_user_id in by_id:
                    found.setdefault(person.person_key, by_id[person.linkedin_user_id])
        return found

    def _held_by(
        self, sent_at: object, workspace_id: uuid.UUID, campaign_id: uuid.UUID, name: str
    ) -> LeftOut:
        if workspace_id != self._campaign.workspace_id:
            return LeftOut(HELD_BY_OUR_ACCOUNT, for_good=sent_at is not None)
        if sent_at is not None:
            return LeftOut(ALREADY_INVITED, for_good=True)
        if campaign_id == self._campaign.pk:
            return LeftOut(ALREADY_QUEUED)
        return LeftOut(queued_elsewhere(name))

    def _person_left_out(self, prospect: Person) -> LeftOut | None:
        if not prospect.person_key:
            return LeftOut(NO_PROFILE)
        listed = {prospect.public_identifier, prospect.linkedin_user_id} & self._persons
        if listed or prospect.company_key in self._companies:
            return LeftOut(DO_NOT_CONTACT, for_good=True)
        return None

    def note_by(self, prospect: Person, account_id: uuid.UUID, note: str) -> str:
        """Return a note that was judged as the account that sends it writes it."""
        if not self._names_sender:
            return note
        template, sender = self._campaign.message_template, self._senders[account_id]
        return filled(self._campaign, template, prospect, sender)

    def _note(self, prospect: Person) -> tuple[str, LeftOut | None]:
        try:
            note = filled(self._campaign, self._campaign.message_template, prospect, self._sender)
        except messages.UnfilledVariableError as error:
            return "", LeftOut(f"Message: {error} and has no fallback")
        if len(note) > self._note_limit:
            return "", LeftOut(f"Message longer than {self._note_limit} characters")
        return note, None
