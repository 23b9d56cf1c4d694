"""Let go what is older than it is to be kept."""

from typing import Any

from queueing.keeping import pruning
from queueing.management.jobs import JobCommand
from queueing.sending import DatabaseClock


class Command(JobCommand):
    help = "Delete, or blank, what is older than the KEEP_…_DAYS of the settings."

    def handle(self, *args: Any, **options: Any) -> str:
        became = pruning.prune(DatabaseClock()())
        told = ", ".join(f"{number} {what}" for what, number in became.most_common())
        return told or "Nothing is old enough"
