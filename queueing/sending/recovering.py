"""What becomes of an item whose run died: its claim stands, and nobody is at it any more."""

import datetime as dt
from collections import Counter
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F

from queueing.models import QueueItem, QueueItemQuerySet, SendAttempt
from queueing.sending import deciding, history, recording
from queueing.sending.claiming import INTERRUPTED, TROUBLE, Call, Claim
from queueing.sending.verdicts import Answer, Verdict
from queueing.telling import Fence, in_words
from queueing.unipile import Outcome, UnipileError

Kind = SendAttempt.Kind


def recover(now: dt.datetime, fence: Fence | None = None) -> tuple[int, int]:
    """Release the claims of runs that died; return how many went back, and how many are in doubt.

    Beyond the bound no call can still be under way. Where a send was begun and never finished, its
    effect is unknown. Where it was refused and the look-up behind it never ended, the refusal
    stands. Else the item was certainly not sent and waits again. Where none of that can be told,
    it is in doubt: its claim must not hold its account for ever.
    """
    bound = now - dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
    dead = QueueItem.objects.sending().filter(claimed_at__lt=bound)
    became: Counter[str] = Counter()
    fence = fence or Fence(now)
    for item_id, workspace_id in dead.values_list("pk", "workspace"):
        with fence.around(
            f"The interrupted call about item {item_id}",
            workspace_id,
            item_id=item_id,
            then=partial(_put_in_doubt, dead.filter(pk=item_id), now, became),
        ):
            with transaction.atomic():
                free = dead.select_for_update(skip_locked=True, no_key=True)
                item = free.filter(pk=item_id).first()
                status = _settle(item, now) if item else ""
            became[status] += 1
    in_doubt = became[QueueItem.Status.UNCONFIRMED]
    return became.total() - became[""] - in_doubt, in_doubt


def _put_in_doubt(
    dead: QueueItemQuerySet, now: dt.datetime, became: Counter[str], error: Exception
) -> None:
    became[QueueItem.Status.UNCONFIRMED] += dead.update(
        status=QueueItem.Status.UNCONFIRMED,
        tried_at=F("claimed_at"),
        claim_token=None,
        error_code=TROUBLE,
        error_message=f"SendQ could not find out what became of this call: {in_words(error)}",
        updated_at=now,
    )


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
    if begun is None:
        waits = Verdict(QueueItem.Status.PENDING, item.error_code, item.error_message)
        return recording.settle(item, waits, now).status
    recording.note_try(item.pk, begun.pk)
    told = "The run ended in the middle of this call: it may have been sent."
    return recording.settle(
        item, Verdict(QueueItem.Status.UNCONFIRMED, INTERRUPTED, told), now
    ).status


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
    verdict = deciding.after_send(answer, None, before, refused.finished_at)
    held = recording.record(
        Call(claim, refused.pk, Kind.SEND), answer, verdict, now, heard_at=refused.finished_at
    )
    return held.status if held else item.status
