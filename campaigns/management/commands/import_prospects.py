"""Import people from a CSV or XLSX file into a campaign."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from campaigns.importing import arguments, remarks
from campaigns.importing.arguments import WRONG_USAGE
from campaigns.importing.columns import IDENTIFYING, ColumnMapping
from campaigns.importing.reading import WITH_HIDDEN, Table
from campaigns.importing.rejects import RejectsFile
from campaigns.importing.rows import UnreadableFileError
from campaigns.importing.verdicts import (
    REJECTED,
    ImportFailedError,
    Mark,
    Outcome,
    Report,
    Verdict,
    import_prospects,
)
from campaigns.models import Campaign


class Command(BaseCommand):
    """`manage.py import_prospects --campaign NAME FILE`; see `add_arguments`."""

    help = (
        "Import people from a CSV or XLSX file into a campaign, each once, all or none. Takes "
        "LinkedIn's Connections.csv, exports of Sales Navigator, PhantomBuster, Apollo, HubSpot, "
        "and plain sheets. Can be repeated with the same file. Exit code: 0 done, with rows "
        "refused or not; 1 nothing was imported; 2 wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments.add_file(parser)
        parser.add_argument("--campaign", required=True, metavar="NAME", help="the campaign's name")
        parser.add_argument(
            "--workspace", metavar="NAME", help="needed where two workspaces have such a campaign"
        )
        parser.add_argument(
            "--rejects",
            type=Path,
            metavar="FILE",
            help="write refused rows and reasons here",
        )
        parser.add_argument(
            WITH_HIDDEN,
            action="store_true",
            help="import rows of a workbook that are hidden or filtered out, too",
        )
        parser.add_argument(
            "--invite-connected",
            action="store_true",
            help="add as new also whom the file says to be connected: with another account",
        )

    def handle(self, **options: Any) -> None:
        campaign = _campaign(options["campaign"], options["workspace"])
        arguments.check_rejects(options["rejects"], options["file"])
        try:
            table, mapping = arguments.read(
                options, IDENTIFYING, with_hidden=options["with_hidden"]
            )
            report = _import(table, mapping, campaign, options)
        except UnreadableFileError as error:
            raise CommandError(
                f"{options['file']}: {error.on_command_line()} Nothing was imported."
            ) from error
        except (ImportFailedError, OSError) as error:
            raise CommandError(f"{options['file']}: {error} Nothing was imported.") from error
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted. Nothing was imported.", returncode=130) from error
        if options["as_json"]:
            self.stdout.write(
                json.dumps(
                    _as_json(report, mapping, campaign)
                    | {
                        "sheets_not_read": table.not_read,
                        "hidden_sheets": table.hidden_sheets,
                        "hidden_rows": table.hidden_rows,
                    },
                    ensure_ascii=False,
                )
            )
        else:
            self.stdout.write(
                "\n".join(
                    [
                        *remarks.on_table(table),
                        *_in_words(report, mapping, campaign, options["rejects"]),
                    ]
                )
            )


def _campaign(name: str, workspace: str | None) -> Campaign:
    """Return the one campaign of this name.

    :raises CommandError: with exit code 2 where there is none, or more than one.
    """
    found = Campaign.objects.filter(name=name).select_related("workspace")
    if workspace:
        found = found.filter(workspace__name=workspace)
    campaigns = list(found.order_by("workspace__name"))
    where = f" in workspace “{workspace}”" if workspace else ""
    if not campaigns:
        raise CommandError(f"There is no campaign “{name}”{where}.", returncode=WRONG_USAGE)
    if len(campaigns) > 1:
        workspaces = ", ".join(f"“{each.workspace.name}”" for each in campaigns)
        raise CommandError(
            f"Several workspaces have a campaign “{name}”: {workspaces}. Say which with "
            "--workspace.",
            returncode=WRONG_USAGE,
        )
    if campaigns[0].status == Campaign.Status.ARCHIVED:
        raise CommandError(f"Campaign “{name}” is archived.", returncode=WRONG_USAGE)
    return campaigns[0]


def _import(
    table: Table, mapping: ColumnMapping, campaign: Campaign, options: dict[str, Any]
) -> Report:
    """Import, and write the rejects before the import is committed: both are done, or neither."""
    with transaction.atomic(), ExitStack() as stack:
        bar = stack.enter_context(
            tqdm(total=table.rows_expected, unit=" rows", disable=None, leave=False)
        )
        sinks: list[Callable[[Verdict], object]] = [lambda verdict: bar.update()]
        if options["rejects"]:
            rejects = RejectsFile(options["rejects"], table.header, table.delimiter)
            sinks.append(stack.enter_context(rejects).add)

        def note(verdict: Verdict) -> None:
            for sink in sinks:
                sink(verdict)

        return import_prospects(
            table,
            mapping,
            campaign,
            dry_run=options["dry_run"],
            invite_connected=options["invite_connected"],
            on_verdict=note,
        )


def _as_json(report: Report, mapping: ColumnMapping, campaign: Campaign) -> dict[str, Any]:
    return {
        "success": True,
        "campaign": campaign.name,
        "workspace": campaign.workspace.name,
        "dry_run": report.dry_run,
        "rows": report.rows,
        **{outcome.name.lower(): report.counts[outcome] for outcome in Outcome},
        "also_elsewhere": report.also_elsewhere,
        "connected": report.marks[Mark.CONNECTED],
        "without_first_name": report.marks[Mark.WITHOUT_NAME],
        "columns": mapping.described(),
        "problems": [
            {
                "row": problem.row,
                "outcome": problem.outcome.name.lower(),
                "person": problem.person,
                "field": problem.field,
                "reason": problem.reason,
            }
            for problem in report.problems
        ],
        "problems_left_out": report.problems_left_out,
    }


def _in_words(
    report: Report, mapping: ColumnMapping, campaign: Campaign, rejects: Path | None
) -> list[str]:
    counts = report.counts
    verb = "Would add" if report.dry_run else "Added"
    elsewhere = (
        f", {report.also_elsewhere:,} of them also in other campaigns of the workspace"
        if report.also_elsewhere
        else ""
    )
    lines = [
        "Columns: " + ", ".join(f"{name} → {to}" for name, to in mapping.described().items()),
        f"{verb} {counts[Outcome.ADDED]:,} to “{campaign.name}”{elsewhere}. Of {report.rows:,} "
        f"rows, {counts[Outcome.KNOWN]:,} were already there, {counts[Outcome.DUPLICATE]:,} "
        f"duplicates in the file, {counts[Outcome.DO_NOT_CONTACT]:,} not to be contacted, "
        f"{counts[Outcome.REFUSED]:,} refused.",
    ]
    lines += remarks.on_people(mapping, counts[Outcome.ADDED], report.marks)
    rejected = [problem for problem in report.problems if problem.outcome in REJECTED]
    left_out = sum(counts[outcome] for outcome in REJECTED) - len(rejected)
    lines += arguments.listed(rejected, left_out)
    if rejects:
        lines.append(f"The refused rows and those not to be contacted are in {rejects}.")
    return lines
