"""Do-not-contact lists from files: each row bars a person in every form it names, or a company."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction

from campaigns import people
from campaigns.importing.candidates import RowRefusedError, company_in, identities_in
from campaigns.importing.columns import ColumnMapping
from campaigns.importing.reading import Table
from campaigns.importing.rows import Row
from campaigns.importing.verdicts import CHUNK, PROBLEMS_KEPT, Outcome, Verdict
from campaigns.models import DoNotContact, Workspace


@dataclass
class BarredReport:
    """What an import of a do-not-contact list did. A row may add two entries, or none."""

    dry_run: bool
    added: int = 0
    known: int = 0
    refused_count: int = 0
    refused: list[Verdict] = field(default_factory=list)  # the first of them

    def note(self, verdict: Verdict) -> None:
        if verdict.outcome is Outcome.REFUSED:
            self.refused_count += 1
            if len(self.refused) < PROBLEMS_KEPT:
                self.refused.append(verdict)


def import_do_not_contact(
    table: Table,
    mapping: ColumnMapping,
    workspace: Workspace,
    kind: str,
    *,
    reason: str = "",
    dry_run: bool = False,
    on_verdict: Callable[[Verdict], object] = lambda verdict: None,
) -> BarredReport:
    """Bar the people or companies of a file from a workspace, all in one transaction.

    Who has both a public address and a user id in the file is barred under both, for either may be
    all that a later list says of the person.

    :param on_verdict: called with each verdict, in the order of the rows.
    :raises UnreadableFileError: where the file breaks off.
    """
    report = BarredReport(dry_run)
    with transaction.atomic():
        rows = table.rows()
        first_rows: dict[str, int] = {}
        while chunk := list(islice(rows, CHUNK)):
            read = [(row, _values(row, mapping, kind)) for row in chunk]
            values = {value for _, found in read if isinstance(found, set) for value in found}
            values -= first_rows.keys()
            entries = DoNotContact.objects.filter(workspace=workspace, kind=kind, value__in=values)
            known = set(entries.order_by().values_list("value", flat=True))
            new = values - known
            report.known += len(known)
            report.added += len(new)
            for row, found in read:
                verdict = _verdict_on(row, found, known, first_rows)
                report.note(verdict)
                on_verdict(verdict)
            if not dry_run:
                DoNotContact.objects.bulk_create(
                    (
                        DoNotContact(workspace=workspace, kind=kind, value=value, reason=reason)
                        for value in new
                    ),
                    ignore_conflicts=True,  # somebody else barred them meanwhile
                )
    return report


def _values(row: Row, mapping: ColumnMapping, kind: str) -> set[str] | RowRefusedError:
    try:
        if kind == DoNotContact.Kind.COMPANY:
            return {people.company_key(company_in(row, mapping))}
        return {slug or user_id for slug, user_id in identities_in(row, mapping)}
    except RowRefusedError as refused:
        return refused


def _verdict_on(
    row: Row, found: set[str] | RowRefusedError, known: set[str], first_rows: dict[str, int]
) -> Verdict:
    if isinstance(found, RowRefusedError):
        return Verdict(row.number, Outcome.REFUSED, "", found.field, found.reason, row.cells)
    outcome, reason = Outcome.ADDED, ""
    if found <= first_rows.keys():
        earlier = min(first_rows[value] for value in found)
        outcome, reason = Outcome.DUPLICATE, f"the same as in row {earlier}"
    elif found <= known | first_rows.keys():
        outcome, reason = Outcome.KNOWN, "already on the list"
    for value in found:
        first_rows.setdefault(value, row.number)
    return Verdict(row.number, outcome, ", ".join(sorted(found)), "", reason, row.cells)
