"""Move the accounts of an installation to Unipile's V2: see docs/unipile.md."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from campaigns.models import LinkedInAccount
from queueing.looking import moving_versions
from queueing.management.ending import ended
from queueing.sending import DatabaseClock, journal, recovering, runs
from queueing.telling import Fence
from queueing.unipile import Account, UnipileError

NOTHING_TO_MOVE = (
    "Nothing to move: Unipile knows every account by the id that it has. Before a move set "
    "UNIPILE_API_VERSION, UNIPILE_DSN and UNIPILE_API_KEY to those of the new version."
)


class Command(BaseCommand):
    help = (
        "Find each account's member in the version of Unipile's API that the settings name, and "
        "go on with the new ids. Reads LinkedIn, sends nothing; may be run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what it would do")

    def handle(self, *args: Any, **options: Any) -> str:
        clock = DatabaseClock()
        fence = Fence(clock())
        if not options["dry_run"]:
            journal.replay(fence)
            recovering.recover(clock(), fence)
        try:
            client = runs.unipile_client()
            matches = moving_versions.match(client)
        except (runs.NotConnectedError, UnipileError) as error:
            raise CommandError(str(error)) from error
        if not (matches.pairs or matches.lost):
            return NOTHING_TO_MOVE
        stay = [f"{account}: {why}" for account, why in matches.lost]
        for account, reported in matches.pairs:
            try:
                words = moving_versions.read_words(client, account, reported)
                became = self._move(account, reported, words, dry_run=options["dry_run"])
            except (UnipileError, moving_versions.NotMovedError) as error:
                stay.append(f"{account}: {error}")
                continue
            self._tell(account, reported, words, became)
        for line in stay:
            self.stderr.write(f"Not moved: {line}")
        if not options["dry_run"]:
            moving_versions.end_older_webhooks(clock())
        done = "would be moved" if options["dry_run"] else "moved"
        told = f"{len(matches.pairs) + len(matches.lost) - len(stay)} of our accounts {done}"
        if stay:
            raise CommandError(f"{told}, {len(stay)} not: see above. They send nothing meanwhile.")
        return ended(self, f"{told}. Run sync_accounts; what waits is looked up anew.", fence.aside)

    def _tell(
        self,
        account: LinkedInAccount,
        reported: Account,
        words: moving_versions.Words,
        became: Counter[str],
    ) -> None:
        told = ", ".join(f"{number} {what}" for what, number in became.items())
        self.stdout.write(
            f"{account}: {account.unipile_account_id} becomes {reported.id}"
            + (f" ({told})" if told else "")
        )
        if words.trouble:
            self.stderr.write(
                f"{account}: its pending invitations were not told whole: {words.trouble}. "
                "Whoever is not among them is looked up before anything goes."
            )

    def _move(
        self,
        account: LinkedInAccount,
        reported: Account,
        words: moving_versions.Words,
        *,
        dry_run: bool,
    ) -> Counter[str]:
        with transaction.atomic():
            became = moving_versions.move(account, reported, words, DatabaseClock()())
            if dry_run:
                transaction.set_rollback(True)
        return became
