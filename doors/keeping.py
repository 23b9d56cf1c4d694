"""Let go of answers and deliveries that nobody asks for any more."""

import datetime as dt
import json
from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast

from doors.idempotency import KEPT_FOR
from doors.models import Delivery, IdempotentAnswer

DELIVERIES_KEPT_FOR = dt.timedelta(days=30)
AT_ONCE = 1_000
ERASED = "This was done, and its answer named somebody who was erased since."


def prune(now: dt.datetime) -> int:
    """Delete some of what is too old; the rest goes the next time."""
    answers = IdempotentAnswer.objects.filter(created_at__lt=now - KEPT_FOR)
    over = Delivery.objects.filter(
        due_at__isnull=True, happened_at__lt=now - DELIVERIES_KEPT_FOR
    ).order_by()
    return _drop(answers) + _drop(over)


def forget(sender: object, words: Collection[str], **kwargs: Any) -> int:
    """Blank the answers that name a person who is being erased; return how many.

    The rows stay: who repeats such a request is told so, and nothing is done again.
    """
    named = Q(pk__in=[])
    for word in words:
        named |= Q(text__contains=json.dumps(word, ensure_ascii=False)[1:-1])
    rows = IdempotentAnswer.objects.annotate(text=Cast("body", models.TextField()))
    return rows.filter(named).update(status=409, body={"success": False, "error": ERASED})


def _drop(rows: "models.QuerySet[Any]") -> int:
    some = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    return rows.model._default_manager.filter(pk__in=some).delete()[0] if some else 0
