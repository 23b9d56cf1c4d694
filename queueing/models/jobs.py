"""When did each of the jobs last end well, whoever started it?"""

import datetime as dt

from django.db import models


class JobRecord(models.Model):
    """A job, by the name of its command: one row each, written at its end."""

    name = models.CharField(primary_key=True, max_length=100)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=100, blank=True, help_text="What kind of error it was.")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def ended(cls, name: str, now: dt.datetime, error: BaseException | None = None) -> None:
        """Note how a job has ended."""
        how = (
            {"succeeded_at": now}
            if error is None
            else {"failed_at": now, "error": type(error).__name__[:100]}
        )
        cls.objects.update_or_create(pk=name, defaults=how)
