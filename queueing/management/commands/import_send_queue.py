"""Take over the queue of the system that SendQ replaces."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from campaigns.importing import arguments, remarks
from campaigns.importing.arguments import WRONG_USAGE
from campaigns.importing.columns import IDENTIFYING
from campaigns.importing.rows import UnreadableFileError
from campaigns.models import Campaign, LinkedInAccount
from queueing.management.named import account_named, campaign_named
from queueing.old_queue import MoveFailedError, MoveReport, move_over


class Command(BaseCommand):
    """`manage.py import_send_queue --campaign NAME --account ID FILE`; see `add_arguments`."""

    help = (
        "Take over the rows of an old send_queue, exported as CSV with the prospects' addresses: "
        "what was sent stays sent, what waits waits here. All or nothing, and can be repeated with "
        "a newer file. Exit code: 0 done, with rows refused or not; 1 nothing was moved over; "
        "2 wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments.add_file(parser)
        parser.add_argument("--campaign", required=True, metavar="NAME", help="the campaign's name")
        parser.add_argument(
            "--account",
            required=True,
            metavar="ID",
            help="the LinkedIn account that sent these requests: its id, or its Unipile id",
        )
        parser.add_argument(
            "--workspace", metavar="NAME", help="needed where two workspaces have such a campaign"
        )

    def handle(self, **options: Any) -> None:
        campaign = campaign_named(options["campaign"], options["workspace"])
        account = _account(options["account"], campaign)
        try:
            table, mapping = arguments.read(options, IDENTIFYING, with_hidden=True)
            with tqdm(total=table.rows_expected, unit=" rows", disable=None, leave=False) as bar:
                report = move_over(
                    table,
                    mapping,
                    campaign,
                    account,
                    timezone.now(),
                    dry_run=options["dry_run"],
                    on_row=bar.update,
                )
        except (UnreadableFileError, MoveFailedError) as error:
            raise CommandError(f"{options['file']}: {error} Nothing was moved over.") from error
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted. Nothing was moved over.", returncode=130) from error
        if options["as_json"]:
            self.stdout.write(json.dumps(_as_json(report, campaign, account), ensure_ascii=False))
        else:
            self.stdout.write(
                "\n".join([*remarks.on_table(table), *_in_words(report, campaign, account)])
            )


def _account(text: str, campaign: Campaign) -> LinkedInAccount:
    """Return the account of that id, which must be of the campaign's workspace.

    :raises CommandError: with exit code 2.
    """
    account = account_named(text)
    if account.workspace_id != campaign.workspace_id:
        raise CommandError(
            f"--account: “{account}” is not of the campaign's workspace “{campaign.workspace}”.",
            returncode=WRONG_USAGE,
        )
    return account


def _as_json(report: MoveReport, campaign: Campaign, account: LinkedInAccount) -> dict[str, Any]:
    return {
        "success": True,
        "campaign": campaign.name,
        "workspace": campaign.workspace.name,
        "account": account.name,
        "dry_run": report.dry_run,
        "rows": report.rows,
        "added": report.added,
        "updated": report.updated,
        "known": report.known,
        "refused": report.refused_count,
        "became": dict(report.became),
        "by_id_alone": report.by_id_alone,
        "left_out": dict(report.left_out),
        "problems": [
            {"row": each.row, "person": each.person, "field": each.field, "reason": each.reason}
            for each in report.refused
        ],
        "problems_left_out": report.refused_count - len(report.refused),
    }


def _in_words(report: MoveReport, campaign: Campaign, account: LinkedInAccount) -> list[str]:
    verb = "Would add" if report.dry_run else "Added"
    became = ", ".join(f"{number:,} {status}" for status, number in report.became.items())
    lines = [
        f"{verb} {report.added:,} to the queue of “{campaign}”, sent by “{account}”, and "
        f"{'bring' if report.dry_run else 'brought'} {report.updated:,} up to date"
        + (f": {became}. " if became else ". ")
        + f"Of {report.rows:,} rows, {report.known:,} were known, {report.refused_count:,} refused."
    ]
    if report.by_id_alone:
        lines.append(
            f"{report.by_id_alone:,} of them have no profile address: only “{account}” recognises "
            "them. Export the prospects' linkedin_url with the queue."
        )
    if report.left_out:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in report.left_out.items())
        lines.append(
            f"{report.left_out.total():,} rows are no connection requests and were left out: "
            f"{kinds}. Who was sent one is not invited; what waited must be sent by other means."
        )
    lines += arguments.listed(report.refused, report.refused_count - len(report.refused))
    if report.refused_count:
        lines.append(
            "Whom the refused rows mean can still be invited: correct and import them before the "
            "campaign sends."
        )
    return lines
