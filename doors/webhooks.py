"""Deliver what happened, signed as Standard Webhooks has it, for a day if need be.

At least once, in no promised order: `webhook-id` is the same each time a thing is told.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import time
import uuid

from django.db import transaction
from django.db.models import F

from access.sealing import UnreadableError
from doors import outward
from doors.models import Delivery, Endpoint
from queueing.models import Installation

LEASE = dt.timedelta(minutes=5)  # longer than any delivery; then whoever had it is dead
SECONDS_AT_MOST = 45
IS_OVER = "Given up after a day."


def deliver_due(now: dt.datetime, seconds: float = SECONDS_AT_MOST) -> tuple[int, int]:
    """Deliver what is due; return how many arrived, and how many did not."""
    if Installation.why_held():  # a copy tells nobody: they are the original's
        return 0, 0
    until = time.monotonic() + seconds
    arrived = failed = 0
    while time.monotonic() < until and (delivery := _claim(now)) is not None:
        if deliver(delivery, now):
            arrived += 1
        else:
            failed += 1
    return arrived, failed


def _claim(now: dt.datetime) -> Delivery | None:
    with transaction.atomic():
        due = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        found = (
            due.filter(due_at__lte=now, endpoint__is_active=True)
            .select_related("endpoint")
            .order_by("due_at")
            .first()
        )
        if found is not None:
            Delivery.objects.filter(pk=found.pk).update(due_at=now + LEASE)
        return found


def deliver(delivery: Delivery, now: dt.datetime) -> bool:
    """Make one try, and note what came of it."""
    body = json.dumps(
        {
            "type": delivery.event,
            "timestamp": delivery.happened_at.isoformat(),
            "data": delivery.data,
        },
        separators=(",", ":"),
    ).encode()
    status = None
    try:
        status = outward.post(delivery.endpoint.url, body, _headers(delivery, body, now))
        trouble = "" if 200 <= status < 300 else f"Answered with {status}."
    except UnreadableError:
        trouble = "It cannot be signed since SECRET_KEY was changed: make a new secret for it."
    except (outward.NotAllowedError, OSError) as error:
        trouble = f"{type(error).__name__}: {error}"
    gone = status == 410  # "do not tell me any more"
    if gone:
        Endpoint.objects.filter(pk=delivery.endpoint_id).update(is_active=False)
    due_at = None if not trouble or gone else _next_try(delivery, now)
    if trouble and due_at is None:
        trouble = f"{trouble[:250]} {IS_OVER}"
    Delivery.objects.filter(pk=delivery.pk).update(
        tries=F("tries") + 1,
        due_at=due_at,
        delivered_at=None if trouble else now,
        http_status=status,
        trouble=trouble[:300],
    )
    return not trouble


def _next_try(delivery: Delivery, now: dt.datetime) -> dt.datetime | None:
    if delivery.tries >= len(Delivery.WAITS):
        return None
    return now + Delivery.WAITS[delivery.tries]


def again(delivery: Delivery, now: dt.datetime) -> None:
    """Let a delivery be made again, from its first try on, whatever came of it."""
    Delivery.objects.filter(pk=delivery.pk).update(due_at=now, tries=0, trouble="")


def _headers(delivery: Delivery, body: bytes, now: dt.datetime) -> dict[str, str]:
    told_id, at = str(delivery.pk), str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "SendQ",
        "webhook-id": told_id,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(
            signature(key, told_id, at, body) for key in delivery.endpoint.keys(now)
        ),
    }


def signature(key: bytes, told_id: str, at: str, body: bytes) -> str:
    """Return one signature of a message, as `webhook-signature` has them."""
    signed = f"{told_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def tell(workspace_id: uuid.UUID, event: str, data: dict[str, object], now: dt.datetime) -> None:
    """Store a thing that is no change of a row's state; those are stored by the database."""
    for endpoint in Endpoint.objects.active().filter(workspace=workspace_id):
        if not endpoint.events or event in endpoint.events:
            Delivery.objects.create(
                endpoint=endpoint, event=event, data=data, happened_at=now, due_at=now
            )
