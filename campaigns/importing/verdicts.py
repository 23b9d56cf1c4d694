"""What becomes of each row, decided in one place for the dry run and for the import itself."""

import enum
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from django.db import IntegrityError, connection, transaction

from campaigns import people
from campaigns.importing.candidates import Candidate, RowRefusedError, candidate_in
from campaigns.importing.columns import ColumnMapping
from campaigns.importing.known import Known, known_people
from campaigns.importing.reading import Table
from campaigns.importing.rows import Row
from campaigns.models import Campaign, Prospect

CHUNK = 1_000  # rows that are looked up and stored at once: what memory holds
PROBLEMS_KEPT = 1_000
CONNECTED = "connected already: nobody invites them"
BY_FILE = "Connected by"  # a column of it


class Outcome(enum.StrEnum):
    """What became of a row."""

    ADDED = "added"
    DUPLICATE = "duplicate"
    KNOWN = "known"
    DO_NOT_CONTACT = "do not contact"
    REFUSED = "refused"


class Mark(enum.StrEnum):
    """What staff are told of people who are added."""

    ELSEWHERE = "elsewhere"
    CONNECTED = "connected"
    WITHOUT_NAME = "without_name"


REJECTED = (Outcome.REFUSED, Outcome.DO_NOT_CONTACT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one row. `field` is the field at fault; `reason` is in words for staff.

    `marks` are what else is to be counted of somebody who is added.
    """

    row: int
    outcome: Outcome
    person: str = ""
    field: str = ""
    reason: str = ""
    cells: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass
class Report:
    """What an import did: rows by outcome, and why people were not added."""

    dry_run: bool
    counts: Counter[Outcome] = field(default_factory=Counter)
    marks: Counter[Mark] = field(default_factory=Counter)
    problems: list[Verdict] = field(default_factory=list)  # the first that were not added
    problems_left_out: int = 0

    @property
    def rows(self) -> int:
        return self.counts.total()

    @property
    def also_elsewhere(self) -> int:
        return self.marks[Mark.ELSEWHERE]

    def add(self, verdict: Verdict) -> None:
        self.counts[verdict.outcome] += 1
        self.marks.update(verdict.marks)
        if verdict.outcome is Outcome.ADDED:
            return
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(verdict)
        else:
            self.problems_left_out += 1


# By person: the row in which the file names them first, and under which name.
FirstRows = dict[str, tuple[int, str, str]]


class ImportFailedError(Exception):
    """Nothing was imported; the text says why."""


def import_prospects(
    table: Table,
    mapping: ColumnMapping,
    campaign: Campaign,
    *,
    dry_run: bool = False,
    invite_connected: bool = False,
    on_verdict: Callable[[Verdict], None] = lambda verdict: None,
    on_added: Callable[[list[Prospect]], None] = lambda added: None,
) -> Report:
    """Add the people of a file to a campaign, all in one transaction, and report on each row.

    A person is added once to a campaign, however often and in whatever spelling the file names
    them, so that the same file can be imported again. Someone who is in another campaign of the
    workspace is added too, with a note in the report: one list often serves several campaigns, and
    who is queued first is decided when a campaign is queued, where nobody is invited twice.
    People and companies on the do-not-contact list are not added. Whom the file says to be
    connected already, as LinkedIn's Connections.csv does, is added as connected: nobody invites
    them.

    :param invite_connected: add them as new; the file is of another account's connections.
    :param on_verdict: called with each verdict, in the order of the rows.
    :param on_added: called with whom a chunk of rows has added, before that is committed.
    :raises ImportFailedError: where somebody else added the same people meanwhile.
    :raises UnreadableFileError: where the file breaks off.
    """
    report = Report(dry_run)
    try:
        with transaction.atomic():
            if not dry_run:
                _one_import_at_a_time(campaign)
            if invite_connected:
                mapping = replace(mapping, connected=None)
            for verdict in _verdicts(table, mapping, campaign, None if dry_run else on_added):
                report.add(verdict)
                on_verdict(verdict)
    except IntegrityError as error:
        raise ImportFailedError(
            "Somebody else added the same people to this campaign at the same time. Nothing was "
            "imported: import the file again."
        ) from error
    return report


def _one_import_at_a_time(campaign: Campaign) -> None:
    """Wait for other imports into the campaign. An advisory lock, so that nothing else waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(campaign.pk)])


def _verdicts(
    table: Table,
    mapping: ColumnMapping,
    campaign: Campaign,
    on_added: Callable[[list[Prospect]], None] | None,
) -> Iterator[Verdict]:
    """Yield the verdict on each row, and store who is added, a chunk at a time.

    :param on_added: called with those; None stores nobody.
    """
    first_rows: FirstRows = {}
    rows = table.rows()
    while chunk := list(islice(rows, CHUNK)):
        read = [_read(row, mapping) for row in chunk]
        candidates = [each for each in read if isinstance(each, Candidate)]
        known = known_people(candidates, campaign)
        added: list[Prospect] = []
        for each in read:
            if isinstance(each, Verdict):
                yield each
                continue
            verdict = _verdict_on(each, known, first_rows)
            if verdict.outcome is Outcome.ADDED:
                added.append(_prospect(each, mapping, campaign))
            yield verdict
        if on_added:
            on_added(Prospect.objects.bulk_create(added))


def _prospect(candidate: Candidate, mapping: ColumnMapping, campaign: Campaign) -> Prospect:
    prospect = candidate.prospect(campaign)
    if candidate.is_connected and mapping.connected is not None:
        prospect.status = Prospect.Status.CONNECTED
        prospect.status_reason = f"{BY_FILE} “{mapping.header[mapping.connected][:60]}” of a file."
    return prospect


def _read(row: Row, mapping: ColumnMapping) -> Candidate | Verdict:
    try:
        return candidate_in(row, mapping)
    except RowRefusedError as refused:
        return Verdict(row.number, Outcome.REFUSED, "", refused.field, refused.reason, row.cells)


def _verdict_on(candidate: Candidate, known: Known, first_rows: FirstRows) -> Verdict:
    key, company = candidate.person_key, candidate.company_key
    outcome, field, reason = Outcome.ADDED, "", known.elsewhere.get(key, "")
    if key in first_rows:
        outcome, reason = Outcome.DUPLICATE, f"the same person as in row {first_rows[key][0]}"
        if other := _of_another_name(candidate, first_rows[key]):
            outcome, field, reason = Outcome.REFUSED, candidate.identified_by, other
    elif key in known.here:
        outcome, reason = Outcome.KNOWN, "already in this campaign"
    elif barred := known.barred_people.keys() & {key, candidate.user_id}:
        outcome, field = Outcome.DO_NOT_CONTACT, candidate.identified_by
        reason = known.barred_people[barred.pop()] or "on the do-not-contact list"
    elif company in known.barred_companies:
        outcome, field = Outcome.DO_NOT_CONTACT, "company"
        reason = known.barred_companies[company] or "company on the do-not-contact list"
    first_rows.setdefault(key, (candidate.row, *candidate.name))
    marks = _marks(candidate, known) if outcome is Outcome.ADDED else ()
    if Mark.CONNECTED in marks:
        reason = "; ".join(filter(None, (CONNECTED, reason)))
    who = candidate.shown_as
    return Verdict(candidate.row, outcome, who, field, reason, candidate.cells, marks)


def _marks(candidate: Candidate, known: Known) -> tuple[Mark, ...]:
    found = {
        Mark.ELSEWHERE: candidate.person_key in known.elsewhere,
        Mark.CONNECTED: candidate.is_connected,
        Mark.WITHOUT_NAME: not people.names.greeting_name(*candidate.name),
    }
    return tuple(mark for mark, holds in found.items() if holds)


def _of_another_name(candidate: Candidate, first: tuple[int, str, str]) -> str:
    """Say that two rows give one address to two people, or nothing."""
    row, *name = first
    if not people.name_conflict((name[0], name[1]), candidate.name):
        return ""
    told = " ".join(filter(None, name))
    return f"row {row} has the same address, for “{told}”: one of the two is wrong"
