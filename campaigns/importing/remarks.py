"""What staff are told of a file as a whole, before and after the import; page and command alike."""

from collections.abc import Mapping

from campaigns.importing.columns import ColumnMapping
from campaigns.importing.reading import Table
from campaigns.importing.verdicts import Mark


def on_table(table: Table) -> list[str]:
    """Say what of a workbook is not read."""
    names = ", ".join(table.not_read)
    return [f"Other sheets of the workbook are not read: {names}."] if names else []


def on_people(
    mapping: ColumnMapping, added: int, marks: Mapping[Mark, int] | Mapping[str, int]
) -> list[str]:
    """Say what is to be known of the people who are added.

    :param marks: how many of them have each mark.
    """
    remarks = []
    without_name = marks.get(Mark.WITHOUT_NAME, 0)
    if not mapping.names_people:
        remarks.append(
            "The file has no first names: no column was recognised as “First name” or “Whole "
            "name”. A message with {{ first_name }} leaves everybody out."
        )
    elif without_name:
        remarks.append(
            f"{without_name:,} of {added:,} new people have no first name. A message with "
            '{{ first_name }} leaves them out, unless it says {{ first_name|default:"there" }}.'
        )
    if connected := marks.get(Mark.CONNECTED, 0):
        column = mapping.header[mapping.connected] if mapping.connected is not None else ""
        remarks.append(
            f"{connected:,} of {added:,} new people are connected already, says the column "
            f"“{column}”. They are imported as connected: nobody invites them."
        )
    return remarks
