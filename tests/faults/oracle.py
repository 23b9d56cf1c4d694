"""The judge of every fault: what the sandbox's ledger says really happened."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from campaigns.models import LinkedInAccount
from queueing.models import QueueItem, SendAttempt
from sandbox.testing import Control

Status = QueueItem.Status


@dataclass(frozen=True)
class Judgement:
    """Counts of broken promises; all are zero where they hold."""

    effects: int
    duplicates: int
    lost: int
    without_attempt: int
    caps_exceeded: int
    calls_at_once: int

    @property
    def broken(self) -> dict[str, int]:
        found = {
            "duplicates": self.duplicates,
            "lost": self.lost,
            "effects without an attempt": self.without_attempt,
            "caps exceeded": self.caps_exceeded,
            "accounts with two calls at once": self.calls_at_once,
        }
        return {what: number for what, number in found.items() if number}


def judge(control: Control) -> Judgement:
    """Hold the database against the ledger.

    Lost: an effect whose item is neither sent nor in doubt, so that it could be sent again.
    """
    effects = control.effects()
    accounts = {account.unipile_account_id: account for account in LinkedInAccount.objects.all()}
    people = Counter(
        (accounts[effect["account_id"]].workspace_id, effect["person"]) for effect in effects
    )
    held = {
        (item.workspace_id, item.prospect.public_identifier): item
        for item in QueueItem.objects.select_related("prospect").filter(
            status__in=[Status.SENT, Status.UNCONFIRMED, Status.SENDING]
        )
    }
    attempted = set(
        SendAttempt.objects.filter(kind=SendAttempt.Kind.SEND).values_list("item_id", flat=True)
    )
    return Judgement(
        effects=len(effects),
        duplicates=sum(number - 1 for number in people.values()),
        lost=sum(1 for person in people if person not in held),
        without_attempt=sum(
            1 for person in people if person in held and held[person].pk not in attempted
        ),
        caps_exceeded=_caps_exceeded(effects, accounts),
        calls_at_once=sum(1 for most in control.max_in_flight().values() if most > 1),
    )


def _caps_exceeded(effects: list[dict[str, Any]], accounts: dict[str, LinkedInAccount]) -> int:
    """Count the effects above an account's own daily (UTC) or rolling weekly limit."""
    sent: dict[str, list[dt.datetime]] = defaultdict(list)
    for effect in effects:
        sent[effect["account_id"]].append(dt.datetime.fromisoformat(effect["at"]))
    over = 0
    for account_id, instants in sent.items():
        account = accounts[account_id]
        if account.daily_limit is not None:
            days = Counter(at.date() for at in instants)
            over += sum(max(0, number - account.daily_limit) for number in days.values())
        if account.weekly_limit is not None:
            instants.sort()
            over += sum(
                1
                for early, late in zip(instants, instants[account.weekly_limit :], strict=False)
                if late - early < dt.timedelta(days=7)
            )
    return over
