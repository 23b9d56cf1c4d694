"""The judge of messages and withdrawals: what the sandbox has really got, against the queue.

See `oracle` for invitations. A text names its campaign and step, so that no two are alike.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.models import Kind, QueueItem
from sandbox.testing import Control

Status = QueueItem.Status
DAY = dt.timedelta(days=1)


class Word(NamedTuple):
    """A message, or an invitation, that reached somebody; `by_us`: through a call."""

    account: LinkedInAccount
    person: str
    names: frozenset[str]
    text: str
    at: dt.datetime
    by_us: bool


def broken(control: Control, lag: dt.timedelta) -> dict[str, int]:
    """Return how often which promise about messages and withdrawals is broken.

    :param lag: after so long a conversation shows what somebody wrote.
    """
    words = [_word(row) for row in control.messages(of="all") if row["by_call"] or not _is_us(row)]
    ours = [word for word in words if word.by_us]
    invitations = control.effects()
    items = list(
        QueueItem.objects.exclude(kind=Kind.CONNECTION_REQUEST).select_related(
            "prospect", "linkedin_account"
        )
    )
    messages = [item for item in items if item.kind == Kind.MESSAGE]
    found = {
        "the same message twice": _twice(ours),
        "messages after an answer that shows": _after_an_answer(words, lag),
        "two touches within a day": _too_soon(ours, invitations),
        "messages above the cap": _over_caps(ours),
        "messages that nothing holds": sum(not _is_held(word, messages) for word in ours),
        "messages sent without an effect": _untrue(messages, ours),
        "steps skipped": _skipped(messages),
        "withdrawals told otherwise": _withdrawn_otherwise(items, invitations),
    }
    return {what: number for what, number in found.items() if number}


def _is_us(row: dict[str, Any]) -> bool:
    return bool(row["from_us"])


def _account(row: dict[str, Any]) -> LinkedInAccount:
    return LinkedInAccount.objects.get(unipile_account_id=row["account_id"])


def _word(row: dict[str, Any]) -> Word:
    at = dt.datetime.fromisoformat(row["at"])
    names = frozenset(row["addresses"])
    return Word(_account(row), row["person"], names, row["text"], at, row["by_call"])


def _twice(ours: Iterable[Word]) -> int:
    told = Counter((word.account.workspace_id, word.person, word.text) for word in ours)
    return sum(number - 1 for number in told.values())


def _after_an_answer(words: Iterable[Word], lag: dt.timedelta) -> int:
    """Count what went when the conversation showed an answer: it is read right before."""
    answered: dict[tuple[Any, str], dt.datetime] = {}
    late = 0
    for word in sorted(words, key=lambda each: each.at):
        key = (word.account.pk, word.person)
        if not word.by_us:
            answered.setdefault(key, word.at)
        elif key in answered and answered[key] + lag < word.at:
            late += 1
    return late


def _too_soon(ours: Iterable[Word], invitations: Iterable[dict[str, Any]]) -> int:
    touches: dict[Any, list[dt.datetime]] = defaultdict(list)
    for word in ours:
        touches[word.account.workspace_id, word.person].append(word.at)
    for row in invitations:
        at = dt.datetime.fromisoformat(row["at"])
        touches[_account(row).workspace_id, row["person"]].append(at)
    return sum(
        late - early < DAY for at in touches.values() for early, late in pairwise(sorted(at))
    )


def _over_caps(ours: Iterable[Word]) -> int:
    days = Counter(
        (word.account, word.at.astimezone(gates.zone_of(word.account)).date()) for word in ours
    )
    return sum(
        max(0, number - account.daily_message_limit)
        for (account, _), number in days.items()
        if account.daily_message_limit is not None
    )


def _is_of(item: QueueItem, word: Word) -> bool:
    names = {item.person_key, item.prospect.public_identifier}
    is_same = item.linkedin_account_id == word.account.pk and item.message == word.text
    return is_same and bool(names & word.names)


def _is_held(word: Word, messages: Iterable[QueueItem]) -> bool:
    return any(
        item.sent_at or item.tried_at or item.status in {Status.SENDING, Status.UNCONFIRMED}
        for item in messages
        if _is_of(item, word)
    )


def _untrue(messages: Iterable[QueueItem], ours: list[Word]) -> int:
    sent = [item for item in messages if item.sent_at]
    return sum(not any(_is_of(item, word) for word in ours) for item in sent)


def _skipped(messages: Iterable[QueueItem]) -> int:
    """Count the steps that went before, or without, the one before them."""
    sent = {
        (item.campaign_id, item.person_key, item.step): item.sent_at
        for item in messages
        if item.sent_at
    }
    return sum(
        step > 1 and ((before := sent.get((campaign, person, step - 1))) is None or before >= at)
        for (campaign, person, step), at in sent.items()
    )


def _withdrawn_otherwise(items: Iterable[QueueItem], invitations: Iterable[dict[str, Any]]) -> int:
    """Count invitations that were withdrawn by no item, and those that only an item withdrew."""
    gone = {row["invitation_id"] for row in invitations if row["state"] == "WITHDRAWN"}
    withdrawals = [item for item in items if item.kind == Kind.WITHDRAWAL]
    maybe = {
        item.invitation_id
        for item in withdrawals
        if item.sent_at or item.tried_at or item.status in {Status.SENDING, Status.UNCONFIRMED}
    }
    told = {item.invitation_id for item in withdrawals if item.status == Status.SENT}
    declined = {row["invitation_id"] for row in invitations if row["state"] == "DECLINED"}
    return len(gone - maybe) + len(told - gone - declined)
