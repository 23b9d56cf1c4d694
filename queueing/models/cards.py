"""What people have said about the cards of the first page: who has one, and until when it rests."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models


class Card(models.Model):
    """What was said of one thing that needs somebody. Without a row, nobody has said anything."""

    key = models.CharField(max_length=200, primary_key=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    put_off_until = models.DateTimeField(null=True, blank=True)
    put_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.key


def key_of_person(workspace: uuid.UUID, rows: Iterable[tuple[dt.datetime, uuid.UUID]]) -> str:
    """Return by what is remembered who has a person: by their first row, which names nobody.

    :param rows: when each row of the person was made, and its id.
    """
    _, first = min(rows)
    return f"person:{first}:{workspace}"
