"""Start campaigns whose time has come, and complete those that are done."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from campaigns.importing import uploads
from queueing import planning
from queueing.management.ending import ended
from queueing.management.jobs import JobCommand
from queueing.sending import DatabaseClock


class Command(JobCommand):
    help = (
        "Queue and start the drafts whose start time has come; complete the active campaigns in "
        "which everybody is dealt with. Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> str:
        uploads.sweep()  # where the cluster shares the folder: nobody may import again for long
        report = planning.execute_scheduled_campaigns(DatabaseClock()())
        result = json.dumps(report.as_json()) if options["json"] else str(report)
        if report.not_started:
            raise CommandError(result)
        return ended(self, result, report.set_aside)
