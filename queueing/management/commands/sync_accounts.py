"""Ask Unipile how the LinkedIn accounts are."""

from typing import Any

from django.core.management.base import CommandError

from queueing.looking import syncing
from queueing.management.ending import ended
from queueing.management.jobs import JobCommand
from queueing.sending import DatabaseClock, runs
from queueing.telling import Fence, notices
from queueing.unipile import UnipileError


class Command(JobCommand):
    help = "Hold the accounts that Unipile has lost, and let those go on that are back."

    def handle(self, *args: Any, **options: Any) -> str:
        now = DatabaseClock()()
        fence = Fence(now)
        try:
            changed = syncing.sync_accounts(runs.unipile_client(), now, fence)
        except (runs.NotConnectedError, UnipileError) as error:
            notices.send_digests(now)
            raise CommandError(str(error)) from error
        notices.send_digests(now)
        told = ", ".join(f"{number} {what}" for what, number in changed.most_common())
        return ended(self, told or "No account has changed", fence.aside)
