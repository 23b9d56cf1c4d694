"""Who sends next: the claim, and the fence behind which every later step of it stands.

A claim is committed before any call. It is won under a lock on the account's row, so that what is
counted stays true until the claim stands: any number of runs may try at once.
"""

import datetime as dt
import logging
import uuid
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Max, Min, Q, Value

from campaigns.models import Campaign, LinkedInAccount
from queueing import gates
from queueing.gates import Gate
from queueing.models import TOUCH_LASTS, ProcessRun, QueueItem, QueueItemQuerySet, SendAttempt
from queueing.telling import Fence

logger = logging.getLogger(__name__)

Kind = SendAttempt.Kind
Route = SendAttempt.Route
_ROUTES: dict[tuple[str, str], str] = {
    (QueueItem.Kind.CONNECTION_REQUEST, Kind.SEND): Route.INVITE,
    (QueueItem.Kind.CONNECTION_REQUEST, Kind.LOOKUP): Route.PROFILE,
    (QueueItem.Kind.MESSAGE, Kind.SEND): Route.MESSAGE,
    (QueueItem.Kind.MESSAGE, Kind.LOOKUP): Route.CHAT,
    (QueueItem.Kind.WITHDRAWAL, Kind.SEND): Route.WITHDRAWAL,
    (QueueItem.Kind.WITHDRAWAL, Kind.LOOKUP): Route.PROFILE,
}
LOOK_LASTS = dt.timedelta(days=1)
TROUBLE = "internal_error"  # error code of an item with which SendQ itself could not deal
INTERRUPTED = "interrupted"  # error code of a call whose run ended in the middle of it


@dataclass(frozen=True)
class Claim:
    """An item that this run alone may send, and what the call needs: empty where none follows."""

    item_id: uuid.UUID
    token: uuid.UUID
    account_id: uuid.UUID
    claimed_at: dt.datetime
    workspace_id: uuid.UUID | None = None
    unipile_account_id: str = ""
    provider_id: str = ""
    identifier: str = ""
    message: str = ""
    name: str = ""
    listed_as: tuple[str, str] = ("", "")  # whom LinkedIn must show; empty: anybody
    item_kind: str = QueueItem.Kind.CONNECTION_REQUEST
    chat_id: str = ""
    invitation_id: str = ""


@dataclass(frozen=True)
class Call:
    """One call of a claim, whose attempt row is committed."""

    claim: Claim
    attempt_id: uuid.UUID
    kind: str


class Turn(NamedTuple):
    """What an account may have one of in a run."""

    account_id: uuid.UUID
    kind: str


def in_turn(now: dt.datetime, only: uuid.UUID | None = None) -> list[Turn]:
    """Return the accounts that have something due, by kind, the one that waits longest first.

    Leaves out what cannot be claimed anyway; `claim` asks every gate.
    """
    is_active = Q(campaign__status=Campaign.Status.ACTIVE) | Q(by_hand=True)
    due = QueueItem.objects.pending().filter(is_active, scheduled_for__lte=now)
    if only is not None:
        due = due.filter(linkedin_account=only)
    waiting = (
        due.order_by()
        .values("linkedin_account", "kind")
        .annotate(oldest=Min("scheduled_for"))
        .order_by("oldest", "linkedin_account", "kind")
    )
    return [Turn(*row) for row in waiting.values_list("linkedin_account", "kind")]


def claim(
    account_id: uuid.UUID,
    run: ProcessRun | None,
    now: dt.datetime,
    fence: Fence | None = None,
    kind: str = QueueItem.Kind.CONNECTION_REQUEST,
) -> Call | None:
    """Claim the account's next item of a kind whose gates are all open, and commit.

    Returns None where there is none, or where another run is at this account. The lock comes in a
    statement of its own: a statement that locks and counts counts what it saw before it had the
    lock.
    """
    try:
        with transaction.atomic():
            return _claim(account_id, run, now, fence, kind)
    except IntegrityError:
        # The gates were open, and in this instant another account claimed the same person.
        logger.info("Account %s: the next person is being written to by another", account_id)
        return None


def _claim(
    account_id: uuid.UUID,
    run: ProcessRun | None,
    now: dt.datetime,
    fence: Fence | None,
    kind: str,
) -> Call | None:
    account = (
        LinkedInAccount.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("workspace")
        .filter(pk=account_id)
        .first()
    )
    if account is None:
        return None
    item = next_open_item(account, now, fence, kind)
    return _take(item, account, run, now) if item else None


def next_open_item(
    account: LinkedInAccount,
    now: dt.datetime,
    fence: Fence | None = None,
    kind: str = QueueItem.Kind.CONNECTION_REQUEST,
) -> QueueItem | None:
    """Return the oldest due item of a kind of the account for which every gate is open.

    All gates but the item's own depend on account and campaign only: where they are closed for one
    item they are closed for all of its campaign, and the next campaign's oldest item is asked.
    Items on the do-not-contact list stand aside, and so do those whose person was reached lately,
    or could not be asked for; those whose note is longer than LinkedIn takes from the account, and
    those with a note where only notes are used up. Where its campaign says so, such an item comes
    without its note.
    """
    stops, usage = gates.stops(), gates.usage(account, now, kind=kind)
    due = _due(account, now, kind)
    closed: set[tuple[uuid.UUID, bool]] = set()
    closed_to_notes: list[uuid.UUID] = []
    fence = fence or Fence(now)
    while (
        item := due.exclude(campaign__in=[key for key, by_hand in closed if by_hand], by_hand=True)
        .exclude(campaign__in=[key for key, by_hand in closed if not by_hand], by_hand=False)
        .exclude(campaign__in=closed_to_notes, note_length__gt=0)
        .first()
    ) is not None:
        only_notes = False
        # A campaign whose gates cannot be asked holds back no other of the account.
        with fence.around(f"Campaign “{item.campaign}”", item.workspace_id):
            report = gates.evaluate(gates.facts_of(item, usage, stops), now)
            if report.is_open:
                if kind == QueueItem.Kind.CONNECTION_REQUEST and gates.notes_are_used_up(usage):
                    item.message = ""
                return item
            only_notes = {each.gate for each in report.states if not each.is_open} == {Gate.NOTES}
        if only_notes:
            closed_to_notes.append(item.campaign_id)
        else:
            closed.add((item.campaign_id, item.by_hand))
    return None


def _due(account: LinkedInAccount, now: dt.datetime, kind: str) -> QueueItemQuerySet:
    """Return an account's due items of a kind whose own gates are open, in turn."""
    items = (
        QueueItem.objects.due(now)
        .filter(~gates.on_do_not_contact_list(), linkedin_account=account, kind=kind)
        .exclude(QueueItem.PERSON_HAS_ENDED)
        .annotate(
            do_not_contact=Value(False),
            touched_at=gates.touched_at(),
        )
        .select_related("prospect", "campaign__workspace", "campaign__sending_hours")
    )
    if kind == QueueItem.Kind.CONNECTION_REQUEST:
        items = items.exclude(note_length__gt=account.note_limit)
    if kind != QueueItem.Kind.WITHDRAWAL:
        is_rested = Q(touched_at__isnull=True) | Q(touched_at__lte=now - TOUCH_LASTS)
        items = items.filter(is_rested | Q(by_hand=True))
    if kind == QueueItem.Kind.MESSAGE:
        is_known = Q(ask_again_at__isnull=True) | Q(ask_again_at__lte=now)
        items = items.filter(is_known | Q(by_hand=True))
    return items


def _take(
    item: QueueItem, account: LinkedInAccount, run: ProcessRun | None, now: dt.datetime
) -> Call | None:
    """Set the item to sending.

    :raises IntegrityError: where something else reached the person meanwhile: `one_touch_in_a_day`.
    """
    token = uuid.uuid4()
    won = (
        QueueItem.objects.pending()
        .filter(pk=item.pk)
        .update(
            status=QueueItem.Status.SENDING,
            claim_token=token,
            claimed_at=now,
            message=item.message,
            updated_at=now,
        )
    )
    if not won:  # staff skipped it in this instant
        return None
    if zones := gates.counting_from_now_on(account, now):
        LinkedInAccount.objects.filter(pk=account.pk).update(**zones)
    claimed = Claim(
        item_id=item.pk,
        token=token,
        account_id=account.pk,
        claimed_at=now,
        workspace_id=item.workspace_id,
        unipile_account_id=account.unipile_account_id,
        provider_id=item.linkedin_user_id,
        identifier=item.prospect.public_identifier or item.prospect.linkedin_user_id,
        message=item.message,
        name=str(item.prospect),
        listed_as=item.prospect.must_be_called,
        item_kind=item.kind,
        chat_id=item.chat_id,
        invitation_id=item.invitation_id,
    )
    kind = Kind.LOOKUP if _looks_first(item, now) else Kind.SEND
    return _open_attempt(claimed, kind, run, now)


def _looks_first(item: QueueItem, now: dt.datetime) -> bool:
    """Return whether the person is looked up before the send.

    Not where they were within the day, and nothing was tried since: people are invited by hand, and
    connect; what a former try was answered need not be true, nor its id be good any more.
    """
    if item.kind != QueueItem.Kind.CONNECTION_REQUEST:
        return item.kind == QueueItem.Kind.MESSAGE
    looked_at = item.prospect.resolved_at
    is_fresh = looked_at is not None and looked_at > now - LOOK_LASTS
    return (
        not (is_fresh and item.linkedin_user_id)
        or item.tried_at is not None
        or item.send_attempts.filter(kind=Kind.SEND).exists()
    )


def begin_call(
    claimed: Claim, kind: str, run: ProcessRun | None, now: dt.datetime
) -> Call | gates.GateState | None:
    """Write the attempt row of a claim's next call, and commit.

    Before a send every gate is asked once more, for much may have been stopped while somebody was
    looked up: returns the one that holds the item where one is closed by now. Returns None where
    the claim is lost: it grew too old and was taken away.
    """
    with transaction.atomic():
        held = QueueItem.objects.sending().filter(pk=claimed.item_id, claim_token=claimed.token)
        if not held.update(updated_at=now):
            return None
        closed = _closed_by_now(claimed, now) if kind == Kind.SEND else None
        return closed or _open_attempt(claimed, kind, run, now)


def _closed_by_now(claimed: Claim, now: dt.datetime) -> gates.GateState | None:
    """Ask a claimed item's gates under its account's lock, as if it had not been claimed.

    So it is pending, and counts for nothing.
    """
    account = (
        LinkedInAccount.objects.select_for_update(no_key=True, of=("self",))
        .select_related("workspace")
        .get(pk=claimed.account_id)
    )
    item = gates.with_facts(QueueItem.objects.all()).get(pk=claimed.item_id)
    item.status = QueueItem.Status.PENDING
    usage = gates.usage(account, now, without=item.pk, kind=item.kind)
    facts = gates.facts_of(item, usage, gates.stops())
    return gates.evaluate(replace(facts, ask_from=claimed.claimed_at), now).binding


def _open_attempt(claimed: Claim, kind: str, run: ProcessRun | None, now: dt.datetime) -> Call:
    made = SendAttempt.objects.filter(item=claimed.item_id)
    number = (made.aggregate(last=Max("number"))["last"] or 0) + 1
    attempt = SendAttempt.objects.create(
        item_id=claimed.item_id,
        linkedin_account_id=claimed.account_id,
        run=run,
        kind=kind,
        route=_ROUTES[claimed.item_kind, kind],
        number=number,
        started_at=now,
    )
    return Call(claimed, attempt.pk, kind)
