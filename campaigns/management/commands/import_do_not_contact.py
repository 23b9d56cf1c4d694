"""Import people or companies that a workspace never writes to."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from campaigns.importing import arguments, columns, remarks
from campaigns.importing.arguments import WRONG_USAGE
from campaigns.importing.do_not_contact import BarredReport, import_do_not_contact
from campaigns.importing.rows import UnreadableFileError
from campaigns.models import DoNotContact, Workspace


class Command(BaseCommand):
    """`manage.py import_do_not_contact --workspace NAME FILE`; see `add_arguments`."""

    help = (
        "Import a do-not-contact list of people, or with --companies of companies, from a CSV or "
        "XLSX file with a row of column names. Exit code: 0 done, with rows refused or not; "
        "1 nothing was imported; 2 wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments.add_file(parser)
        parser.add_argument("--workspace", required=True, metavar="NAME")
        parser.add_argument(
            "--companies", action="store_true", help="take the company column, not the people"
        )
        parser.add_argument("--reason", default="", metavar="TEXT", help="kept with each entry")

    def handle(self, **options: Any) -> None:
        workspace = Workspace.objects.filter(name=options["workspace"]).first()
        if workspace is None:
            raise CommandError(
                f"There is no workspace “{options['workspace']}”.", returncode=WRONG_USAGE
            )
        kind = DoNotContact.Kind.COMPANY if options["companies"] else DoNotContact.Kind.PERSON
        try:
            identifying = ("company",) if options["companies"] else columns.IDENTIFYING
            table, mapping = arguments.read(options, identifying, with_hidden=True)
            with tqdm(total=table.rows_expected, unit=" rows", disable=None, leave=False) as bar:
                report = import_do_not_contact(
                    table,
                    mapping,
                    workspace,
                    kind,
                    reason=options["reason"],
                    dry_run=options["dry_run"],
                    on_verdict=lambda verdict: bar.update(),
                )
        except UnreadableFileError as error:
            raise CommandError(
                f"{options['file']}: {error.on_command_line()} Nothing was imported."
            ) from error
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted. Nothing was imported.", returncode=130) from error
        if not options["as_json"]:
            self.stdout.write("\n".join([*remarks.on_table(table), _in_words(report)]))
            return
        self.stdout.write(_as_json(report, table.not_read))


def _as_json(report: BarredReport, sheets_not_read: tuple[str, ...]) -> str:
    refused = [
        {"row": each.row, "field": each.field, "reason": each.reason} for each in report.refused
    ]
    return json.dumps(
        {
            "success": True,
            "dry_run": report.dry_run,
            "added": report.added,
            "known": report.known,
            "refused": report.refused_count,
            "problems": refused,
            "sheets_not_read": sheets_not_read,
        },
        ensure_ascii=False,
    )


def _in_words(report: BarredReport) -> str:
    verb = "Would add" if report.dry_run else "Added"
    lines = [
        f"{verb} {report.added:,} to the do-not-contact list. {report.known:,} were already on it, "
        f"{report.refused_count:,} rows refused.",
        *arguments.listed(report.refused, report.refused_count - len(report.refused)),
    ]
    if report.refused_count:
        lines.append("Whom the refused rows mean can still be written to: correct them.")
    return "\n".join(lines)
