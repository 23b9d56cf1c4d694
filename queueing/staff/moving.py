"""Requests that wait for an account which was taken out of their campaign: by others, or not."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Count, Q, Value, When

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import Kind, QueueItem, QueueItemQuerySet
from queueing.planning import board
from queueing.staff import log
from queueing.staff.items import ItemAction, Result, Status

NOT_A_REQUEST = "no request: goes by the account that they know"
MAYBE_BY_IT = "maybe sent by that account already"
TOO_LONG = "whose note is too long for the others"


def left_behind(campaign: Campaign) -> QueueItemQuerySet:
    """Return what of a campaign waits for an account that is not in it any more."""
    waiting = QueueItem.objects.pending().filter(campaign=campaign)
    return waiting.exclude(linkedin_account__in=campaign.accounts.all())


class MoveToOthers(ItemAction):
    """Requests go by the campaign's own accounts, those first that have the fewest waiting.

    What LinkedIn gave the former account to know people by is no good for another: it is looked up
    anew before each send. Times are to be planned anew afterwards.
    """

    verb = "moved to the campaign's accounts"
    starts_from = (Status.PENDING,)
    takes_time = True

    def __init__(self, campaign: Campaign) -> None:
        """Take the accounts that can send now.

        :raises ValueError: where there is none.
        """
        chosen = campaign.accounts.select_related("workspace").order_by("name", "pk")
        self.accounts = [account for account in chosen if board.can_send(account)]
        if not self.accounts:
            raise ValueError("None of the campaign's accounts can send: choose one that can.")
        counted = QueueItem.objects.pending().filter(linkedin_account__in=self.accounts).order_by()
        numbers = counted.values_list("linkedin_account").annotate(number=Count("pk"))
        self._waiting = Counter(dict(numbers.values_list("linkedin_account", "number")))

    def others_left(self) -> list[When]:
        own = [account.pk for account in self.accounts]
        return [
            When(~Q(kind=Kind.CONNECTION_REQUEST), then=Value(NOT_A_REQUEST)),
            When(Q(tried_at__isnull=False), then=Value(MAYBE_BY_IT)),
            When(linkedin_account__in=own, then=Value("with one of them already")),
        ]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        result = Result()
        to: dict[uuid.UUID, list[QueueItem]] = {}
        for item in items:
            account = self._next(len(item.message))
            if account is None:
                result.left[TOO_LONG] += 1
                continue
            self._waiting[account.pk] += 1
            to.setdefault(account.pk, []).append(item)
        names = {account.pk: account.name for account in self.accounts}
        for key, moved in to.items():
            rows = QueueItem.objects.filter(pk__in=[item.pk for item in moved])
            rows.update(linkedin_account=key, linkedin_user_id="", pinned=False, updated_at=now)
            log.note(by, moved, f"Moved to {names[key]}", reason)
        result.done = sum(map(len, to.values()))
        return result

    def _next(self, length: int) -> LinkedInAccount | None:
        able = [account for account in self.accounts if account.note_limit >= length]
        return min(able, key=lambda account: self._waiting[account.pk], default=None)
