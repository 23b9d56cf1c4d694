"""Look up new prospects on LinkedIn."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from queueing.looking import resolving
from queueing.management.commands.process_send_queue import a_positive_number
from queueing.management.ending import ended
from queueing.management.jobs import JobCommand
from queueing.sending import DatabaseClock, runs
from queueing.telling import Fence


class Command(JobCommand):
    help = "Find new prospects on LinkedIn, within the accounts' budgets for profile views."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=a_positive_number, help="look up at most so many")

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            client = runs.unipile_client()
        except runs.NotConnectedError as error:
            raise CommandError(str(error)) from error
        clock = DatabaseClock()
        fence = Fence(clock())
        found = resolving.resolve_pending(client, clock, options["limit"], fence)
        told = ", ".join(f"{number} {what}" for what, number in found.most_common())
        return ended(self, told or "No prospects to look up", fence.aside)
