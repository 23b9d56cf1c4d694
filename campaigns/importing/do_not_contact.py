"""Do-not-contact lists from files: each row bars a person in every form it names, or a company."""

from collections.abc import Callable, Iterator
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


def import_do_not_contact(
    table: Table,
    mapping: ColumnMapping,
    workspace: Workspace,
    kind: str,
    *,
    reason: str = "",
    dry_run: bool = False,
    on_row: Callable[[], object] = lambda: None,
) -> BarredReport:
    """Bar the people or companies of a file from a workspace, all in one transaction.

    Who has both a public address and a user id in the file is barred under both, for either may be
    all that a later list says of the person.

    :raises UnreadableFileError: where the file breaks off.
    """
    report = BarredReport(dry_run)
    with transaction.atomic():
        rows = table.rows()
        seen: set[str] = set()
        while chunk := list(islice(rows, CHUNK)):
            values = set(_values(chunk, mapping, kind, report, on_row)) - seen
            seen |= values
            entries = DoNotContact.objects.filter(workspace=workspace, kind=kind, value__in=values)
            known = set(entries.order_by().values_list("value", flat=True))
            new = values - known
            report.known += len(known)
            report.added += len(new)
            if not dry_run:
                DoNotContact.objects.bulk_create(
                    (
                        DoNotContact(workspace=workspace, kind=kind, value=value, reason=reason)
                        for value in new
                    ),
                    ignore_conflicts=True,  # somebody else barred them meanwhile
                )
    return report


def _values(
    chunk: list[Row],
    mapping: ColumnMapping,
    kind: str,
    report: BarredReport,
    on_row: Callable[[], object],
) -> Iterator[str]:
    for row in chunk:
        on_row()
        try:
            if kind == DoNotContact.Kind.COMPANY:
                yield people.company_key(company_in(row, mapping))
            else:
                yield from (slug or user_id for slug, user_id in identities_in(row, mapping))
        except RowRefusedError as refused:
            report.refused_count += 1
            if len(report.refused) < PROBLEMS_KEPT:
                report.refused.append(
                    Verdict(row.number, Outcome.REFUSED, "", refused.field, refused.reason)
                )
