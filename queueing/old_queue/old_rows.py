"""The rows of the replaced system's table `send_queue`: what each says, and what it comes to here.

Pure but for the file: nothing is looked up and nothing stored.
"""

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from campaigns.importing import headers, verdicts
from campaigns.importing.candidates import (
    Candidate,
    RowRefusedError,
    candidate_in,
    cell,
    fitted_cells,
)
from campaigns.importing.columns import ColumnMapping
from campaigns.importing.reading import Table
from campaigns.importing.rows import Row, UnreadableFileError
from campaigns.importing.verdicts import Verdict
from campaigns.models import Prospect
from queueing.models import QueueItem

NEEDED = ("id", "status", "message", "scheduled_for", "sent_at")
OPTIONAL = ("error_message", "created_at", "updated_at", "campaign_id", "prospect_id")
KINDS = ("message_type", "requires_connection")
TRIES = ("attempts", "attempt_count", "retry_count", "retries", "last_attempt_at", "attempted_at")

Status = QueueItem.Status
_TURNS = (Status.SENT, Status.UNCONFIRMED, Status.PENDING, Status.FAILED, Status.SKIPPED)
_OLD_WORDS = {
    "processing": Status.SENDING,
    "cancelled": Status.SKIPPED,
    "canceled": Status.SKIPPED,
}
CANCELLED = "Cancelled in the old queue."
_REQUESTS = {
    *("", "connectionrequest", "connectionrequests", "connection", "connect", "cr"),
    *("invite", "invitation", "connectioninvite", "connectioninvitation"),
}
_TO_WHO_IS_CONNECTED = re.compile(r"message|followup|^dm\d*$")
_TO_STRANGERS = re.compile(r"inmail|openprofile|openmessage")
# Answers that say no for certain. 408 and 429 are said on the way, too, and have hidden an effect.
_REFUSED = re.compile(r"(?<!\d)4(?!08|29)\d\d(?!\d)|\binvalid_recipient\b|\bblocked_recipient\b")
_LIKE_AN_ID = re.compile(r"AC[ow]|AE[A-Z]|urn:|\d*$")
_TRUE = {"t", "true", "1", "yes", "y"}
_UNFILLED = re.compile(r"\{\{|\}\}|\{%|\{[A-Za-z_]\w*\}")


@dataclass(frozen=True, slots=True)
class OldRow:
    """What a row comes to. Instants are UTC.

    `status` is the item's: one that may have been sent is unconfirmed. `sent_at` is given where it
    was sent: then `status` is sent, or skipped where somebody set it aside afterwards. `tried_at`:
    when it was last tried without a clear answer. `kind` is empty for a connection request, else
    what the file calls it; `shows` is then what it tells of the person, if anything.
    """

    id: uuid.UUID
    candidate: Candidate
    status: Status
    message: str
    error_message: str
    scheduled_for: dt.datetime
    sent_at: dt.datetime | None
    claimed_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime
    tried_at: dt.datetime | None = None
    kind: str = ""
    shows: Prospect.Status | None = None

    @property
    def keys(self) -> set[str]:
        """What the person may be known by."""
        return {self.candidate.identity.slug, self.candidate.user_id} - {""}


class OldTable:
    """A file of the old table's rows."""

    def __init__(
        self,
        table: Table,
        mapping: ColumnMapping,
        *,
        namespace: uuid.UUID,
        note_limit: int,
        now: dt.datetime,
    ) -> None:
        """Find the queue's columns, which say nothing about the person.

        :param namespace: where ids that are no UUIDs are unique, such as the campaign's id.
        :param note_limit: of the account that will send, in characters.
        :raises UnreadableFileError: where a needed column is missing, or one stands there twice.
        """
        self._table, self._namespace = table, namespace
        self._note_limit, self._now = note_limit, now
        self._index = _queue_columns(mapping)
        about_the_queue = set(self._index.values())
        self._mapping = replace(
            mapping,
            fields=tuple(
                headers.IGNORE if index in about_the_queue else field
                for index, field in enumerate(mapping.fields)
            ),
            variables=tuple(
                "" if index in about_the_queue else name
                for index, name in enumerate(mapping.variables)
            ),
        )

        # The old system also kept slugs and addresses where an id belongs: they name people, too.
        as_name = {headers.LINKEDIN_USER_ID: headers.PUBLIC_IDENTIFIER}
        if headers.PUBLIC_IDENTIFIER in mapping.fields:
            as_name = {}
        fields = tuple(as_name.get(field, field) for field in self._mapping.fields)
        self._with_names_for_ids = replace(self._mapping, fields=fields)
        self._id_column = mapping.column(headers.LINKEDIN_USER_ID)

    def rows(self) -> Iterator[OldRow | Verdict]:
        """Yield each row once, or why it is refused: first what was sent, then what may have been,
        what waits, and what has ended.

        A table may hold a person more than once, and what weighs most must come first. The file is
        read once for each, so that it need not fit into memory.

        :raises UnreadableFileError: where the file breaks off.
        """
        for turn in _TURNS:
            for row in self._table.rows():
                found = self._read(row, turn)
                if found is not None:
                    yield found

    def _read(self, row: Row, turn: Status) -> OldRow | Verdict | None:
        """Return what a row says, or None where it is not its turn."""
        its_turn, name = _TURNS[0], ""
        try:
            cells = fitted_cells(row, self._mapping)
            status, was_sent = self._status(cells)
            kind, shows = self._kind(cells, was_sent=was_sent)
            its_turn = Status.SENT if was_sent else status
            if kind and shows != Prospect.Status.CONNECTED:
                its_turn = _TURNS[-1]
            if its_turn != turn:
                return None
            is_id = _LIKE_AN_ID.match(cell(cells, self._id_column))
            candidate = candidate_in(row, self._mapping if is_id else self._with_names_for_ids)
            name = candidate.shown_as
            return self._old_row(candidate, status, kind, shows)
        except RowRefusedError as refused:
            if its_turn != turn:
                return None
            outcome = verdicts.Outcome.REFUSED
            return Verdict(row.number, outcome, name, refused.field, refused.reason)

    def _kind(
        self, cells: tuple[str, ...], *, was_sent: bool
    ) -> tuple[str, Prospect.Status | None]:
        """Return what a row is, empty for a connection request, and what it shows of the person.

        A message that went to somebody who must be connected shows that they are. An InMail holds
        them: they were written to.
        """
        told = self._text(cells, "message_type")
        name = headers.squeezed(told)
        needs_connection = self._text(cells, "requires_connection").lower() in _TRUE
        if name in _REQUESTS and not needs_connection:
            return "", None
        kind = told if name not in _REQUESTS else "message to a connection"
        if not was_sent:
            return kind, None
        if _TO_STRANGERS.search(name):
            return kind, Prospect.Status.SKIPPED
        is_connected = needs_connection or _TO_WHO_IS_CONNECTED.search(name)
        return kind, Prospect.Status.CONNECTED if is_connected else None

    def _status(self, cells: tuple[str, ...]) -> tuple[Status, bool]:
        """Return what becomes of a row, and whether its person was invited for certain.

        A row that contradicts itself, or was being sent, is unconfirmed.
        """
        text = self._text(cells, "status").lower()
        if text not in {*Status.values, *_OLD_WORDS}:
            known = ", ".join([*Status.values, "processing", "cancelled"])
            raise self._refusal("status", f"“{text[:50]}” is none of {known}" if text else "empty")
        status, has_time = _OLD_WORDS.get(text) or Status(text), bool(self._text(cells, "sent_at"))
        if status == Status.SENT or (status == Status.SKIPPED and has_time):
            return status, True
        if status == Status.SENDING or has_time:
            return Status.UNCONFIRMED, False
        return status, False

    def _old_row(
        self, candidate: Candidate, status: Status, kind: str, shows: Prospect.Status | None
    ) -> OldRow:
        cells = candidate.cells
        created_at, updated_at = self._at(cells, "created_at"), self._at(cells, "updated_at")
        scheduled_for, sent_at = self._at(cells, "scheduled_for"), self._at(cells, "sent_at")
        if sent_at and sent_at > self._now:
            told = f"{sent_at:%Y-%m-%d %H:%M} UTC is in the future. Times without offset are UTC"
            raise self._refusal("sent_at", told)
        called_at = sent_at or updated_at or scheduled_for
        message = self._text(cells, "message")
        if status == Status.PENDING and not kind:
            self._check_pending(message, scheduled_for)
        if status == Status.SENT and called_at is None:
            raise self._refusal("sent_at", "empty, and no other column says when it was sent")
        called_at = min(called_at or self._now, self._now)
        return OldRow(
            id=self._id(cells),
            candidate=candidate,
            status=status,
            message=message,
            error_message=self._error_message(cells),
            scheduled_for=scheduled_for or called_at,
            sent_at={Status.SENT: called_at, Status.SKIPPED: sent_at}.get(status),
            claimed_at=called_at if status == Status.UNCONFIRMED else None,
            created_at=created_at or called_at,
            updated_at=updated_at or called_at,
            tried_at=called_at if self._may_have_arrived(cells, status) else None,
            kind=kind,
            shows=shows,
        )

    def _error_message(self, cells: tuple[str, ...]) -> str:
        told = self._text(cells, "error_message")
        is_cancelled = self._text(cells, "status").lower().startswith("cancel")
        return f"{CANCELLED} {told}".strip() if is_cancelled else told

    def _may_have_arrived(self, cells: tuple[str, ...], status: Status) -> bool:
        """Return whether what is in doubt, failed, or waits after a try was not surely refused.

        The old system did not tell "refused" from "no answer".
        """
        told = self._text(cells, "error_message")
        tried = [self._text(cells, column) for column in TRIES]
        was_tried = status == Status.FAILED or bool(told) or any(t not in {"", "0"} for t in tried)
        may_go_again = status in {Status.FAILED, Status.PENDING}
        refused = _REFUSED.search(told)
        return status == Status.UNCONFIRMED or (may_go_again and was_tried and not refused)

    def _check_pending(self, message: str, scheduled_for: dt.datetime | None) -> None:
        """Refuse what would fail, or would better not be sent."""
        if scheduled_for is None:
            raise self._refusal("scheduled_for", "empty, but the row is pending")
        if len(message) > self._note_limit:
            told = f"longer than {self._note_limit} characters, the most that the account may send"
            raise self._refusal("message", told)
        if unfilled := _UNFILLED.search(message):
            raise self._refusal("message", f"holds an unfilled variable: {unfilled[0]}")

    def _id(self, cells: tuple[str, ...]) -> uuid.UUID:
        """Return the row's id, which keeps a second import from adding it again."""
        text = self._text(cells, "id")
        if not text:
            raise self._refusal("id", "empty")
        try:
            return uuid.UUID(text)
        except ValueError:
            return uuid.uuid5(self._namespace, text)

    def _at(self, cells: tuple[str, ...], column: str) -> dt.datetime | None:
        """Return an instant as PostgreSQL and ISO 8601 write it; without offset it is UTC."""
        text = self._text(cells, column)
        if not text:
            return None
        try:
            at = dt.datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
        except (ValueError, OverflowError) as error:
            told = f"“{text[:50]}” is no time. Write it as 2025-11-24 14:00:00+00"
            raise self._refusal(column, told) from error

    def _text(self, cells: tuple[str, ...], column: str) -> str:
        return cell(cells, self._index.get(column))

    def _refusal(self, column: str, reason: str) -> RowRefusedError:
        return RowRefusedError(self._mapping.header[self._index[column]], reason)


def _queue_columns(mapping: ColumnMapping) -> dict[str, int]:
    """Return where the queue's own columns are.

    :raises UnreadableFileError: where a needed one is missing, or one stands there twice.
    """
    names = [headers.squeezed(name) for name in mapping.header]
    index: dict[str, int] = {}
    for column in (*NEEDED, *OPTIONAL, *KINDS, *TRIES):
        found = [at for at, name in enumerate(names) if name == headers.squeezed(column)]
        if len(found) > 1:
            raise UnreadableFileError(
                f"The column “{column}” stands there twice. Export all columns of send_queue, and "
                "of the prospects only first_name, last_name and linkedin_url."
            )
        index |= dict.fromkeys([column], found[0]) if found else {}
    missing = [column for column in NEEDED if column not in index]
    if missing:
        raise UnreadableFileError(
            f"This is no export of send_queue: it has no column {', '.join(missing)}."
        )
    return index
