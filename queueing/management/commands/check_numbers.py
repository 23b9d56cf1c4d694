"""Hold figures, lists and calls against each other, and against what LinkedIn shows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from campaigns.models import LinkedInAccount
from queueing import numbers
from queueing.looking import comparing
from queueing.management.named import workspace_named
from queueing.models import QueueItem
from queueing.numbers import checking
from queueing.sending import runs


class Command(BaseCommand):
    help = (
        "Check that figures, lists and calls agree, with each other and with LinkedIn. Changes "
        "nothing. The exit code is 1 where something differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", metavar="NAME", help="this one alone; else all")
        parser.add_argument(
            "--no-linkedin", action="store_true", help="do not ask what LinkedIn shows"
        )

    def handle(self, *args: Any, **options: Any) -> str:
        items, accounts = QueueItem.objects.all(), LinkedInAccount.objects.order_by("name", "pk")
        workspaces = None
        if options["workspace"]:
            workspaces = [workspace_named(options["workspace"]).pk]
            items = items.filter(workspace__in=workspaces)
            accounts = accounts.filter(workspace__in=workspaces)
        differences = checking.check(items, workspaces, timezone.now())
        lines = [_in_words(numbers.of(items))]
        if not options["no_linkedin"]:
            for found in self._compared(list(accounts)):
                lines.append(_of_account(found))
                differences += found.differences
        lines += [difference.text for difference in differences]
        if not differences:
            return "\n".join([*lines, "No differences."])
        self.stdout.write("\n".join(lines))
        raise CommandError(f"{len(differences)} differences")

    def _compared(self, accounts: list[LinkedInAccount]) -> list[comparing.Compared]:
        try:
            client = runs.unipile_client()
        except runs.NotConnectedError as error:
            raise CommandError(f"{error} Or give --no-linkedin.") from error
        return [comparing.compare(client, account, timezone.now()) for account in accounts]


def _in_words(funnel: numbers.Funnel) -> str:
    return (
        f"Invited {funnel.invited:,}, accepted {funnel.accepted:,}, answered {funnel.answered:,}, "
        f"interested {funnel.interested:,}; withdrawn {funnel.withdrawn:,}, "
        f"waiting {funnel.waiting:,}."
    )


def _of_account(found: comparing.Compared) -> str:
    told = (
        f"{found.account}: {found.pending_there:,} pending at LinkedIn ({found.outside:,} not "
        f"by SendQ), {found.pending_here:,} counted as waiting; {found.connected_there:,} "
        f"connections read, {found.accepted_here:,} counted as accepted."
    )
    return f"{told} Not all could be compared: {found.trouble}" if found.trouble else told
