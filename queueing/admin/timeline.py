"""What happened to an item, in order: calls, what people did, and how it stands."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from campaigns.hours import clocks
from queueing.models import QueueItem, SendAttempt

SHOWN = 200  # calls, and entries of the log; the newest


@dataclass(frozen=True)
class Event:
    """Who did what, when and why; `raw` is what Unipile answered."""

    at: dt.datetime
    who: str
    what: str
    why: str = ""
    raw: str = ""


def of(item: QueueItem) -> list[Event]:
    """Return an item's events, oldest first."""
    attempts = item.send_attempts.select_related("run").order_by("-number")[:SHOWN]
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(QueueItem), object_id=str(item.pk)
    )
    events = [
        Event(
            item.created_at, "SendQ", "Queued", f"Now planned for {clocks.utc(item.scheduled_for)}"
        ),
        *(_of_attempt(attempt) for attempt in attempts),
        *(
            Event(entry.action_time, entry.user.get_username(), entry.get_change_message())
            for entry in entries.select_related("user").order_by("-action_time")[:SHOWN]
        ),
    ]
    if item.sent_at:
        how = f"Invitation {item.invitation_id}" if item.invitation_id else ""
        events.append(Event(item.sent_at, "SendQ", "Counts as sent from here on", how))
    # Planning anew touches what is pending; every other state stays as it began.
    since = "last changed" if item.status == QueueItem.Status.PENDING else "since then"
    state = f"{item.get_status_display()}, {since}"
    events.append(Event(item.updated_at, "", state, item.error_message))
    return sorted(events, key=lambda event: event.at)


def _of_attempt(attempt: SendAttempt) -> Event:
    route = attempt.get_route_display() if attempt.route else ""
    asked = f" ({route.lower()})" if route else ""
    outcome = attempt.outcome.replace("_", " ") or "no answer yet"
    http = f"HTTP {attempt.http_status}" if attempt.http_status else ""
    return Event(
        attempt.started_at,
        f"SendQ, run by {attempt.run.get_trigger_display().lower()}" if attempt.run else "SendQ",
        f"{attempt.get_kind_display()} {attempt.number}{asked}: {outcome}",
        " ".join(filter(None, [http, attempt.error_code])),
        attempt.detail,
    )
