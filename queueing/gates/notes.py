"""Is a request's note longer than LinkedIn takes from its account? The same answer in SQL."""

from enum import IntEnum

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce, Least

from campaigns.messages import NOTE_LIMITS
from queueing.models import Kind


class Note(IntEnum):
    """What the gates tell apart of an item's text."""

    NONE = 0
    FITS = 1
    TOO_LONG = 2

    def length(self, limit: int) -> int:
        """Return a length of such a note, for an account that may send so many characters."""
        return (0, min(1, limit), limit + 1)[self]


_BY_TYPE = Case(
    *(
        When(linkedin_account__account_type=kind, then=Value(limit))
        for kind, limit in NOTE_LIMITS.items()
    ),
    output_field=IntegerField(),
)
NOTE_LIMIT = Least(_BY_TYPE, Coalesce(F("linkedin_account__longest_note"), _BY_TYPE))
"""`LinkedInAccount.note_limit` of an item's account."""

TOO_LONG = Q(kind=Kind.CONNECTION_REQUEST, note_length__gt=NOTE_LIMIT)
"""Items that wait until somebody shortens the note, or the account may send longer ones."""

KIND_OF_NOTE = Case(
    When(note_length=0, then=Value(Note.NONE.value)),
    When(TOO_LONG, then=Value(Note.TOO_LONG.value)),
    default=Value(Note.FITS.value),
    output_field=IntegerField(),
)

OF_ITS_ACCOUNT = "[array_position(%s::uuid[], send_queue.linkedin_account_id)]"
"""An element of an array, as many as accounts are in the parameter that follows it."""

HAS_NOTE = {
    Note.NONE: "send_queue.note_length = 0",
    Note.FITS: f"send_queue.note_length BETWEEN 1 AND (%s::int[]){OF_ITS_ACCOUNT}",
    Note.TOO_LONG: f"send_queue.note_length > (%s::int[]){OF_ITS_ACCOUNT}",
}
"""The conditions of `KIND_OF_NOTE` again, for limits and accounts given as parameters."""
