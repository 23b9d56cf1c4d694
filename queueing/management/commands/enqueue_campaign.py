"""Put a campaign's people into the queue."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from queueing import planning
from queueing.management.named import campaign_named

NAMES_SHOWN = 10


class Command(BaseCommand):
    help = (
        "Queue a campaign's new people, each once. Safe to repeat. A draft or paused campaign may "
        "be queued too: its items wait until it is active."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", metavar="NAME", help="the campaign's name")
        parser.add_argument(
            "--workspace", metavar="NAME", help="where several workspaces use the campaign's name"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> str:
        campaign = campaign_named(options["campaign"], options["workspace"])
        with tqdm(desc="Queueing", unit=" people", disable=None, leave=False) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                report = planning.enqueue(campaign, timezone.now(), progress)
            except planning.CannotEnqueueError as error:
                raise CommandError(str(error)) from error
        if report.cannot_send and not report.queued:
            raise CommandError(in_words(report))
        return json.dumps(report.as_json()) if options["json"] else in_words(report)


def in_words(report: planning.EnqueueReport) -> str:
    """Return a report for people, a line for each reason."""
    lines = [f"Queued {report.queued}."]
    if report.first_at and report.last_at:
        lines[0] = (
            f"Queued {report.queued}, from {report.first_at:%Y-%m-%d %H:%M} "
            f"to {report.last_at:%Y-%m-%d %H:%M} UTC."
        )
    if report.note:
        lines.append(report.note)
    for reason, names in report.left_out.items():
        more = len(names) - NAMES_SHOWN
        listed = ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
        lines.append(f"Left out {len(names)}. {reason}: {listed}")
    return "\n".join(lines)
