"""Ways out of a failure, and ways to settle a doubt."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, Value, When

from campaigns import messages
from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import Kind, QueueItem, QueueItemQuerySet
from queueing.planning import board, ends, wording
from queueing.planning.board import Board
from queueing.planning.slots import Jitter
from queueing.sending import Verdict, recording
from queueing.sending.meaning import SOMEBODY_ELSE
from queueing.staff import log
from queueing.staff.barring import bar
from queueing.staff.items import (
    ALREADY,
    HELD,
    WAITS,
    BackToPending,
    ItemAction,
    Result,
    Status,
    held_elsewhere,
)

TRIED_IN = (Status.PENDING, Status.FAILED, Status.SKIPPED)  # and maybe sent all the same
STAYS = "stay as they are, and their people are free again"
IS_SKIPPED = "are skipped, for the campaign or the person has ended"


class RetryNow(BackToPending):
    """Failed items go with the next run whose gates let them, before what is planned for later."""


class SamePerson(RetryNow):
    """Held because LinkedIn shows another name: it is the person all the same, from now on."""

    verb = "confirmed as the same person and retried"

    def others_left(self) -> list[When]:
        other = ~Q(error_code=SOMEBODY_ELSE)
        return [When(other, then=Value("not held for another name")), *super().others_left()]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        persons = [item.prospect_id for item in items]
        Prospect.objects.filter(pk__in=persons).update(is_same_person=True)
        return super().change(items, by, reason, now)


class RetrySpread(BackToPending):
    """Failed items get free slots of their accounts, as planning gives them."""

    def during(self, items: QueueItemQuerySet, now: dt.datetime) -> AbstractContextManager[object]:
        return self._planning(items, now)

    @contextmanager
    def _planning(self, items: QueueItemQuerySet, now: dt.datetime) -> Iterator[None]:
        concerned = items.filter(status__in=self.starts_from).order_by()
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
            self._campaigns = {campaign.pk: campaign for campaign in campaigns}
            yield

    def planned_for(self, item: QueueItem, now: dt.datetime) -> dt.datetime | None:
        timeline = self._board.timelines.get(item.linkedin_account_id)
        campaign = self._campaigns.get(item.campaign_id)
        if timeline is None or campaign is None:
            return None
        calendar = self._board.calendar_of(campaign, item.linkedin_account_id)
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
        super().__init__()
        problem = messages.problem(template)
        if problem:
            raise ValueError(problem)
        self.template = template

    def text_of(self, item: QueueItem) -> str:
        return rendered(self.template, item)

    def edition_of(self, item: QueueItem) -> str:
        return messages.edition_of(self.template)


def rendered(template: str, item: QueueItem) -> str:
    """Return the note that an item's person would get of a text.

    :raises ValueError: saying why they cannot be sent it.
    """
    try:
        sender = wording.sender_of(item.linkedin_account)
        text = wording.filled(item.campaign, template, item.prospect, sender, item.step or 0)
    except messages.UnfilledVariableError as empty:
        raise ValueError(f"without a value: {empty}") from empty
    is_message = item.kind == Kind.MESSAGE
    limit = messages.MESSAGE_LIMIT if is_message else item.linkedin_account.note_limit
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
    """Somebody has seen the invitation on LinkedIn: the doubt is over, whatever state it left."""

    verb = "marked as sent"
    starts_from = (Status.UNCONFIRMED, *TRIED_IN)

    def others_left(self) -> list[When]:
        """Leave alone what is no longer unconfirmed, and of which no try may have arrived."""
        never_tried = Q(tried_at__isnull=True) | Q(sent_at__isnull=False)
        return [When(never_tried, status=each, then=Value(ALREADY[each])) for each in TRIED_IN]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        verdict = Verdict(
            Status.SENT,
            "marked_by_staff",
            f"Marked as sent by {by}: {reason}",
            prospect_status=Prospect.Status.CONNECTION_REQUEST_SENT,
            arrived=True,
        )
        for item in items:
            recording.settle_doubt(item, verdict, now)
        log.note(by, items, self.verb.capitalize(), reason)
        return Result(len(items))


class ConfirmNotSent(MarkSent):
    """Somebody has made sure that LinkedIn has no trace of it.

    What was unconfirmed waits again; what waits goes on as planned; what has failed or was skipped
    stays so, and its person is free.
    """

    verb = "confirmed as not sent"
    takes_time = True

    def others_told(self) -> list[When]:
        has_ended = Q(campaign__status=Campaign.Status.ARCHIVED) | QueueItem.PERSON_HAS_ENDED
        stays = Q(status__in=[Status.FAILED, Status.SKIPPED])
        return [
            When(stays, then=Value(STAYS)),
            When(has_ended, then=Value(IS_SKIPPED)),
            *(When(campaign__status=status, then=Value(told)) for status, told in WAITS.items()),
        ]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        told = f"Confirmed as not sent by {by}: {reason}"
        ended = Campaign.objects.filter(
            pk__in={item.campaign_id for item in items}, status=Campaign.Status.COMPLETED
        )
        completed = list(ended)
        for item in items:
            if item.status in (Status.FAILED, Status.SKIPPED):
                QueueItem.objects.filter(pk=item.pk).update(
                    tried_at=None, error_message=f"{item.error_message} {told}"
                )
                continue
            verdict = Verdict(Status.PENDING, "not_sent", told)
            if item.status == Status.UNCONFIRMED:
                verdict = replace(verdict, burns_attempt=True, retry_at=now)
            recording.settle_doubt(item, verdict, now, never_tried=True)
        still = set(ended.values_list("pk", flat=True))
        reopened = [campaign for campaign in completed if campaign.pk not in still]
        log.note(by, reopened, ends.REOPENED, reason)
        log.note(by, items, self.verb.capitalize(), reason)
        return Result(len(items))


class LookAgain(ItemAction):
    """What ended without anybody knowing whether it arrived is in doubt again, and looked up.

    Nothing is sent by it: from here on it is as with any doubt, and the person stays held.
    """

    verb = "looked up again"
    starts_from = (Status.FAILED,)
    looks_at = ("prospect",)

    def others_left(self) -> list[When]:
        never = Q(tried_at__isnull=True) | Q(sent_at__isnull=False) | Q(claimed_at__isnull=True)
        held = [When(each, then=Value(HELD)) for each in held_elsewhere()]
        return [When(never, then=Value("never tried, so nothing can have arrived")), *held]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        done = [item for item in items if self._store(item, by, reason, now)]
        persons = [item.prospect_id for item in done]
        Prospect.objects.filter(pk__in=persons, status=Prospect.Status.FAILED).update(
            status=Prospect.Status.QUEUED, status_reason=""
        )
        log.note(by, done, self.verb.capitalize(), reason)
        result = Result(len(done))
        if failed := len(items) - len(done):
            result.left[HELD] += failed
        return result

    @staticmethod
    def _store(item: QueueItem, by: User, reason: str, now: dt.datetime) -> bool:
        """Store one; False where the same person has been queued or reached in this instant."""
        told = f"Looked up again, asked for by {by}: {reason}. Before: {item.error_message}"
        try:
            with transaction.atomic():
                QueueItem.objects.filter(pk=item.pk).update(
                    status=Status.UNCONFIRMED, searched_at=None, error_message=told, updated_at=now
                )
        except IntegrityError:
            return False
        return True
