"""What the import commands have in common on the command line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from campaigns.importing import columns
from campaigns.importing.columns import ColumnMapping, MappingError
from campaigns.importing.reading import SHEET, Table, is_text_encoding, read_table
from campaigns.importing.verdicts import Verdict

SHOWN = 20
WRONG_USAGE = 2


def add_file(parser: ArgumentParser) -> None:
    """Add the file and how it is read."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX")
    parser.add_argument(
        "--encoding", default="", metavar="NAME", help="of a CSV that is not UTF-8, such as cp1252"
    )
    parser.add_argument(
        SHEET,
        default="",
        metavar="NAME",
        help="of a workbook; without it the first one with people that is not hidden",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        dest="corrections",
        metavar="COLUMN=FIELD",
        help=f"what a column is, where the guess is wrong: {', '.join(columns.FIELDS)}",
    )
    parser.add_argument("--dry-run", action="store_true", help="report only, store nothing")
    parser.add_argument("--json", action="store_true", dest="as_json", help="report as JSON")


def read(
    options: dict[str, Any], identifying: tuple[str, ...], *, with_hidden: bool
) -> tuple[Table, ColumnMapping]:
    """Return the file and what its columns are.

    :param identifying: fields of which the file needs one.
    :param with_hidden: read rows of a workbook that are hidden or filtered out, too.
    :raises CommandError: with exit code 2 where an argument is wrong.
    :raises UnreadableFileError: where the file cannot be used.
    """
    path, encoding = options["file"], options["encoding"]
    if not path.is_file():
        raise CommandError(f"There is no file “{path}”.", returncode=WRONG_USAGE)
    if encoding and not is_text_encoding(encoding):
        raise CommandError(
            f"--encoding: “{encoding}” is no encoding. Use a name such as cp1252.",
            returncode=WRONG_USAGE,
        )
    corrections = dict(_correction(text) for text in options["corrections"])
    table = read_table(
        path, encoding, list(corrections), sheet=options["sheet"], with_hidden=with_hidden
    )
    try:
        return table, columns.guess(table.header, table.sample, corrections, identifying)
    except MappingError as error:
        raise CommandError(f"--map: {error}", returncode=WRONG_USAGE) from error


def check_rejects(path: Path | None, source: Path) -> None:
    """Refuse a place for the rejects that cannot be written, or that holds the import itself.

    :raises CommandError: with exit code 2.
    """
    if path is None:
        return
    if path.is_dir() or not path.parent.is_dir():
        raise CommandError(f"--rejects: “{path}” cannot be written.", returncode=WRONG_USAGE)
    if path.exists() and path.samefile(source):
        raise CommandError("--rejects: this is the file to import.", returncode=WRONG_USAGE)


def listed(problems: list[Verdict], left_out: int) -> list[str]:
    """Return the first problems as lines for a terminal."""
    lines = [
        f"  row {problem.row}: {': '.join(filter(None, (problem.field, problem.reason)))}"
        for problem in problems[:SHOWN]
    ]
    more = len(problems) - SHOWN + left_out
    return [*lines, f"  … and {more:,} more"] if more > 0 else lines


def _correction(text: str) -> tuple[str, str]:
    name, equals, field = text.rpartition("=")
    if not equals or not name.strip():
        raise CommandError(
            f"--map: “{text}” is no correction. Use --map “Profile Link=profile_url”.",
            returncode=WRONG_USAGE,
        )
    return name.strip(), field.strip()
