"""Who sends: the claim, and the fence behind which every later step of it stands.

A claim is committed before any call. It is won under a lock on the account's row, so that what is
counted stays true until the claim stands: any number of runs may try at once.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Min, Q

from campaigns.models import Campaign, LinkedInAccount
from queueing import gates
from queueing.gates.counting import among_slot
from queueing.gates.statements import Statement, execute
from queueing.models import ProcessRun, QueueItem, SendAttempt
from queueing.sending import choosing
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


def taken_since(since: dt.datetime, accounts: Collection[uuid.UUID] | None = None) -> set[Turn]:
    """Return the turns that runs have taken since an instant: those of which a call was made.

    :param accounts: of these alone, whose locks say that no other turn of theirs begins now.
    """
    made = SendAttempt.objects.filter(started_at__gte=since, run__isnull=False).order_by()
    if accounts is not None:
        column = "queueing_sendattempt.linkedin_account_id"
        made = made.filter(gates.counting.among(column, accounts))
    turns = made.values_list("linkedin_account", "item__kind").distinct()
    return {Turn(of, kind) for of, kind in turns if of is not None}


def claim(
    account_id: uuid.UUID,
    run: ProcessRun | None,
    now: dt.datetime,
    fence: Fence | None = None,
    kind: str = QueueItem.Kind.CONNECTION_REQUEST,
) -> Call | None:
    """Claim one account's next item of a kind: `claim_all` of one turn."""
    return next(iter(claim_all([Turn(account_id, kind)], run, now, fence)), None)


def claim_all(
    turns: Sequence[Turn],
    run: ProcessRun | None,
    now: dt.datetime,
    fence: Fence | None = None,
    since: dt.datetime | None = None,
) -> list[Call]:
    """Claim the next item of each turn whose gates are all open, in one transaction, and commit.

    Leaves out turns where there is none, or where another run is at the account. The lock comes in
    a statement of its own: a statement that locks and counts counts what it saw before it had the
    lock. Nothing of it waits for another run but the items' own constraints.

    :param turns: of accounts that are all different.
    :param since: leaves out turns that were taken since this instant, by whichever run.
    :raises django.db.Error: where one of several cannot be claimed: ask for each by itself. Of one
        that another account was quicker to write to, nothing is returned.
    """
    try:
        with transaction.atomic():
            return _claim_all(turns, run, now, fence or Fence(now), since)
    except IntegrityError:
        if len(turns) > 1:
            raise
        # The gates were open, and in this instant another account claimed the same person.
        logger.info("%s: the next person is being written to by another", turns[0])
        return []


def _claim_all(
    turns: Sequence[Turn],
    run: ProcessRun | None,
    now: dt.datetime,
    fence: Fence,
    since: dt.datetime | None,
) -> list[Call]:
    asked = [turn.account_id for turn in turns]
    locked = {account.pk: account for account in _lock().instances(accounts=asked)}
    if since is not None:
        taken = taken_since(since, locked)
        turns = [turn for turn in turns if turn not in taken]
    found: dict[uuid.UUID, QueueItem] = {}
    for kind in {turn.kind for turn in turns}:
        ours = [locked[of] for of, each in turns if each == kind and of in locked]
        found |= choosing.next_open_items(ours, now, fence, kind) if ours else {}
    next_ones = [(found[of], locked[of]) for of, _ in turns if of in found]
    return _take(next_ones, run, now) if next_ones else []


@lru_cache(maxsize=1)
def _lock() -> Statement:
    """Return the statement that locks accounts: those that nobody else has locked."""
    rows = LinkedInAccount.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    those = rows.filter(among_slot("campaigns_linkedinaccount.id", "accounts"))
    return Statement(those.select_related("workspace").order_by())


# Only what is still the very row that was chosen: the item may have been moved, reworded or put off
# since. What somebody is changing in this instant is not waited for: much may be stopped meanwhile.
_SET_TO_SENDING = """
WITH still AS MATERIALIZED (
    SELECT send_queue.id, taken.token, taken.message
    FROM unnest(%(items)s::uuid[], %(tokens)s::uuid[], %(messages)s::text[], %(versions)s::text[])
        AS taken (id, token, message, version)
    JOIN send_queue ON send_queue.id = taken.id
    WHERE send_queue.status = 'pending' AND send_queue.xmin::text = taken.version
    FOR NO KEY UPDATE OF send_queue SKIP LOCKED
)
UPDATE send_queue
SET status = 'sending', claim_token = still.token, claimed_at = %(now)s, updated_at = %(now)s,
    message = still.message
FROM still
WHERE send_queue.id = still.id AND send_queue.status = 'pending'
RETURNING send_queue.id
"""


def _take(
    taken: Sequence[tuple[QueueItem, LinkedInAccount]], run: ProcessRun | None, now: dt.datetime
) -> list[Call]:
    """Set the items to sending, and open an attempt of each; not of what staff just changed.

    :raises IntegrityError: where something else reached a person meanwhile: `one_touch_in_a_day`.
    """
    tokens = {item.pk: uuid.uuid4() for item, _ in taken}
    asked: dict[str, Any] = {
        "now": now,
        "items": list(tokens),
        "tokens": list(tokens.values()),
        "messages": [item.message for item, _ in taken],
        "versions": [choosing.version_of(item) for item, _ in taken],
    }
    won = {pk for (pk,) in execute(_SET_TO_SENDING, asked)}
    taken = [(item, account) for item, account in taken if item.pk in won]
    _note_zones([account for _, account in taken], now)
    made = _calls_made(won)
    calls = []
    for item, account in taken:
        kind = Kind.LOOKUP if _looks_first(item, made, now) else Kind.SEND
        calls.append((_claimed(item, account, tokens[item.pk], now), kind))
    return _open_attempts(calls, made, run, now)


def _note_zones(accounts: Iterable[LinkedInAccount], now: dt.datetime) -> None:
    """Note in which zone the accounts count; nearly always that is noted, and nothing is done."""
    same: dict[str, list[LinkedInAccount]] = {}
    for account in accounts:
        if zones := gates.counting_from_now_on(account, now):
            same.setdefault(repr(zones), []).append(account)
    for those in same.values():
        zones = gates.counting_from_now_on(those[0], now)
        LinkedInAccount.objects.filter(pk__in=[one.pk for one in those]).update(**zones)


def _claimed(
    item: QueueItem, account: LinkedInAccount, token: uuid.UUID, now: dt.datetime
) -> Claim:
    return Claim(
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


def _looks_first(item: QueueItem, made: "_Made", now: dt.datetime) -> bool:
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
        or item.pk in made.sends
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
        if closed:
            return closed
        [call] = _open_attempts([(claimed, kind)], _calls_made([claimed.item_id]), run, now)
        return call


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
    facts = gates.facts_of(item, usage, gates.Shared())
    return gates.evaluate(replace(facts, ask_from=claimed.claimed_at), now).binding


class _Made(NamedTuple):
    """The calls that were made for items: the number of the last of each, and who was sent to."""

    last: dict[uuid.UUID, int]
    sends: set[uuid.UUID]


def _calls_made(item_ids: Collection[uuid.UUID]) -> _Made:
    rows = _attempts_of().rows(items=list(item_ids))
    return _Made({pk: last for pk, last, _ in rows}, {pk for pk, _, sends in rows if sends})


@lru_cache(maxsize=1)
def _attempts_of() -> Statement:
    of_them = SendAttempt.objects.filter(among_slot("queueing_sendattempt.item_id", "items"))
    sends = Count("id", filter=Q(kind=Kind.SEND))
    made = of_them.order_by().values("item").annotate(last=Max("number"), sends=sends)
    return Statement(made.values_list("item", "last", "sends"))


_OPEN = """
INSERT INTO queueing_sendattempt (id, item_id, linkedin_account_id, run_id, kind, route, number,
    started_at, outcome, asked_again, error_code, detail)
SELECT opened.*, %(now)s, '', false, '', ''
FROM unnest(%(attempts)s::uuid[], %(items)s::uuid[], %(accounts)s::uuid[],
    array_fill(%(run)s::uuid, ARRAY[%(many)s::int]), %(kinds)s::text[], %(routes)s::text[],
    %(numbers)s::int[]) AS opened
"""


def _open_attempts(
    calls: Sequence[tuple[Claim, str]], made: _Made, run: ProcessRun | None, now: dt.datetime
) -> list[Call]:
    """Write the attempt rows of calls that are about to be made."""
    opened = [Call(claimed, uuid.uuid4(), kind) for claimed, kind in calls]
    told = {
        "now": now,
        "run": run and run.pk,
        "many": len(opened),
        "attempts": [call.attempt_id for call in opened],
        "items": [call.claim.item_id for call in opened],
        "accounts": [call.claim.account_id for call in opened],
        "kinds": [str(call.kind) for call in opened],
        "routes": [str(_ROUTES[call.claim.item_kind, call.kind]) for call in opened],
        "numbers": [made.last.get(call.claim.item_id, 0) + 1 for call in opened],
    }
    execute(_OPEN, told, returning=False)
    return opened
