"""The judge of every fault: what the sandbox's ledger says really happened, held against the queue.

It judges over all accounts of a workspace and over the whole time, by the instants of the effects:
an invitation that has vanished since, because somebody declined it, counts like any other.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Q

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.models import QueueItem, QueueItemQuerySet, SendAttempt
from queueing.unipile import Outcome
from sandbox.testing import Control

Status = QueueItem.Status
Kind = SendAttempt.Kind
_MAY_HAVE_ARRIVED = Q(outcome__in=[Outcome.UNKNOWN, Outcome.THROTTLED, Outcome.ACCOUNT_LIMIT]) | Q(
    outcome=Outcome.NOT_SENT, http_status__isnull=False
)
WEEK = dt.timedelta(days=7)
SAME_INSTANT = dt.timedelta(minutes=5)  # a call lasts three minutes at most, and clocks differ


@dataclass(frozen=True)
class Effect:
    """An invitation that LinkedIn has really got. `person` is who it is, whatever the address."""

    account: LinkedInAccount
    person: str
    names: frozenset[str]
    at: dt.datetime
    leaves_a_trace: bool


@dataclass(frozen=True)
class Judgement:
    """Counts of broken promises; all are zero where they hold.

    `lost`: effects that nothing in the queue holds, so that they could be repeated. `ended`: those
    whose items have failed or been skipped without a `sent_at`, although LinkedIn has something to
    show: who declines leaves no trace, and is held and counted as a try that may have arrived.
    `untrue`: items that were sent by no effect. `misdated`: items whose `sent_at` is not when the
    effect was.
    """

    effects: int
    duplicates: int
    lost: int
    ended: int
    without_attempt: int
    caps_exceeded: int
    too_close: int
    calls_at_once: int
    untrue: int
    misdated: int

    @property
    def broken(self) -> dict[str, int]:
        found = {
            "duplicates": self.duplicates,
            "lost": self.lost,
            "ended without being counted": self.ended,
            "effects without an attempt": self.without_attempt,
            "caps exceeded": self.caps_exceeded,
            "sends too close together": self.too_close,
            "accounts with two calls at once": self.calls_at_once,
            "sent without an effect": self.untrue,
        }
        return {what: number for what, number in found.items() if number}


def judge(control: Control) -> Judgement:
    """Hold the database against the ledger."""
    effects = _effects(control)
    items = list(requests().select_related("prospect", "linkedin_account"))
    by_name, tried = _by_name(items), _tried()
    known_of = {id(one): _items_of(one, by_name) for one in effects}
    of_effect = {
        key: [item for item in known if item.pk in tried] for key, known in known_of.items()
    }
    people = Counter((effect.account.workspace_id, effect.person) for effect in effects)
    by_account: dict[LinkedInAccount, list[dt.datetime]] = defaultdict(list)
    for effect in effects:
        by_account[effect.account].append(effect.at)
    unheld = [one for one in effects if not any(_holds(item) for item in known_of[id(one)])]
    ended = [one for one in effects if _has_ended(one, of_effect[id(one)])]
    return Judgement(
        effects=len(effects),
        duplicates=sum(number - 1 for number in people.values()),
        lost=len(unheld),
        ended=len(ended),
        without_attempt=sum(1 for one in effects if not of_effect[id(one)]),
        caps_exceeded=sum(_over_caps(account, sorted(at)) for account, at in by_account.items()),
        too_close=sum(_too_close(account, sorted(at)) for account, at in by_account.items()),
        calls_at_once=sum(1 for most in control.max_in_flight().values() if most > 1),
        untrue=_untrue(items, effects),
        misdated=sum(_is_misdated(one, of_effect[id(one)]) for one in effects),
    )


def requests() -> QueueItemQuerySet:
    return QueueItem.objects.filter(kind=QueueItem.Kind.CONNECTION_REQUEST)


def _effects(control: Control) -> list[Effect]:
    """Return the ledger; an account is known by its login where it was connected anew."""
    rows = {account.unipile_account_id: account for account in LinkedInAccount.objects.all()}
    connected = control.call("GET", "/")["accounts"]
    by_login = {one["login"]: rows[one["id"]] for one in connected if one["id"] in rows}
    return [
        Effect(
            account=rows.get(effect["account_id"]) or by_login[effect["login"]],
            person=effect["person"],
            names=frozenset([*effect["addresses"], effect["provider_id"]]),
            at=dt.datetime.fromisoformat(effect["at"]),
            leaves_a_trace=effect["state"] != "DECLINED",
        )
        for effect in control.effects()
    ]


def _tried() -> set[Any]:
    sends = SendAttempt.objects.filter(kind=SendAttempt.Kind.SEND)
    return set(sends.values_list("item_id", flat=True))


def _names(item: QueueItem) -> Iterable[str]:
    person = item.prospect
    return {
        item.person_key,
        item.linkedin_user_id,
        person.public_identifier,
        person.linkedin_user_id,
    } - {""}


def _by_name(items: Iterable[QueueItem]) -> dict[Any, set[QueueItem]]:
    found: dict[Any, set[QueueItem]] = defaultdict(set)
    for item in items:
        for name in _names(item):
            found[item.workspace_id, name].add(item)
    return found


def _items_of(effect: Effect, by_name: Mapping[Any, set[QueueItem]]) -> set[QueueItem]:
    workspace = effect.account.workspace_id
    return {item for name in effect.names for item in by_name.get((workspace, name), ())}


def _holds(item: QueueItem) -> bool:
    """Return whether an item says that its person was, or may have been, invited."""
    is_open = item.status in {Status.SENDING, Status.UNCONFIRMED}
    return item.sent_at is not None or item.tried_at is not None or is_open


def _has_ended(effect: Effect, items: Iterable[QueueItem]) -> bool:
    """Return whether what was tried has ended without being known as sent."""
    tried = [item for item in items if item.linkedin_account_id == effect.account.pk]
    over = all(item.status in {Status.FAILED, Status.SKIPPED} for item in tried)
    is_known = any(item.sent_at is not None for item in tried)
    return bool(tried) and over and effect.leaves_a_trace and not is_known


def _over_caps(account: LinkedInAccount, instants: list[dt.datetime]) -> int:
    """Count the effects above an account's own daily or rolling weekly limit."""
    over = 0
    if account.daily_limit is not None:
        zone = gates.zone_of(account)
        days = Counter(at.astimezone(zone).date() for at in instants)
        over += sum(max(0, number - account.daily_limit) for number in days.values())
    if account.weekly_limit is not None:
        over += sum(
            late - early < WEEK
            for early, late in zip(instants, instants[account.weekly_limit :], strict=False)
        )
    return over


def _too_close(account: LinkedInAccount, instants: list[dt.datetime]) -> int:
    gap = dt.timedelta(seconds=account.min_gap_seconds or 0)
    return sum(late - early < gap for early, late in pairwise(instants))


def _untrue(items: Iterable[QueueItem], effects: Iterable[Effect]) -> int:
    names = {(one.account.workspace_id, name) for one in effects for name in one.names}
    return sum(
        1
        for item in items
        if item.sent_at is not None
        and not any((item.workspace_id, name) in names for name in _names(item))
    )


def _is_misdated(effect: Effect, items: Iterable[QueueItem]) -> bool:
    """Return whether no date of the items is that of the effect.

    Where two tries of one item may have arrived nobody can tell which did: the later one counts.
    """
    sent = [item for item in items if item.sent_at is not None]
    dates = {item.sent_at for item in sent if item.sent_at is not None}
    for item in sent:
        tries = SendAttempt.objects.filter(_MAY_HAVE_ARRIVED, item=item, kind=Kind.SEND)
        dates |= set(tries.values_list("started_at", flat=True)) if item.tried_at else set()
    return bool(dates) and all(abs(at - effect.at) > SAME_INSTANT for at in dates)
