"""Settle the items whose outcome is unknown."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queueing.looking import reconciling
from queueing.sending import journal, runs
from queueing.telling import notices


class Command(BaseCommand):
    help = "Ask LinkedIn whether what is unconfirmed was sent. Reads only."

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            client = runs.unipile_client()
        except runs.NotConnectedError as error:
            raise CommandError(str(error)) from error
        journal.replay()
        settled = reconciling.reconcile(client, timezone.now)
        notices.send_digests(timezone.now())
        if not settled:
            return "Nothing to settle"
        return ", ".join(f"{number} {what}" for what, number in settled.most_common())
