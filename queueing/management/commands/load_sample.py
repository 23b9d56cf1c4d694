"""Load the sample workspace into an empty database."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from queueing.management import sample


class Command(BaseCommand):
    help = "Load the sample workspace, if the database holds no workspace yet."

    def handle(self, *args: Any, **options: Any) -> str:
        if sample.load(timezone.now()):
            return "Loaded the sample workspace: invented people in every state, over two accounts."
        return "There is a workspace already: nothing was loaded."
