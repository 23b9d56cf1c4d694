"""Keep what a call brought: attempt, item, prospect and account, in one transaction.

Fenced by the claim's token: whoever lost the claim changes nothing but its own attempt row.
"""

import datetime as dt
import logging
import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Subquery

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import PLURAL, Kind, QueueItem, SendAttempt, SendingStop
from queueing.sending import judging, news, retries
from queueing.sending.claiming import INTERRUPTED, TROUBLE, Call, Claim
from queueing.sending.verdicts import AccountChange, Answer, Verdict, may_have_arrived
from queueing.telling import in_words, notices
from queueing.unipile import Outcome

logger = logging.getLogger(__name__)


def finish_attempt(call: Call, answer: Answer, now: dt.datetime) -> None:
    """Finish a call's attempt row; once finished it stays as it is.

    A row that was finished as interrupted takes the answer that turned up after all. A send that
    may have arrived is noted on its item at once: whatever becomes of that, it was tried.
    """
    open_or_interrupted = Q(finished_at__isnull=True) | Q(error_code=INTERRUPTED)
    SendAttempt.objects.filter(open_or_interrupted, pk=call.attempt_id).update(
        finished_at=now,
        outcome=answer.outcome,
        asked_again=answer.asked_again,
        http_status=answer.http_status,
        error_code=answer.error_code,
        detail=answer.raw or answer.summary,
    )
    if call.kind == SendAttempt.Kind.SEND and may_have_arrived(answer):
        note_try(call.claim.item_id, call.attempt_id)


def note_try(item_id: uuid.UUID, attempt_id: uuid.UUID) -> None:
    """Note on an item that one of its sends may have arrived; the latest such one stays.

    What has ended meanwhile comes into doubt again: see the constraint `no_end_in_doubt`.
    """
    began = SendAttempt.objects.filter(pk=attempt_id).values("started_at")
    earlier = Q(tried_at__isnull=True) | Q(tried_at__lt=Subquery(began))
    item = QueueItem.objects.filter(earlier, pk=item_id, sent_at__isnull=True)
    unsearched = Q(searched_at__isnull=True) | Q(searched_at__lt=Subquery(began))
    ended = Q(status__in=[QueueItem.Status.FAILED, QueueItem.Status.SKIPPED])
    try:
        with transaction.atomic():
            item.filter(ended, unsearched).update(
                tried_at=Subquery(began), status=QueueItem.Status.UNCONFIRMED
            )
            item.update(tried_at=Subquery(began))
    except IntegrityError:
        logger.exception("Item %s may have been sent, and its person has another item", item_id)


def record(
    call: Call,
    answer: Answer,
    verdict: Verdict,
    now: dt.datetime,
    invitation_id: str = "",
    heard_at: dt.datetime | None = None,
) -> Verdict | None:
    """Record the end of a claim and commit.

    :param heard_at: when the answer came, where that is some time ago.

    Returns the verdict that holds: an end waits where a try may have arrived. None: claim lost.
    """
    with transaction.atomic():
        finish_attempt(call, answer, now)
        held = _record_item(call.claim, verdict, now, invitation_id)
        if held and held.status == QueueItem.Status.FAILED:
            notices.item_failed(call.claim.item_id, held.error_message, answer.raw, now)
        if verdict.account != AccountChange():
            change_account(call.claim.account_id, verdict.account, heard_at or now)
    if held is None:
        logger.error(
            "Item %s: the claim was lost before its outcome (%s) was recorded; "
            "the attempt keeps the outcome.",
            call.claim.item_id,
            answer.outcome,
        )
    return held


def record_trouble(call: Call, error: Exception, now: dt.datetime) -> None:
    """Let an item wait whose look-up SendQ could not deal with, and fail where that goes on.

    Nothing was sent: the send was to follow.
    """
    told = f"SendQ could not deal with the look-up before the send: {in_words(error)}"
    answer = Answer(Outcome.UNKNOWN, summary=told, error_code=TROUBLE)
    tries = QueueItem.objects.values_list("attempts", flat=True).get(pk=call.claim.item_id) + 1
    again = retries.retry_at(now, tries, settings.RETRY_DELAYS_SECONDS)
    verdict = Verdict(
        QueueItem.Status.PENDING if again else QueueItem.Status.FAILED,
        TROUBLE,
        told if again else f"Given up after {tries} tries. {told}",
        burns_attempt=True,
        retry_at=again,
        prospect_status="" if again else Prospect.Status.FAILED,
    )
    record(call, answer, verdict, now)


def _held_by(claim: Claim) -> Q:
    """Return the condition under which a claim's outcome may still be recorded.

    The claim stands, or it grew old and was put in doubt: then a known outcome ends the doubt. That
    it was sent is recorded too where the item was given up meanwhile: it must not go twice.
    """
    return Q(status=QueueItem.Status.SENDING, claim_token=claim.token) | Q(
        status=QueueItem.Status.UNCONFIRMED, claimed_at=claim.claimed_at
    )


_GIVEN_UP = (QueueItem.Status.PENDING, QueueItem.Status.FAILED, QueueItem.Status.SKIPPED)


def _record_item(
    claim: Claim, verdict: Verdict, now: dt.datetime, invitation_id: str
) -> Verdict | None:
    item = _locked(_held_by(claim), pk=claim.item_id)
    if item is None and verdict.status == QueueItem.Status.SENT:
        item = _locked(pk=claim.item_id, claimed_at=claim.claimed_at, status__in=_GIVEN_UP)
    if item is None:
        return None
    try:
        with transaction.atomic():
            return settle(item, verdict, now, invitation_id)
    except IntegrityError:
        if item.status not in _GIVEN_UP:
            raise
        return None  # the person has another item by now


def _locked(*conditions: Q, **values: Any) -> QueueItem | None:
    items = QueueItem.objects.select_for_update(no_key=True)
    return items.filter(*conditions, **values).first()


def settle(item: QueueItem, verdict: Verdict, now: dt.datetime, invitation_id: str = "") -> Verdict:
    """Bring a locked item and its prospect to what the verdict says; return the one that holds."""
    maybe_arrived = QueueItem.objects.maybe_arrived().filter(pk=item.pk).exists()
    account = _another_account(item) if verdict.try_another_account else None
    if account is not None:
        verdict = _by_another_account(item, account, verdict, now)
    ended = judging.nothing_waits_for_nothing(
        verdict,
        campaign_status=Campaign.objects.values_list("status", flat=True).get(pk=item.campaign_id),
        prospect=Prospect.objects.get(pk=item.prospect_id),
        item=item,
    )
    held = judging.nothing_ends_in_doubt(ended, maybe_arrived=maybe_arrived)
    changes = _changes(held, now)
    if account is not None and held.status == QueueItem.Status.PENDING:
        changes |= {"linkedin_account": account, "linkedin_user_id": ""}
    if held.status == QueueItem.Status.SENT or held.arrived:
        # By the latest instant at which the effect can have come about: caps count by it.
        bound = dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
        began_at = (item.tried_at or item.claimed_at) if held.arrived else None
        changes["sent_at"] = min(now, began_at + bound) if began_at else now
        if item.kind == QueueItem.Kind.CONNECTION_REQUEST:
            changes["invitation_id"] = invitation_id
    QueueItem.objects.filter(pk=item.pk).update(**changes)
    news.record(item, held, changes.get("sent_at", now), now)
    if held.status == QueueItem.Status.PENDING:
        Campaign.wake(item.campaign_id)
    return held


def _another_account(item: QueueItem) -> LinkedInAccount | None:
    """Return an account that may know a person who is known by an id alone, and was not asked yet.

    Ids are good for one account only, and whose an imported one is nobody knows. None where the
    person can be found by address, may have been invited, or all accounts have been asked; and for
    messages and withdrawals, which are between the person and the account that invited them.
    """
    if item.kind != QueueItem.Kind.CONNECTION_REQUEST:
        return None
    if item.prospect.public_identifier or item.tried_at:
        return None
    asked = item.send_attempts.values("linkedin_account")
    return (
        item.campaign.accounts.filter(status=LinkedInAccount.Status.CONNECTED)
        .exclude(pk__in=asked)
        .exclude(pk=item.linkedin_account_id)
        .order_by("name", "pk")
        .first()
    )


def _by_another_account(
    item: QueueItem, account: LinkedInAccount, verdict: Verdict, now: dt.datetime
) -> Verdict:
    told = f"{item.linkedin_account} does not know this id: {account} is asked. "
    return replace(
        verdict,
        status=QueueItem.Status.PENDING,
        error_message=told + verdict.error_message,
        retry_at=now,
        prospect_status="",
    )


def _changes(verdict: Verdict, now: dt.datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "status": verdict.status,
        "claim_token": None,
        "error_code": verdict.error_code,
        "error_message": verdict.error_message,
        "updated_at": now,
    }
    if verdict.chat_id or verdict.message_id:
        changes |= {"chat_id": verdict.chat_id, "message_id": verdict.message_id}
    if verdict.ask_again_at:
        changes["ask_again_at"] = verdict.ask_again_at
    if verdict.burns_attempt:
        changes["attempts"] = F("attempts") + 1
    if verdict.retry_at:
        changes["scheduled_for"] = verdict.retry_at
    return changes


def settle_doubt(
    item: QueueItem,
    verdict: Verdict,
    now: dt.datetime,
    *,
    invitation_id: str = "",
    searched: bool = False,
    never_tried: bool = False,
) -> Verdict | None:
    """End an item's doubt as the verdict says; None where it was ended, or tried again, meanwhile.

    :param searched: the looks were conclusive, and found no trace of the last try.
    :param never_tried: somebody has made sure that nothing was sent.
    """
    with transaction.atomic():
        locked = _locked(
            pk=item.pk, status=item.status, claimed_at=item.claimed_at, sent_at__isnull=True
        )
        if locked is None or locked.status == QueueItem.Status.SENDING:
            return None
        if never_tried:
            QueueItem.objects.filter(pk=item.pk).update(tried_at=None)
        elif searched:
            QueueItem.objects.filter(pk=item.pk).update(searched_at=now)
        held = settle(locked, verdict, now, invitation_id)
        if held.status == QueueItem.Status.FAILED:
            answered = item.send_attempts.filter(
                kind=SendAttempt.Kind.SEND, http_status__isnull=False
            ).order_by("-number")
            raw = answered.values_list("detail", flat=True).first() or ""
            notices.item_failed(item.pk, held.error_message, raw, now)
    return held


@transaction.atomic
def change_account(account_id: uuid.UUID, change: AccountChange, now: dt.datetime) -> None:
    """Let an account rest, or give it another status; say so once for each change of state.

    :param now: when that was heard of. What has happened since is not undone by it: an answer may
        have lain in the journal for hours.
    """
    account = LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    if (
        change.stop_everything
        and not SendingStop.objects.of_all().filter(lifted_at__gt=now).exists()
    ):
        stop_sending(change.reason, now)
    if account.changed_at is not None and now < account.changed_at:
        logger.info("Of %s has been heard since: %s", account, change)
        return
    was_resting = account.paused_until is not None and account.paused_until > now
    told = ""
    # A call that was in flight may find a lost account restricted, which is the graver state.
    is_known = account.status in {change.status, LinkedInAccount.Status.RESTRICTED}
    if change.status and not is_known:
        account.status, account.pause_reason = change.status, change.reason
        told = f"{account.get_status_display()}: {change.reason}"
    if change.kind:
        told = _let_kind_rest(account, change, now)
    elif change.rest_until and change.rest_until > now:
        account.ask_for_rest(change.rest_until, change.reason, now)
        if not was_resting and not told:
            told = f"Rests until {change.rest_until:%Y-%m-%d %H:%M} UTC: {change.reason}"
    if change.status or (change.rest_until and not change.kind):
        account.changed_at = now
        account.save(update_fields=["status", *account.RESTED, "changed_at"])
    if change.longest_note is not None and change.longest_note < account.note_limit:
        account.longest_note = change.longest_note
        account.save(update_fields=["longest_note"])
        told = told or change.reason
    if told:
        notices.account_changed(account, told, now)


def _let_kind_rest(account: LinkedInAccount, change: AccountChange, now: dt.datetime) -> str:
    """Let what an account sends of one kind rest; return what to tell of it."""
    before, until = account.rest_of(change.kind)[0] or now, change.rest_until
    if until is None or until <= before:
        return ""
    rest = {"until": until.isoformat(), "reason": change.reason}
    account.kind_rests = account.kind_rests | {change.kind: rest}
    account.save(update_fields=["kind_rests"])
    if before > now:
        return ""
    what = f"Its {PLURAL[Kind(change.kind)]} rest, and nothing else of it,"
    return f"{what} until {until:%Y-%m-%d %H:%M} UTC: {change.reason}"


def end_rest(account_id: uuid.UUID, reason: str, now: dt.datetime) -> bool:
    """End an account's rest if it is for this reason, whatever number it begins with."""
    with transaction.atomic():
        resting = LinkedInAccount.objects.filter(paused_until__gt=now, rest_reason__endswith=reason)
        account = resting.select_for_update(no_key=True).filter(pk=account_id).first()
        if account is not None:
            account.end_rest(now)
    return account is not None


def stop_sending(reason: str, now: dt.datetime) -> None:
    """Stop all sending on SendQ's own account; where it is stopped already, leave that stop."""
    try:
        with transaction.atomic():
            SendingStop.objects.create(reason=reason, stopped_at=now)
            notices.sending_stopped(reason, now)
    except IntegrityError:
        logger.info("Sending is stopped already; not stopped again for: %s", reason)
