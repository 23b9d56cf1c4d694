"""Exports of the queue that SendQ replaces, and what is seen after one was moved over."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from queueing.models import QueueItem

Status = QueueItem.Status
UTC = dt.UTC
SENT_AT = dt.datetime(2025, 11, 24, 14, tzinfo=UTC)
PLANNED = dt.datetime(2025, 11, 25, 15, 30, tzinfo=UTC)
COLUMNS = [
    *("id", "campaign_id", "prospect_id", "linkedin_user_id", "message", "scheduled_for"),
    *("sent_at", "status", "error_message", "created_at", "updated_at"),
    *("first_name", "last_name", "linkedin_url"),
]
Old = Callable[..., Path]


def old_id(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.example.com")


def user_id(name: str) -> str:
    return f"ACoAAExample{name.capitalize():x<27}"


def a_row(name: str, status: str, **values: str) -> dict[str, str]:
    """Return a row as PostgreSQL exports it. Every person here is an Example."""
    return {
        "id": str(old_id(name)),
        "campaign_id": "7",
        "linkedin_user_id": user_id(name),
        "message": f"Hi {name.capitalize()}",
        "scheduled_for": "2025-11-25 15:30:00+00",
        "sent_at": "2025-11-24 14:00:00+00" if status == Status.SENT else "",
        "status": status,
        "created_at": "2025-11-20 08:00:00+00",
        "updated_at": "2025-11-24 14:00:01.5+00",
        "first_name": name.capitalize(),
        "last_name": "Example",
        "linkedin_url": f"https://www.linkedin.com/in/{name}-example/",
        **values,
    }


def printed(path: Path, *more: str, account: str = "acc-1", campaign: str = "Spring") -> str:
    out = StringIO()
    arguments = ["--campaign", campaign, "--account", account, str(path), *more]
    call_command("import_send_queue", *arguments, stdout=out)
    return out.getvalue()


def moved(path: Path, *more: str, **names: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(printed(path, "--json", *more, **names))
    return report


def figures(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["added"], report["updated"], report["known"], report["refused"]


def item_of(name: str) -> QueueItem:
    return QueueItem.objects.select_related("prospect").get(pk=old_id(name))


def states() -> dict[str, str]:
    return dict(QueueItem.objects.values_list("person_key", "status"))
