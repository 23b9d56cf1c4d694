"""Work off webhooks, and read who has accepted and who has answered."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from queueing.looking import answers, connecting, events
from queueing.management.ending import ended
from queueing.management.jobs import JobCommand
from queueing.sending import DatabaseClock, runs
from queueing.telling import Fence, notices
from queueing.unipile import receiver


class Command(JobCommand):
    help = "Work off webhooks, and read from time to time who has accepted and who has answered."

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            client = runs.unipile_client()
        except runs.NotConnectedError as error:
            raise CommandError(str(error)) from error
        clock = DatabaseClock()
        fence = Fence(clock())
        found = events.work_off(client, receiver(settings.UNIPILE_API_VERSION), clock, fence)
        found += connecting.finish_told(client, clock, fence)
        found += answers.look_for_news(client, clock, fence)
        notices.send_digests(clock())
        told = ", ".join(f"{number} {what}" for what, number in found.most_common())
        return ended(self, told or "Nothing new", fence.aside)
