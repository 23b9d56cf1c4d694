"""The log of what people did: Django's own, written in the transaction of the change itself."""

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models

LOOKED_AT = 60  # entries
UNDONE = "Undone"  # the reason of what the button of that name does
SHORT = 60  # characters

API = "api"  # the user whose name stands in the log for who calls over HTTP


def the_api() -> User:
    """Return the user who stands for callers of the HTTP endpoints: nobody can log in as it."""
    user, is_new = User.objects.get_or_create(
        username=API, defaults={"is_active": False, "first_name": "Callers over HTTP"}
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def last_reasons(by: User, at_most: int = 5) -> list[str]:
    """Return the reasons that somebody gave last, each once, the newest first."""
    entries = LogEntry.objects.filter(user=by.pk, action_flag=CHANGE).order_by("-pk")
    told = entries.values_list("change_message", flat=True)[:LOOKED_AT]
    reasons = (message.partition(": ")[2].strip() for message in told if ": " in message)
    short = (reason for reason in reasons if 0 < len(reason) <= SHORT and reason != UNDONE)
    return list(dict.fromkeys(short))[:at_most]


def note(by: User, rows: Iterable[models.Model], what: str, reason: str = "") -> None:
    """Log a change of rows of one model."""
    rows = list(rows)
    if not rows:
        return
    kind = ContentType.objects.get_for_model(rows[0])  # of a proxy, the model behind it
    message = f"{what}: {reason}" if reason else f"{what}."
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=by.pk,
            content_type_id=kind.pk,
            object_id=str(row.pk),
            object_repr=str(row)[:200],
            action_flag=CHANGE,
            change_message=message,
        )
        for row in rows
    )
