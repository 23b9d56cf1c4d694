"""Which column of a file is what: guessed from its name and its cells, corrected by staff."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from campaigns import people
from campaigns.importing import headers
from campaigns.importing.headers import (
    FULL_NAME,
    IGNORE,
    LINKEDIN_USER_ID,
    PROFILE_URL,
    PUBLIC_IDENTIFIER,
    recognised,
    squeezed,
)
from campaigns.importing.rows import MAX_COLUMNS, UnreadableFileError

VARIABLE = "variable"

FIELDS = (*headers.NAMES, VARIABLE)
LABELS = {
    PROFILE_URL: "Profile address",
    PUBLIC_IDENTIFIER: "Last part of the profile address",
    LINKEDIN_USER_ID: "LinkedIn user id",
    "first_name": "First name",
    "last_name": "Last name",
    FULL_NAME: "Whole name",
    "headline": "Headline",
    "company": "Company",
    "location": "Location",
    VARIABLE: "Extra column",
    IGNORE: "Leave out",
}
"""What staff read for a field."""
_OFTEN = {PROFILE_URL, VARIABLE, IGNORE}  # any number of columns
IDENTIFYING = (PROFILE_URL, PUBLIC_IDENTIFIER, LINKEDIN_USER_ID)

_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMING = {"first_name", FULL_NAME}
_TAKEN_NAMES = {"first_name", "last_name", "company", "headline", "location"}


class MappingError(Exception):
    """A correction of the guessed columns is wrong."""


@dataclass(frozen=True)
class ColumnMapping:
    """What each column of a header is: `fields[i]` and `variables[i]` belong to `header[i]`.

    `variables[i]` is empty unless `fields[i]` is VARIABLE. `addresses` are the columns of profile
    addresses, the most trustworthy first. `connected` is the one that says whether, or since when,
    the person is a connection; it may be an extra column, too.
    """

    header: tuple[str, ...]
    fields: tuple[str, ...]
    variables: tuple[str, ...]
    addresses: tuple[int, ...]
    connected: int | None = None

    @property
    def names_people(self) -> bool:
        """Whether a column holds first names, or whole ones."""
        return bool(_NAMING & set(self.fields))

    def column(self, field: str) -> int | None:
        """Return the index of the column that holds a field, or None."""
        return self.fields.index(field) if field in self.fields else None

    def described(self) -> dict[str, str]:
        """Return what each named column is taken for, for staff to check."""
        return {
            self._named(name, index): f"{{{{ {variable} }}}}" if field == VARIABLE else field
            for index, (name, field, variable) in enumerate(
                zip(self.header, self.fields, self.variables, strict=True)
            )
        }

    def _named(self, name: str, index: int) -> str:
        if not name or self.header.index(name) < index:
            return f"{name} (column {index + 1})".strip()
        return name


def name_of_links(header: Sequence[str], column: int) -> str:
    """Return the name of the column of profiles that another column's cells link to.

    One by which it is recognised, here and in the file of the rejects.
    """
    return f"LinkedIn ({header[column] or f'column {column + 1}'} link)"


def header_score(cells: Sequence[str], named: Sequence[str] = ()) -> int:
    """Return how much a row looks like a header: recognised names, those of persons far above.

    :param named: names that staff have given, squeezed.
    """
    names = {squeezed(cell): cell for cell in cells}
    known = [name for name, cell in names.items() if name in named or recognised(cell)]
    return len(known) + (100 if names_people(cells, named) else 0)


def names_people(cells: Sequence[str], named: Sequence[str] = ()) -> bool:
    """Return whether a row has the name of a column that says who is meant, or one of `named`."""
    return any(squeezed(cell) in named or recognised(cell) in IDENTIFYING for cell in cells)


def guess(
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    corrections: Mapping[str, str],
    identifying: Sequence[str] = IDENTIFYING,
) -> ColumnMapping:
    """Return what the columns are.

    :param sample: some rows, by which an address column with an unknown name is found.
    :param corrections: column name → one of `FIELDS`; they win over any guess.
    :param identifying: fields of which the file needs one.
    :raises MappingError: where a correction is wrong.
    :raises UnreadableFileError: where no column says who is meant.
    """
    fields = guessed_fields(header, sample, corrections)
    return mapped(header, fields, identifying, corrections)


def guessed_fields(
    header: Sequence[str], sample: Sequence[Sequence[str]], corrections: Mapping[str, str]
) -> list[str]:
    """Return a field for each column; see `guess`."""
    if len(header) > MAX_COLUMNS:
        raise UnreadableFileError(f"The file has more than {MAX_COLUMNS:,} columns.")
    fields = _corrected(header, corrections)
    _guess_by_name(header, fields)
    _guess_behind_prefix(header, fields)
    by_name = [index for index, field in fields.items() if field == PROFILE_URL]
    if not any(_profiles_in(sample, index) for index in by_name):  # “URL” may be their websites
        _guess_by_cells(header, sample, fields)
    return [fields.get(index, VARIABLE) for index in range(len(header))]


def mapped(
    header: Sequence[str],
    fields: Sequence[str],
    identifying: Sequence[str] = IDENTIFYING,
    corrections: Mapping[str, str] = MappingProxyType({}),
) -> ColumnMapping:
    """Return the mapping in which each column is the field that stands in its place.

    :raises MappingError: where two columns are one field.
    :raises UnreadableFileError: where no column says who is meant.
    """
    for field in set(fields) - _OFTEN:
        if fields.count(field) > 1:
            raise MappingError(f"Two columns are mapped to “{LABELS[field]}”. Map one of them.")
    if not set(identifying) & set(fields):
        wanted = " or ".join(f"“{LABELS[field]}”" for field in identifying)
        raise UnreadableFileError(
            f"No column was recognised as {wanted}. The columns are: "
            f"{_listed(header)}. If one is, say which.",
            f"--map “COLUMN={identifying[0]}”",
        )
    addresses = [index for index, field in enumerate(fields) if field == PROFILE_URL]
    return ColumnMapping(
        header=tuple(header),
        fields=tuple(fields),
        variables=variable_names(header, fields),
        addresses=tuple(sorted(addresses, key=lambda i: _trust(header[i], corrections))),
        connected=column_of_connections(header, fields),
    )


def column_of_connections(header: Sequence[str], fields: Sequence[str]) -> int | None:
    """Return the extra column that says who is a connection, or None."""
    found = (
        index
        for index, (name, field) in enumerate(zip(header, fields, strict=True))
        if field == VARIABLE and headers.is_of_connection(name)
    )
    return next(found, None)


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:60]}”" for name in header[:30] if name)
    return f"{shown}, …" if len(header) > 30 else shown or "(none)"


def _trust(name: str, corrections: Mapping[str, str]) -> int:
    if squeezed(name) in {squeezed(corrected) for corrected in corrections}:
        return -1
    return headers.rank(name)


def _corrected(header: Sequence[str], corrections: Mapping[str, str]) -> dict[int, str]:
    names = [squeezed(name) for name in header]
    fields: dict[int, str] = {}
    for name, field in corrections.items():
        if field not in FIELDS:
            raise MappingError(f"“{field}” is no field. Use one of: {', '.join(FIELDS)}.")
        if names.count(squeezed(name)) != 1:
            found = "stands twice in" if squeezed(name) in names else "is not in"
            raise MappingError(f"“{name}” {found} the header: {_listed(header)}.")
        fields[names.index(squeezed(name))] = field
    return fields


def _guess_by_name(header: Sequence[str], fields: dict[int, str]) -> None:
    """Add the columns whose names are known: one for a field, but any number for addresses."""
    best: dict[str, tuple[int, int]] = {}
    for index, name in enumerate(header):
        field = recognised(name)
        if index in fields or not field:
            continue
        if field in {PROFILE_URL, IGNORE}:
            fields[index] = field
        elif field not in fields.values():
            rank = headers.rank(name)
            best[field] = min(best.get(field, (rank, index)), (rank, index))
    for field, (_, index) in best.items():
        fields[index] = field
    _take_for_whole_names(header, fields)


def _guess_behind_prefix(header: Sequence[str], fields: dict[int, str]) -> None:
    """Add columns whose names are known behind a word that the file puts in front of them."""
    prefix = headers.prefix_of_names(header)
    names = [squeezed(name) for name in header]
    of_names = [names[index] for index, field in fields.items() if field in _NAMING]
    if prefix and all(name.startswith(prefix) for name in of_names):
        bare = [name.removeprefix(prefix) if name.startswith(prefix) else "" for name in names]
        _guess_by_name(bare, fields)


def _take_for_whole_names(header: Sequence[str], fields: dict[int, str]) -> None:
    """Take `Nom`, `Nome` or `Nombre` for whole names where no column has the other half."""
    halves = [index for index, field in fields.items() if field in {"first_name", "last_name"}]
    if len(halves) == 1 and FULL_NAME not in fields.values():
        (index,) = halves
        if headers.is_whole_name_alone(squeezed(header[index])):
            fields[index] = FULL_NAME


def _guess_by_cells(
    header: Sequence[str], sample: Sequence[Sequence[str]], fields: dict[int, str]
) -> None:
    """Take a column of unknown name for addresses if most of its cells are LinkedIn profiles."""
    for index in range(len(header)):
        cells = sum(bool(row[index].strip()) for row in sample if index < len(row))
        if index not in fields and _profiles_in(sample, index) * 2 > cells:
            fields[index] = PROFILE_URL  # each row says what is wrong with its own


def _profiles_in(sample: Sequence[Sequence[str]], index: int) -> int:
    return sum(people.looks_like_profile(row[index]) for row in sample if index < len(row))


def variable_names(header: Sequence[str], fields: Sequence[str]) -> tuple[str, ...]:
    """Return a name for each extra column that `{{ … }}` in a message can use, each once."""
    taken = set(_TAKEN_NAMES)
    names = []
    for index, title in enumerate(header):
        if fields[index] != VARIABLE:
            names.append("")
            continue
        name = stem = _snake_case(title) or f"column_{index + 1}"
        count = 1
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def _snake_case(title: str) -> str:
    plain = unicodedata.normalize("NFKD", _CAMEL_HUMP.sub(" ", title))
    plain = plain.encode("ascii", "ignore").decode().lower()
    name = "_".join(re.findall(r"[a-z0-9]+", plain))[:50].strip("_")
    return f"_{name}" if name[:1].isdigit() else name
