"""A command that the ticker starts: how it ends is kept, whoever started it."""

import logging
from typing import Any

from django import db
from django.core.management.base import BaseCommand
from django.utils import timezone

from queueing.management.ending import SetAsideError
from queueing.models import JobRecord

logger = logging.getLogger(__name__)


class JobCommand(BaseCommand):
    """Base of the jobs' commands. What was set aside is no failure: the rest went on."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            told: str | None = super().execute(*args, **options)
        except SetAsideError:
            self._note(None)
            raise
        except BaseException as error:  # SystemExit too: django-q2 ends a task with it
            self._note(error)
            raise
        if not options.get("dry_run"):
            self._note(None)
        return told

    def _note(self, error: BaseException | None) -> None:
        name = type(self).__module__.rpartition(".")[2]
        try:
            JobRecord.ended(name, timezone.now(), error)
        except db.Error as away:  # the command's own error says what is the matter
            logger.warning("How %s ended cannot be noted: %s", name, away)
