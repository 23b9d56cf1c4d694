"""Settle the items whose outcome is unknown."""

from typing import Any

from django.core.management.base import CommandError

from queueing.looking import reconciling
from queueing.management.ending import ended
from queueing.management.jobs import JobCommand
from queueing.sending import DatabaseClock, journal, runs
from queueing.telling import Fence, notices


class Command(JobCommand):
    help = "Ask LinkedIn whether what is unconfirmed was sent. Reads only."

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            client = runs.unipile_client()
        except runs.NotConnectedError as error:
            raise CommandError(str(error)) from error
        clock = DatabaseClock()
        fence = Fence(clock())
        journal.replay(fence)
        settled = reconciling.reconcile(client, clock, fence)
        notices.send_digests(clock())
        told = ", ".join(f"{number} {what}" for what, number in settled.most_common())
        return ended(self, told or "Nothing to settle", fence.aside)
