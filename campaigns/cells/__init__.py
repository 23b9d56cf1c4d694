"""How is a cell written so that every spreadsheet shows it and none runs it?

Strangers wrote the texts: in exports, and in the rows that an import gives back.
"""

import re

# What a spreadsheet takes for a formula; full-width signs too: East Asian ones do.
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
_BEGINS_A_FORMULA = re.compile(rf"[\s{re.escape(SIGNS)}]")
_ESCAPED = re.compile(rf"\A'(?=[\s{re.escape(SIGNS)}])")


def as_text(cell: str) -> str:
    """Return a cell that is text whatever it begins with; spaces before a sign hide nothing."""
    return f"'{cell}" if _BEGINS_A_FORMULA.match(cell) else cell


def as_written(cell: str) -> str:
    """Return what `as_text`, or a spreadsheet, was given."""
    return _ESCAPED.sub("", cell)
