"""Ask Unipile how the LinkedIn accounts are."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queueing.looking import syncing
from queueing.sending import runs
from queueing.telling import notices
from queueing.unipile import UnipileError


class Command(BaseCommand):
    help = "Hold the accounts that Unipile has lost, and let those go on that are back."

    def handle(self, *args: Any, **options: Any) -> str:
        now = timezone.now()
        try:
            changed = syncing.sync_accounts(runs.unipile_client(), now)
        except (runs.NotConnectedError, UnipileError) as error:
            notices.send_digests(now)
            raise CommandError(str(error)) from error
        notices.send_digests(now)
        if not changed:
            return "No account has changed"
        return ", ".join(f"{number} {what}" for what, number in changed.most_common())
