"""Ways out of a failure, and ways to settle a doubt."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from django.contrib.auth.models import User

from campaigns import messages
from campaigns.models import LinkedInAccount, Prospect
from queueing.models import QueueItem, QueueItemQuerySet
from queueing.planning import board, ends
from queueing.planning.board import Board
from queueing.planning.selection import values_of
from queueing.planning.slots import Jitter
from queueing.planning.ticks import Calendar
from queueing.sending import Verdict, recording
from queueing.staff import log
from queueing.staff.barring import bar
from queueing.staff.items import BackToPending, ItemAction, Result, Status


class RetryNow(BackToPending):
    """Failed items go with the next run whose gates let them, before what is planned for later."""


class RetrySpread(BackToPending):
    """Failed items get free slots of their accounts, as planning gives them."""

    def during(self, items: QueueItemQuerySet, now: dt.datetime) -> AbstractContextManager[object]:
        return self._planning(items, now)

    @contextmanager
    def _planning(self, items: QueueItemQuerySet, now: dt.datetime) -> Iterator[None]:
        concerned = items.filter(status=Status.FAILED).order_by()
        accounts = LinkedInAccount.objects.filter(
            pk__in=concerned.values("linkedin_account").distinct()
        ).select_related("workspace")
        campaigns = board.campaigns().filter(pk__in=concerned.values("campaign").distinct())
        with ExitStack() as planners:
            for workspace in sorted({account.workspace_id for account in accounts}):
                planners.enter_context(board.planning(workspace))
            self._board = Board(list(accounts), now)
            for _ in self._board.simulate_queue():
                pass  # what waits already keeps its slots
            self._calendars: dict[uuid.UUID, Calendar] = {
                campaign.pk: self._board.calendar_of(campaign) for campaign in campaigns
            }
            yield

    def planned_for(self, item: QueueItem, now: dt.datetime) -> dt.datetime | None:
        timeline = self._board.timelines.get(item.linkedin_account_id)
        calendar = self._calendars.get(item.campaign_id)
        if timeline is None or calendar is None:
            return None
        note = item.has_note and not item.campaign.without_note_when_used_up
        free = timeline.first_free(calendar, board.epoch(now), note)
        if free is None:
            return None
        jitter = Jitter.of(item.campaign_id, item.prospect_id)
        return board.instant(timeline.take_near(calendar, free, jitter, note=note).at)


class EditAndRetry(RetrySpread):
    """Failed items get another text, which may hold variables, and free slots of their accounts."""

    verb = "given the new text and retried"

    def __init__(self, template: str) -> None:
        """Take the new text.

        :raises ValueError: where it cannot be used for anybody.
        """
        problem = messages.problem(template)
        if problem:
            raise ValueError(problem)
        self.template = template

    def text_of(self, item: QueueItem) -> str:
        try:
            text = messages.render(self.template, values_of(item.prospect))
        except messages.UnfilledVariableError as empty:
            raise ValueError(f"without a value: {empty}") from empty
        limit = item.linkedin_account.note_limit
        if len(text) > limit:
            raise ValueError(f"too long for the account: over {limit} characters")
        return text


class Skip(ItemAction):
    """Items are set aside, and their people with them."""

    verb = "skipped"
    starts_from = (Status.FAILED, Status.PENDING)
    looks_at = ("prospect",)
    code = "skipped_by_staff"

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        told = f"Skipped by {by}: {reason}"
        ends.set_aside(
            QueueItem.objects.filter(pk__in=[item.pk for item in items]), self.code, told, now
        )
        waiting = (Prospect.Status.NEW, Prospect.Status.QUEUED, Prospect.Status.FAILED)
        Prospect.objects.filter(
            pk__in=[item.prospect_id for item in items], status__in=waiting
        ).update(status=Prospect.Status.SKIPPED, status_reason=told)
        log.note(by, items, self.verb.capitalize(), reason)
        return Result(len(items))


class NeverContact(Skip):
    """Items are skipped, and their people put on the workspace's do-not-contact list."""

    verb = "skipped and never contacted"
    code = "do_not_contact"

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        for workspace in {item.workspace_id for item in items}:
            people = [item.prospect for item in items if item.workspace_id == workspace]
            bar(workspace, people, reason)
        return super().change(items, by, reason, now)


class MarkSent(ItemAction):
    """Somebody has seen the invitation on LinkedIn: the doubt is over."""

    verb = "marked as sent"
    starts_from = (Status.UNCONFIRMED,)
    never_tried = False

    def verdict(self, by: User, reason: str, now: dt.datetime) -> Verdict:
        return Verdict(
            Status.SENT,
            "marked_by_staff",
            f"Marked as sent by {by}: {reason}",
            prospect_status=Prospect.Status.CONNECTION_REQUEST_SENT,
            arrived=True,
        )

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        verdict = self.verdict(by, reason, now)
        for item in items:
            recording.settle_doubt(item, verdict, now, never_tried=self.never_tried)
        log.note(by, items, self.verb.capitalize(), reason)
        return Result(len(items))


class ConfirmNotSent(MarkSent):
    """Somebody has made sure that LinkedIn has no trace of it: it waits again."""

    verb = "confirmed as not sent"
    takes_time = True
    never_tried = True

    def verdict(self, by: User, reason: str, now: dt.datetime) -> Verdict:
        told = f"Confirmed as not sent by {by}: {reason}"
        return Verdict(Status.PENDING, "not_sent", told, burns_attempt=True, retry_at=now)
