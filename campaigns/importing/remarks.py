"""What staff are told of a file as a whole, before and after the import; page and command alike."""

from collections.abc import Mapping

from campaigns.importing.columns import ColumnMapping
from campaigns.importing.reading import Table
from campaigns.importing.verdicts import Mark


def on_table(table: Table) -> list[str]:
    """Say what of a workbook is not read, and what of it is read that people do not see."""
    remarks = []
    if table.not_read:
        others = ", ".join(table.not_read)
        remarks.append(f"Other sheets of the workbook are not read: {others}.")
    if table.hidden_sheets:
        hidden = ", ".join(table.hidden_sheets)
        remarks.append(f"Hidden sheets of the workbook are not read: {hidden}.")
    if table.hidden_rows:
        one = table.hidden_rows == 1
        rows = "1 row" if one else f"{table.hidden_rows:,} rows"
        not_read = "" if table.with_hidden else " not"
        remarks.append(
            f"{rows} of the sheet {'is' if one else 'are'} hidden or filtered out, and{not_read} "
            f"read{', too' if table.with_hidden else ''}."
        )
    return remarks


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
