"""Let go of answers and deliveries that nobody asks for any more."""

import datetime as dt
from typing import Any

from django.db import models

from doors.idempotency import KEPT_FOR
from doors.models import Delivery, IdempotentAnswer

DELIVERIES_KEPT_FOR = dt.timedelta(days=30)
AT_ONCE = 1_000


def prune(now: dt.datetime) -> int:
    """Delete some of what is too old; the rest goes the next time."""
    answers = IdempotentAnswer.objects.filter(created_at__lt=now - KEPT_FOR)
    over = Delivery.objects.filter(
        due_at__isnull=True, happened_at__lt=now - DELIVERIES_KEPT_FOR
    ).order_by()
    return _drop(answers) + _drop(over)


def _drop(rows: "models.QuerySet[Any]") -> int:
    some = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    return rows.model._default_manager.filter(pk__in=some).delete()[0] if some else 0
