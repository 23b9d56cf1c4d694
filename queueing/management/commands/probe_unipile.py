"""Ask a real account what Unipile's documentation leaves open: see docs/unipile.md."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.models import LinkedInAccount
from queueing.sending import runs
from queueing.unipile import CALLS_AT_MOST, UnipileError


class Command(BaseCommand):
    help = (
        "Read from one account what Unipile's documentation does not say, and print it without "
        f"names, texts or ids. Sends nothing, changes nothing; at most {CALLS_AT_MOST} calls."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, metavar="ID", help="its Unipile id")

    def handle(self, *args: Any, **options: Any) -> str:
        account_id = options["account"]
        if not LinkedInAccount.objects.filter(unipile_account_id=account_id).exists():
            raise CommandError(f"SendQ has no account with the Unipile id {account_id!r}.")
        try:
            client = runs.unipile_client()
            findings = list(client.probe(account_id))
        except (runs.NotConnectedError, UnipileError) as error:
            raise CommandError(str(error)) from error
        for finding in findings:
            self.stdout.write(f"{finding.question}\n    {finding.answer}")
        return f"{len(findings)} questions asked. Nothing in this report names anybody."
