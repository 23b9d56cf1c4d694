"""A row of a file, before anyone asks what it means."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

MAX_COLUMNS = 1_000


class UnreadableFileError(Exception):
    """The file as a whole cannot be read; the text says what to do.

    `option` is what would help on the command line, where pages of the admin have a field.
    """

    def __init__(self, text: str, option: str = "") -> None:
        super().__init__(text)
        self.option = option

    def on_command_line(self) -> str:
        return f"{self} Use {self.option}." if self.option else str(self)


class Link(NamedTuple):
    """The address of a LinkedIn profile behind a cell: its column, from 0."""

    column: int
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts as a spreadsheet does, from 1. `problem` says why it could not be read.

    `is_hidden`: by hand or by a filter, so that people do not see it.
    """

    number: int
    cells: tuple[str, ...]
    problem: str = ""
    links: tuple[Link, ...] = ()
    is_hidden: bool = False

    @classmethod
    def checked(cls, number: int, cells: Iterable[str]) -> Self:
        """Return a row, or one with a problem where its cells are nothing to work with."""
        kept = tuple(cells)
        if len(kept) > MAX_COLUMNS:
            return cls(number, kept[:10], f"the row has more than {MAX_COLUMNS:,} cells")
        if any("\0" in cell for cell in kept):
            clean = tuple(cell.replace("\0", "\ufffd") for cell in kept)
            return cls(number, clean, "the row holds NUL characters, as damaged files do")
        return cls(number, kept)

    def too_wide_for(self, width: int) -> str:
        """Say that the row has more cells than the header, or nothing."""
        if not any(map(str.strip, self.cells[width:])):
            return ""
        return (
            f"the row has {len(self.cells)} cells and the header {width}: a cell that holds the "
            "delimiter needs quotation marks"
        )
