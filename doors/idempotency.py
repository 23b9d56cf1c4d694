"""Do it once, however often it is asked: answers are kept by the caller's Idempotency-Key."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from doors.models import ApiKey, IdempotentAnswer

HEADER = "Idempotency-Key"
KEPT_FOR = dt.timedelta(days=1)
LONGEST = 200

Answer = tuple[int, Any]


def once(request: HttpRequest, key: ApiKey, now: dt.datetime, do: Callable[[], Answer]) -> Answer:
    """Return the answer of `do`, or the one that was given to the same request before.

    What raises leaves nothing behind, and may be asked again. Kept with the work itself, in one
    transaction: a crash leaves both or neither.
    """
    name = request.headers.get(HEADER, "")
    if not name:
        return do()
    if len(name) > LONGEST or not name.isprintable() or not name.isascii():
        return 400, _told(f"{HEADER}: up to {LONGEST} printable characters.")
    told = f"{request.method} {request.get_full_path()} ".encode() + request.body
    request_hash = hashlib.sha256(told).hexdigest()
    IdempotentAnswer.objects.filter(key=key, name=name, created_at__lt=now - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            # Whoever comes meanwhile waits here for our end, and then finds the answer.
            row = IdempotentAnswer.objects.create(
                key=key, name=name, request_hash=request_hash, created_at=now
            )
            status, body = do()
            row.status, row.body = status, body
            row.save(update_fields=["status", "body"])
            return status, body
    except IntegrityError:
        before = IdempotentAnswer.objects.filter(key=key, name=name).first()
        if before is None:
            raise
    if before.request_hash != request_hash:
        return 422, _told(f"{HEADER}: it was used for another request before.")
    return before.status or 409, before.body


def _told(message: str) -> dict[str, Any]:
    return {"success": False, "error": message}
