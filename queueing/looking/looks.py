"""The look-ups that settle doubts, as attempts: written before each call and finished after it."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from campaigns.models import LinkedInAccount
from queueing.looking import pace
from queueing.models import QueueItem, SendAttempt
from queueing.sending import claiming
from queueing.unipile import Outcome, UnipileError

NOTHING = "nothing"  # the outcome of a look-up that was complete and found no trace


def begin_walk(
    account: LinkedInAccount, items: Sequence[QueueItem], now: dt.datetime
) -> list[SendAttempt]:
    """Write the attempts of a walk, unless the account's list was walked within the hour."""
    if not items:
        return []
    with transaction.atomic():
        LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        if pace.next_walk_at(account, now) > now:
            return []
        return begin(items, SendAttempt.Route.SENT_LIST, now)


def begin(
    items: Sequence[QueueItem], route: SendAttempt.Route, now: dt.datetime
) -> list[SendAttempt]:
    """Write one look-up attempt for each item, before the call."""
    with transaction.atomic():
        ids = [item.pk for item in items]
        # The lock makes two that look at once take different numbers.
        list(QueueItem.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
        _close_dead_looks(ids, now)
        attempts = []
        for item in items:
            last = item.send_attempts.aggregate(last=Max("number"))["last"] or 0
            attempts.append(
                SendAttempt.objects.create(
                    item=item,
                    linkedin_account_id=item.linkedin_account_id,
                    kind=SendAttempt.Kind.LOOKUP,
                    route=route,
                    number=last + 1,
                    started_at=now,
                )
            )
    return attempts


def _close_dead_looks(item_ids: Iterable[uuid.UUID], now: dt.datetime) -> None:
    """Finish the look-ups whose process died: beyond the bound none can still be under way."""
    SendAttempt.objects.filter(
        item__in=item_ids,
        kind=SendAttempt.Kind.LOOKUP,
        finished_at__isnull=True,
        started_at__lt=now - dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS),
    ).update(
        finished_at=now,
        outcome=Outcome.UNKNOWN,
        error_code=claiming.INTERRUPTED,
        detail="The process that made this look-up ended before the answer was recorded.",
    )


def end(attempt: SendAttempt, outcome: str, detail: str, now: dt.datetime) -> None:
    attempt.finished_at, attempt.outcome, attempt.detail = now, outcome, detail
    attempt.save(update_fields=["finished_at", "outcome", "detail", "asked_again"])


def end_with_error(attempts: Iterable[SendAttempt], error: UnipileError, now: dt.datetime) -> None:
    for attempt in attempts:
        attempt.http_status, attempt.error_code = error.http_status, error.error_type[:100]
        attempt.asked_again = error.asked_again
        attempt.save(update_fields=["http_status", "error_code"])
        end(attempt, error.outcome, error.raw or error.summary, now)
