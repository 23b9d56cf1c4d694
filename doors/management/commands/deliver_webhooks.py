"""Tell other programs what happened."""

from typing import Any

from django.utils import timezone

from doors import keeping, stuck, webhooks
from queueing.management.jobs import JobCommand


class Command(JobCommand):
    help = "Deliver to webhooks what has happened, and try again what did not arrive."

    def handle(self, *args: Any, **options: Any) -> str:
        now = timezone.now()
        stuck.tell(now)
        arrived, failed = webhooks.deliver_due(now)
        keeping.prune(now)
        return f"{arrived} delivered, {failed} not"
