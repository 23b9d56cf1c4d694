"""What becomes of an item whose run died: its claim stands, and nobody is at it any more."""

import datetime as dt

from django.conf import settings
from django.db import transaction

from queueing.models import QueueItem, SendAttempt
from queueing.sending import history, outcomes, recording
from queueing.sending.claiming import INTERRUPTED, Call, Claim
from queueing.sending.verdicts import Answer
from queueing.unipile import Outcome, UnipileError

Kind = SendAttempt.Kind


def recover(now: dt.datetime) -> tuple[int, int]:
    """Release the claims of runs that died; return how many went back, and how many are in doubt.

    Beyond the bound no call can still be under way. Where a send was begun and never finished, its
    effect is unknown. Where it was refused and the look-up behind it never ended, the refusal
    stands. Else the item was certainly not sent and waits again.
    """
    bound = now - dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
    released = in_doubt = 0
    for item_id in QueueItem.objects.sending().filter(claimed_at__lt=bound).values_list("pk"):
        with transaction.atomic():
            item = (
                QueueItem.objects.select_for_update(skip_locked=True, no_key=True)
                .sending()
                .filter(pk=item_id[0], claimed_at__lt=bound)
                .first()
            )
            if item is None:
                continue
            if _settle(item, now) == QueueItem.Status.UNCONFIRMED:
                in_doubt += 1
            else:
                released += 1
    return released, in_doubt


def _settle(item: QueueItem, now: dt.datetime) -> str:
    """Take a dead claim away; return the item's new status."""
    unfinished = item.send_attempts.filter(finished_at__isnull=True)
    begun = unfinished.filter(kind=Kind.SEND).last()
    unfinished.update(
        finished_at=now,
        outcome=Outcome.UNKNOWN,
        error_code=INTERRUPTED,
        detail="The run that made this call ended before the answer was recorded.",
    )
    # Any other answer is recorded together with its item.
    refused = item.send_attempts.filter(kind=Kind.SEND, started_at__gte=item.claimed_at).last()
    if refused and not begun:
        return _settle_as_refused(item, refused, now)
    item.claim_token = None
    item.updated_at = now
    item.status = QueueItem.Status.UNCONFIRMED if begun else QueueItem.Status.PENDING
    if begun:
        item.tried_at = begun.started_at
        item.error_code = INTERRUPTED
        item.error_message = "The run ended in the middle of this call: it may have been sent."
    item.save(
        update_fields=[
            "claim_token",
            "status",
            "error_code",
            "error_message",
            "tried_at",
            "updated_at",
        ]
    )
    return item.status


def _settle_as_refused(item: QueueItem, refused: SendAttempt, now: dt.datetime) -> str:
    """Record the refusal as if nobody had been found by the look-up: the account gets its rest."""
    if item.claim_token is None or item.claimed_at is None or refused.finished_at is None:
        raise AssertionError("a claim has a token and an instant, an outcome has an end")
    error = UnipileError(
        Outcome(refused.outcome),
        title="",
        http_status=refused.http_status,
        error_type=refused.error_code,
    )
    answer = Answer(
        refused.outcome,
        summary=error.summary,
        error_code=refused.error_code,
        http_status=refused.http_status,
        raw=refused.detail,
    )
    claim = Claim(item.pk, item.claim_token, item.linkedin_account_id, item.claimed_at)
    before = history.history_of(claim, refused.finished_at)
    verdict = outcomes.after_send(answer, None, before, refused.finished_at)
    held = recording.record(Call(claim, refused.pk, Kind.SEND), answer, verdict, now)
    return held.status if held else item.status
