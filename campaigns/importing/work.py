"""What an upload is for: people of a campaign, or people and companies never to be written to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from django.db import transaction
from django.db.models import Q, QuerySet

from campaigns.importing import columns, remarks
from campaigns.importing.columns import ColumnMapping
from campaigns.importing.do_not_contact import import_do_not_contact
from campaigns.importing.reading import Table
from campaigns.importing.uploads import Upload
from campaigns.importing.verdicts import BY_FILE, CHUNK, Outcome, Verdict, import_prospects
from campaigns.models import Campaign, DoNotContact, Prospect, Workspace

Target = Campaign | Workspace


@dataclass
class Work:
    """An upload, read: what its columns are, and why it cannot be imported as it is."""

    upload: Upload
    target: Target
    table: Table

    @property
    def identifying(self) -> tuple[str, ...]:
        companies = self.upload.kind == DoNotContact.Kind.COMPANY
        return ("company",) if companies else columns.IDENTIFYING

    def mapping(self) -> ColumnMapping:
        """Return what the columns are, as staff have said.

        :raises MappingError: where two columns are one field.
        :raises UnreadableFileError: where no column says who is meant.
        """
        return columns.mapped(self.table.header, self.upload.fields, self.identifying)

    def remarks(self) -> list[str]:
        """Return what staff are told of the file as a whole."""
        found = remarks.on_table(self.table)
        if isinstance(self.target, Campaign) and self.upload.counts:
            added = self.upload.counts.get(Outcome.ADDED, 0)
            found += remarks.on_people(self.mapping(), added, self.upload.marks)
        return found

    @property
    def may_leave_hidden(self) -> bool:
        """Whether rows may be left out because they are hidden: of people to invite alone."""
        return isinstance(self.target, Campaign) and bool(self.table.hidden_rows)

    @property
    def may_read_more(self) -> bool:
        """Whether the workbook has another sheet, or rows that are hidden."""
        return len(self.table.sheets) > 1 or self.may_leave_hidden

    def read_again(self, sheet: str, *, with_hidden: bool) -> None:
        """Read another sheet of the workbook, or its hidden rows, too.

        :raises UnreadableFileError: where that cannot be used; then all stays as it was.
        """
        upload = replace(self.upload, sheet=sheet, with_hidden=with_hidden, found={})
        self.table = upload.table()
        upload.fields = columns.guessed_fields(self.table.header, self.table.sample, {})
        self.upload = upload

    def connected_by(self) -> str:
        """Return the column that says who is connected already, or ""."""
        column = columns.column_of_connections(self.table.header, self.upload.fields)
        is_used = isinstance(self.target, Campaign) and column is not None
        return self.table.header[column] if is_used and column is not None else ""

    def run(self, *, dry_run: bool) -> None:
        """Import the file, or try it, and keep the verdicts.

        :raises ImportFailedError: where somebody else added the same people meanwhile.
        """
        mapping = self.mapping()
        with self.upload.noting(self.table) as note, self.upload.added.open("w") as keys:

            def keep(added: list[Prospect]) -> None:
                keys.writelines(f"{person.pk}\n" for person in added)

            self._import(mapping, dry_run, note, keep)

    def may_take_back(self) -> bool:
        """Say whether some of whom the import has added are as it left them."""
        return any(self._untouched(keys).exists() for keys in self._added())

    def take_back(self) -> tuple[int, int]:
        """Delete whom the import has added; return how many, and how many had to stay."""
        taken = left = 0
        with transaction.atomic():
            for keys in self._added():
                there = Prospect.objects.filter(pk__in=keys).count()
                # Under their locks: whoever is being queued meanwhile is queued, or is not there.
                locked = self._untouched(keys).select_for_update(of=("self",))
                free = list(locked.values_list("pk", flat=True))
                gone = Prospect.objects.filter(pk__in=free).delete()[1].get("campaigns.Prospect", 0)
                taken, left = taken + gone, left + there - gone
        return taken, left

    def _added(self) -> Iterator[list[str]]:
        if not isinstance(self.target, Campaign) or not self.upload.added.exists():
            return
        with self.upload.added.open() as lines:
            while keys := [line.strip() for line in islice(lines, CHUNK)]:
                yield keys

    def _untouched(self, keys: list[str]) -> QuerySet[Prospect]:
        """Return those whom nobody has queued, invited, tagged or changed the state of."""
        as_imported = Q(status=Prospect.Status.NEW) | Q(
            status=Prospect.Status.CONNECTED, accepted_at=None, status_reason__startswith=BY_FILE
        )
        rows = Prospect.objects.filter(as_imported, pk__in=keys, campaign=self.target.pk, tag="")
        return rows.filter(queue_items__isnull=True)

    def _import(
        self,
        mapping: ColumnMapping,
        dry_run: bool,
        note: Callable[[Verdict], None],
        keep: Callable[[list[Prospect]], None],
    ) -> None:
        if isinstance(self.target, Campaign):
            import_prospects(
                self.table,
                mapping,
                self.target,
                dry_run=dry_run,
                invite_connected=self.upload.invite_connected,
                on_verdict=note,
                on_added=keep,
            )
            return
        import_do_not_contact(
            self.table,
            mapping,
            self.target,
            self.upload.kind,
            reason=self.upload.reason,
            dry_run=dry_run,
            on_verdict=note,
        )
