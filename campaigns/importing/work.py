"""What an upload is for: people of a campaign, or people and companies never to be written to."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from campaigns.importing import columns, remarks
from campaigns.importing.columns import ColumnMapping
from campaigns.importing.do_not_contact import import_do_not_contact
from campaigns.importing.reading import Table
from campaigns.importing.uploads import Upload
from campaigns.importing.verdicts import Outcome, Verdict, import_prospects
from campaigns.models import Campaign, DoNotContact, Workspace

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
        with self.upload.noting(self.table) as note:
            self._import(mapping, dry_run, note)

    def _import(
        self, mapping: ColumnMapping, dry_run: bool, note: Callable[[Verdict], None]
    ) -> None:
        if isinstance(self.target, Campaign):
            import_prospects(
                self.table,
                mapping,
                self.target,
                dry_run=dry_run,
                invite_connected=self.upload.invite_connected,
                on_verdict=note,
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
