"""The person in a row: who it is, and what is known of them, cleaned."""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from campaigns import people
from campaigns.cells import as_written
from campaigns.importing import headers
from campaigns.importing.columns import ColumnMapping
from campaigns.importing.rows import Row
from campaigns.models import Campaign, Prospect
from campaigns.people import names

LONGEST = {"first_name": 200, "last_name": 200, "company": 300, "location": 300, "headline": 2_000}
LONGEST_VARIABLE = 10_000
_CONNECTED = re.compile(
    r"1(?:st|\.|º|°|er|ère|e)?|first(?:[ _]degree)?|distance_1|yes|true|connected|.*\d{2}.*",
    re.IGNORECASE | re.DOTALL,
)  # in the first degree, or since a day
_LINE_BREAK = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


class RowRefusedError(Exception):
    """The row cannot be imported. `field` is the column at fault, as the file names it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person that could be imported. `identified_by` is the column that says who it is.

    `user_id` is the LinkedIn user id that the row has, also beside a public address.
    `is_connected`: the row says that they are a connection of whoever exported it.
    """

    row: int
    identity: people.Identity
    user_id: str
    identified_by: str
    values: dict[str, str]
    variables: dict[str, str]
    cells: tuple[str, ...]
    is_connected: bool = False

    @property
    def person_key(self) -> str:
        return self.identity.slug or self.identity.user_id

    @property
    def company_key(self) -> str:
        return people.company_key(self.values["company"])

    @property
    def name(self) -> tuple[str, str]:
        return self.values["first_name"], self.values["last_name"]

    @property
    def shown_as(self) -> str:
        return " ".join(self.name).strip() or self.person_key

    def prospect(self, campaign: Campaign) -> Prospect:
        """Return the prospect, not yet saved, with its address in the normal form."""
        slug, user_id = self.identity
        return Prospect(
            campaign=campaign,
            profile_url=people.profile_address(slug) if slug else "",
            public_identifier=slug,
            linkedin_user_id=user_id,
            variables=self.variables,
            **self.values,
        )


def candidate_in(row: Row, mapping: ColumnMapping) -> Candidate:
    """Return the person in a row.

    An id of LinkedIn's is kept only where the row has no public address: it is good for the account
    alone that found it, and nobody knows here which one did.

    :raises RowRefusedError: naming the column and what is wrong with it.
    """
    cells = fitted_cells(row, mapping)
    found = _identities(cells, mapping)
    identity, identified_by = next((each for each in found if each[0].slug), found[0])
    # The column of ids comes last, and is trusted more than an address with an id in it.
    user_id = next((each.user_id for each, _ in reversed(found) if each.user_id), "")
    return Candidate(
        row=row.number,
        identity=identity,
        user_id=user_id,
        identified_by=identified_by,
        values=_values(cells, mapping),
        variables=_variables(cells, mapping),
        cells=cells,
        is_connected=bool(_CONNECTED.fullmatch(cell(cells, mapping.connected))),
    )


def _values(cells: tuple[str, ...], mapping: ColumnMapping) -> dict[str, str]:
    """Return what a row says of a person by field; a name that is none is left out."""
    values = {name: _value(cells, mapping, name) for name in LONGEST}
    whole = names.without_empty_words(_line(cell(cells, mapping.column(headers.FULL_NAME))))
    first_name, last_name = names.completed(values["first_name"], values["last_name"], whole)
    if names.is_nobody(first_name, last_name):
        values["headline"] = values["headline"] or names.job_in(first_name, last_name)
        first_name = last_name = ""
    longest = LONGEST["first_name"]
    return values | {"first_name": first_name[:longest], "last_name": last_name[:longest]}


def cell(cells: tuple[str, ...], index: int | None, *, of_a_name: bool = False) -> str:
    """Return a cell's text, empty where there is no such column or the cell holds nothing."""
    text = "" if index is None else cells[index].strip()
    return "" if people.is_nothing(text, of_a_name=of_a_name) else text


def identities_in(row: Row, mapping: ColumnMapping) -> set[people.Identity]:
    """Return all that a row says of who a person is: a public address, a user id, or both.

    :raises RowRefusedError: where it says nothing.
    """
    return {identity for identity, _ in _identities(fitted_cells(row, mapping), mapping)}


def company_in(row: Row, mapping: ColumnMapping) -> str:
    """Return the company in a row.

    :raises RowRefusedError: where there is none.
    """
    index = mapping.column("company")
    company = _value(fitted_cells(row, mapping), mapping, "company")
    if not people.company_key(company):
        raise RowRefusedError("" if index is None else mapping.header[index], "no company")
    return company


def fitted_cells(row: Row, mapping: ColumnMapping) -> tuple[str, ...]:
    """Return a row's cells, as many as the header has.

    :raises RowRefusedError: where they cannot be read, or are more.
    """
    if row.problem:
        raise RowRefusedError("", row.problem)
    width = len(mapping.header)
    if problem := row.too_wide_for(width):
        raise RowRefusedError("", problem)
    return row.cells[:width] + ("",) * (width - len(row.cells))


def _identities(
    cells: tuple[str, ...], mapping: ColumnMapping
) -> list[tuple[people.Identity, str]]:
    """Return each identity that the row holds, at least one, with the name of its column."""
    found: list[tuple[people.Identity, str]] = []
    refusals: list[RowRefusedError] = []
    for index in _identifying(mapping):
        text = cell(cells, index)
        if not text:
            continue
        try:
            found.append((_identity_in_cell(text, mapping.fields[index]), mapping.header[index]))
        except ValidationError as error:
            refusals.append(RowRefusedError(mapping.header[index], " ".join(error.messages)))
    if found:
        return found
    if refusals:
        raise refusals[0]
    raise RowRefusedError(mapping.header[_identifying(mapping)[0]], "no profile address")


def _identifying(mapping: ColumnMapping) -> list[int]:
    others = (mapping.column(headers.PUBLIC_IDENTIFIER), mapping.column(headers.LINKEDIN_USER_ID))
    return [*mapping.addresses, *(index for index in others if index is not None)]


def _identity_in_cell(text: str, field: str) -> people.Identity:
    if field == headers.PROFILE_URL:
        return people.identity_of(text)
    if field == headers.PUBLIC_IDENTIFIER:
        return people.identity_in(text)
    return people.Identity(user_id=people.user_id_in(text))


def _value(cells: tuple[str, ...], mapping: ColumnMapping, name: str) -> str:
    index = mapping.column(name)
    text = _line(cell(cells, index, of_a_name=name in {"first_name", "last_name"}))
    if index is not None and len(text) > LONGEST[name]:
        raise RowRefusedError(mapping.header[index], f"longer than {LONGEST[name]:,} characters")
    return text


def _variables(cells: tuple[str, ...], mapping: ColumnMapping) -> dict[str, str]:
    variables = {}
    for index, name in enumerate(mapping.variables):
        text = _text(cell(cells, index)) if name else ""
        if len(text) > LONGEST_VARIABLE:
            raise RowRefusedError(
                mapping.header[index], f"longer than {LONGEST_VARIABLE:,} characters"
            )
        if text:
            variables[name] = text
    return variables


def _text(value: str) -> str:
    """Return a cell in one spelling (NFC), without what cannot be seen, its line breaks kept."""
    text = _LINE_BREAK.sub("\n", as_written(value))
    text = _CONTROL_IN_TEXT.sub("", people.INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", text).strip()


def _line(value: str) -> str:
    return " ".join(_text(value).split())
