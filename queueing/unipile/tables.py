"""What a table of errors is: from the types of one API to our vocabulary, row by row.

A row is PROVEN where what the type means is documented, or was seen live, and can be one thing
only. Where that is not so it is CONSERVATIVE: it says what costs least if it is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from queueing.unipile.outcomes import Outcome


class Sure(StrEnum):
    """How sure it is what a type means."""

    PROVEN = "proven"
    CONSERVATIVE = "conservative"


class About(StrEnum):
    """What a type is about, where its outcome does not say that by itself."""

    PERSON = "person"
    TEXT = "text"
    CONNECTION = "connection"  # a message to somebody who is not connected, or no longer
    TOMORROW = "tomorrow"  # no other message to this person for a day


@dataclass(frozen=True)
class Row:
    """What some types mean with one status. `types` has them parted by spaces.

    `wrong_id`: they may say that an id is not, or no longer, one of this account's.
    """

    sure: Sure
    status: int
    outcome: Outcome
    types: str
    about: tuple[About, ...] = ()
    wrong_id: bool = False


def proven(status: int, outcome: Outcome, types: str, *about: About, wrong_id: bool = False) -> Row:
    """Return a row that can mean one thing only."""
    return Row(Sure.PROVEN, status, outcome, types, about, wrong_id)


def conservative(
    status: int, outcome: Outcome, types: str, *about: About, wrong_id: bool = False
) -> Row:
    """Return a row that says what costs least if it is wrong."""
    return Row(Sure.CONSERVATIVE, status, outcome, types, about, wrong_id)


@dataclass(frozen=True)
class ErrorTable:
    """What the errors of one API mean.

    `by_status`: an envelope with a type that nobody has described. `without_envelope`: an error
    page of a proxy, or a body that broke off: it says nothing about the person, so no item fails
    for it. Every status that is in none of them is UNKNOWN. `gone`: the types that say that what
    was named is not there. `prefix`: what stands before every type on the wire.
    """

    rows: tuple[Row, ...]
    by_status: Mapping[int, Outcome]
    without_envelope: Mapping[int, Outcome]
    gone: frozenset[str]
    prefix: str = ""

    def __call__(self, status: int, error_type: str) -> Outcome:
        """Type first, then status; where the two disagree about the doubt, there is doubt."""
        exact = self.meaning.get((status, error_type))
        if exact is not None:
            return exact
        elsewhere = {o for (_, known), o in self.meaning.items() if known == error_type}
        by_status = self.by_status.get(status, Outcome.UNKNOWN)
        if not elsewhere:
            return by_status
        if Outcome.UNKNOWN in elsewhere:
            return Outcome.UNKNOWN
        if 400 <= status < 500 and status != 408:
            return elsewhere.pop()
        return by_status

    @cached_property
    def meaning(self) -> Mapping[tuple[int, str], Outcome]:
        """(HTTP status, type without `prefix`) -> outcome."""
        return {(row.status, each): row.outcome for row in self.rows for each in row.types.split()}

    @cached_property
    def wrong_id(self) -> frozenset[str]:
        """The types that may say that an id is not, or no longer, one of this account's."""
        return frozenset(each for row in self.rows if row.wrong_id for each in row.types.split())

    def about(self, what: About) -> frozenset[str]:
        """Return the types that are about something."""
        return frozenset(
            each for row in self.rows if what in row.about for each in row.types.split()
        )
