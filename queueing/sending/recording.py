"""Keep what a call brought: attempt, item, prospect and account, in one transaction.

Fenced by the claim's token: whoever lost the claim changes nothing but its own attempt row.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q

from campaigns.models import Campaign, LinkedInAccount, Prospect
from campaigns.people import slug_told
from queueing import gates
from queueing.gates import limits
from queueing.models import QueueItem, SendAttempt, SendingStop
from queueing.sending import outcomes
from queueing.sending.claiming import INTERRUPTED, Call, Claim
from queueing.sending.outcomes import AccountChange, Answer, History, Verdict
from queueing.telling import notices
from queueing.unipile import Outcome, Profile

T = TypeVar("T")

logger = logging.getLogger(__name__)

IN_A_ROW_AT_MOST = 8  # more do not change any rest
_HOLD_THE_ACCOUNT = (Outcome.ACCOUNT_LIMIT, Outcome.THROTTLED, Outcome.ACCOUNT_DISCONNECTED)

SAME_PERSON = Verdict(
    QueueItem.Status.SKIPPED,
    "same_person",
    "This is somebody who is queued or invited here already, under another address.",
    prospect_status=Prospect.Status.SKIPPED,
)
DO_NOT_CONTACT = Verdict(
    QueueItem.Status.PENDING, "do_not_contact", "The person is on the do-not-contact list."
)


def finish_attempt(call: Call, answer: Answer, now: dt.datetime) -> None:
    """Finish a call's attempt row; once finished it stays as it is.

    A row that was finished as interrupted takes the answer that turned up after all.
    """
    open_or_interrupted = Q(finished_at__isnull=True) | Q(error_code=INTERRUPTED)
    SendAttempt.objects.filter(open_or_interrupted, pk=call.attempt_id).update(
        finished_at=now,
        outcome=answer.outcome,
        http_status=answer.http_status,
        error_code=answer.error_code,
        detail=answer.raw or answer.summary,
    )


def history_of(claim: Claim, now: dt.datetime) -> History:
    """Read what went before this claim, for the decision on an answer to it."""
    item = QueueItem.objects.select_related(
        "prospect", "campaign__sending_hours", "campaign__workspace__sending_hours"
    ).get(pk=claim.item_id)
    ended = list(
        item.send_attempts.filter(finished_at__isnull=False).values_list("kind", "started_at")
    )
    was_looked_up = any(
        kind == SendAttempt.Kind.LOOKUP and started_at >= claim.claimed_at
        for kind, started_at in ended
    )
    # What ended a run's claim: its send, or the look-up before it that the account did not bear.
    sends = SendAttempt.objects.filter(
        run=OuterRef("run"), item=OuterRef("item"), kind=SendAttempt.Kind.SEND
    )
    looks_alone = Q(run__isnull=False, outcome__in=_HOLD_THE_ACCOUNT) & ~Exists(sends)
    made = list(
        SendAttempt.objects.filter(
            Q(kind=SendAttempt.Kind.SEND) | looks_alone,
            item__linkedin_account=claim.account_id,
            started_at__lt=claim.claimed_at,
            finished_at__isnull=False,
        )
        .order_by("-started_at")
        .values_list("outcome", "error_code")[:IN_A_ROW_AT_MOST]
    )
    ended_as = [outcome for outcome, _ in made]
    return History(
        attempts=item.attempts,
        was_tried=any(kind == SendAttempt.Kind.SEND for kind, _ in ended),
        id_may_be_wrong=bool(item.prospect.public_identifier) and not was_looked_up,
        limits_in_a_row=_in_a_row(ended_as, Outcome.ACCOUNT_LIMIT),
        throttles_in_a_row=_in_a_row(ended_as, Outcome.THROTTLED),
        unknown_in_a_row=_in_a_row(ended_as, Outcome.UNKNOWN),
        disconnects_in_a_row=_in_a_row(ended_as, Outcome.ACCOUNT_DISCONNECTED),
        our_faults_in_a_row=_in_a_row([outcomes.is_our_fault(*each) for each in made], True),
        next_day_at=limits.next_day_start(now, gates.policy().day_zone),
        retry_delays_seconds=settings.RETRY_DELAYS_SECONDS,
        hours=gates.hours_of(item.campaign.hours()),
    )


def _in_a_row(newest_first: Sequence[T], wanted: T) -> int:
    """Count how many from the newest on are the wanted one."""
    for number, outcome in enumerate(newest_first):
        if outcome != wanted:
            return number
    return len(newest_first)


def verdict_on_look(claim: Claim, answer: Answer, now: dt.datetime) -> Verdict | None:
    """Decide after the look-up before a send, and keep whom it found; None means: go on."""
    verdict = outcomes.after_first_look(answer, history_of(claim, now), now)
    if answer.profile is None or verdict is not None:
        return verdict
    try:
        with transaction.atomic():
            _keep_identity(claim, answer.profile, now)
    except IntegrityError:
        return SAME_PERSON
    listed = QueueItem.objects.filter(gates.on_do_not_contact_list(), pk=claim.item_id)
    return DO_NOT_CONTACT if listed.exists() else None


def _keep_identity(claim: Claim, profile: Profile, now: dt.datetime) -> None:
    """Keep the ids that a look-up found: who the person is under any spelling."""
    slug = slug_told(profile.public_identifier)
    item = QueueItem.objects.sending().filter(pk=claim.item_id, claim_token=claim.token)
    item.update(linkedin_user_id=profile.provider_id, **({"person_key": slug} if slug else {}))
    prospects = Prospect.objects.filter(queue_items=claim.item_id)
    if slug:
        prospects.filter(public_identifier="").update(public_identifier=slug)
        # Under a slug of former times the next item must be looked up again; see `resolving`.
        prospects = prospects.filter(public_identifier=slug)
    prospects.update(
        linkedin_user_id=profile.provider_id, resolved_with=claim.account_id, resolved_at=now
    )


def record(
    call: Call, answer: Answer, verdict: Verdict, now: dt.datetime, invitation_id: str = ""
) -> bool:
    """Record the end of a claim and commit. Returns False where the claim was lost meanwhile."""
    with transaction.atomic():
        finish_attempt(call, answer, now)
        won = _record_item(call.claim, verdict, now, invitation_id)
        if won:
            record_prospect(call.claim.item_id, verdict, now)
            if verdict.status == QueueItem.Status.FAILED:
                notices.item_failed(call.claim.item_id, verdict.error_message, answer.raw, now)
        change_account(call.claim.account_id, verdict.account, now)
    if not won:
        logger.error(
            "Item %s: the claim was lost before its outcome (%s) was recorded; "
            "the attempt keeps the outcome.",
            call.claim.item_id,
            answer.outcome,
        )
    return won


def _held_by(claim: Claim) -> Q:
    """Return the condition under which a claim's outcome may still be recorded.

    The claim stands, or it grew old and was put in doubt: then a known outcome ends the doubt.
    """
    return Q(status=QueueItem.Status.SENDING, claim_token=claim.token) | Q(
        status=QueueItem.Status.UNCONFIRMED, claimed_at=claim.claimed_at
    )


def _record_item(claim: Claim, verdict: Verdict, now: dt.datetime, invitation_id: str) -> bool:
    held = QueueItem.objects.filter(_held_by(claim), pk=claim.item_id)
    changes = _changes(verdict, now)
    if verdict.status != QueueItem.Status.SENT:
        return bool(held.update(**changes))
    changes |= {"sent_at": now, "invitation_id": invitation_id}
    return bool(held.update(**changes)) or _sent_after_all(claim, changes)


def _sent_after_all(claim: Claim, changes: dict[str, Any]) -> bool:
    """Record as sent what was given up as not sent before its answer came: it must not go twice.

    False where it was claimed again, or where the person has another item by now.
    """
    given_up = QueueItem.objects.filter(
        pk=claim.item_id,
        claimed_at=claim.claimed_at,
        status__in=[QueueItem.Status.PENDING, QueueItem.Status.FAILED, QueueItem.Status.SKIPPED],
    )
    try:
        with transaction.atomic():
            return bool(given_up.update(**changes))
    except IntegrityError:
        return False


def _changes(verdict: Verdict, now: dt.datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "status": verdict.status,
        "claim_token": None,
        "error_code": verdict.error_code,
        "error_message": verdict.error_message,
        "updated_at": now,
    }
    if verdict.burns_attempt:
        changes["attempts"] = F("attempts") + 1
    if verdict.retry_at:
        changes["scheduled_for"] = verdict.retry_at
    return changes


def record_prospect(item_id: uuid.UUID, verdict: Verdict, now: dt.datetime) -> None:
    """Bring an item's prospect to what the verdict says; never back from a later state."""
    if not verdict.prospect_status:
        return
    beyond = [Prospect.Status.CONNECTED, Prospect.Status.REPLIED]
    prospect = (
        Prospect.objects.filter(queue_items=item_id)
        .exclude(status__in=beyond)
        .select_related("campaign")
        .first()
    )
    if prospect is None:
        return
    prospect.status = verdict.prospect_status
    if verdict.status == QueueItem.Status.SENT:
        prospect.follow_up_due_at = follow_up_due_at(prospect.campaign, now)
    else:
        prospect.status_reason = verdict.error_message
    prospect.save(update_fields=["status", "status_reason", "follow_up_due_at"])


def follow_up_due_at(campaign: Campaign, sent_at: dt.datetime) -> dt.datetime:
    """Return when the follow-up to a request sent now is due."""
    return sent_at + dt.timedelta(days=campaign.follow_up_after_days)


def settle_doubt(
    item: QueueItem,
    verdict: Verdict,
    invitation_id: str,
    sent_at: dt.datetime | None,
    now: dt.datetime,
) -> bool:
    """End an item's doubt as the verdict says; return False where it was ended meanwhile."""
    with transaction.atomic():
        in_doubt = QueueItem.objects.filter(
            pk=item.pk, status=QueueItem.Status.UNCONFIRMED, claimed_at=item.claimed_at
        )
        changes = _changes(verdict, now) | {"sent_at": sent_at, "invitation_id": invitation_id}
        if not in_doubt.update(**changes):
            return False
        record_prospect(item.pk, verdict, sent_at or now)
        if verdict.status == QueueItem.Status.FAILED:
            answered = item.send_attempts.filter(
                kind=SendAttempt.Kind.SEND, http_status__isnull=False
            ).order_by("-number")
            raw = answered.values_list("detail", flat=True).first() or ""
            notices.item_failed(item.pk, verdict.error_message, raw, now)
    return True


@transaction.atomic
def change_account(account_id: uuid.UUID, change: AccountChange, now: dt.datetime) -> None:
    """Let an account rest, or give it another status; say so once for each change of state."""
    account = LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    rests_until = account.paused_until or now
    was_resting = rests_until > now
    told = ""
    # A call that was in flight may find a lost account restricted, which is the graver state.
    is_known = account.status in {change.status, LinkedInAccount.Status.RESTRICTED}
    if change.status and not is_known:
        account.status, account.pause_reason = change.status, change.reason
        told = f"{account.get_status_display()}: {change.reason}"
    if change.rest_until and change.rest_until > rests_until:
        account.paused_until, account.pause_reason = change.rest_until, change.reason
        if not was_resting and not told:
            told = f"Rests until {change.rest_until:%Y-%m-%d %H:%M} UTC: {change.reason}"
    account.save(update_fields=["status", "pause_reason", "paused_until"])
    if told:
        notices.account_changed(account, told, now)
    if change.stop_everything:
        stop_sending(change.reason, now)


def stop_sending(reason: str, now: dt.datetime) -> None:
    """Stop all sending on SendQ's own account; where it is stopped already, leave that stop."""
    try:
        with transaction.atomic():
            SendingStop.objects.create(reason=reason, stopped_at=now)
            notices.sending_stopped(reason, now)
    except IntegrityError:
        logger.info("Sending is stopped already; not stopped again for: %s", reason)
