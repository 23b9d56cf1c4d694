"""Give a campaign's people their notes, their accounts and their slots; nothing is stored here."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.gates import hours
from queueing.models import QueueItem
from queueing.planning import board, selection
from queueing.planning.board import Board, instant
from queueing.planning.core import Spreader
from queueing.planning.people import Person
from queueing.planning.selection import LeftOut, Selection
from queueing.planning.slots import Jitter, Slot, Timeline
from queueing.planning.ticks import Calendar


class Planned(NamedTuple):
    """A person with a place in the queue."""

    prospect: Person
    note: str
    account_id: uuid.UUID
    slot: Slot

    @property
    def at(self) -> dt.datetime:
        return instant(self.slot.at)

    def row(self) -> tuple[object, ...]:
        """Return the columns that `enqueue` copies."""
        person = self.prospect
        is_resolved = person.resolved_with_id == self.account_id
        user_id = person.linkedin_user_id if is_resolved else ""
        return (person.pk, self.account_id, user_id, person.person_key, self.note, self.at)


class Placing:
    """Places a campaign's people on its accounts' timelines."""

    def __init__(
        self, campaign: Campaign, planned: Board, chosen: Sequence[LinkedInAccount]
    ) -> None:
        """Begin where the accounts' queues leave room.

        :param planned: knows all the accounts that can send; their queues are simulated already.
        :param chosen: the campaign's accounts, those that can't send too.
        """
        self._campaign = campaign
        self._accounts = [account for account in chosen if board.can_send(account)]
        self._index = {account.pk: index for index, account in enumerate(self._accounts)}
        self._able_by_length: dict[int, tuple[int, ...]] = {}
        self._tried_with = _tried_with(campaign)
        self.selection = Selection(campaign, self._accounts)
        calendars = [planned.calendar_of(campaign, account.pk) for account in self._accounts]
        timelines = [planned.timelines[account.pk] for account in self._accounts]
        self._spreader = Spreader(timelines, calendars, board.starts_at(campaign))
        self.no_slot = self._why_no_slot(chosen, calendars, timelines)

    def _why_no_slot(
        self,
        chosen: Sequence[LinkedInAccount],
        calendars: Sequence[Calendar],
        timelines: Sequence[Timeline],
    ) -> str:
        """Say what keeps somebody from ever having a slot."""
        starts = board.starts_at(self._campaign)
        if not self._accounts:
            return selection.no_account(chosen)
        calendar = calendars[0]  # of the same hours all of them
        if calendar.at_or_after(timelines[0].now) is None:
            return selection.never_open(self._campaign.hours())
        if starts and calendar.at_or_after(starts) is None:
            return f"The campaign starts too far away to be planned: {instant(starts).date()}"
        if all(calendar.at_or_after(timeline.earliest) is None for timeline in timelines):
            return selection.all_rest(self._accounts)
        now = dt.datetime.fromtimestamp(timelines[0].now, dt.UTC)
        if hours.calendar_ends(calendar.hours, now):
            return selection.hours_end(self._campaign.hours())
        return selection.LIMITS_FORBID

    def place(self, prospects: Sequence[Person]) -> tuple[list[Planned], dict[uuid.UUID, LeftOut]]:
        """Place who may be queued; say of the others why not."""
        notes, left_out = self.selection.judge(prospects)
        people = []
        for prospect in prospects:
            key = prospect.pk
            if key not in notes:
                continue
            person = self._place(prospect, notes[key], self._tried_with.get(key))
            if person is None:
                left_out[key] = LeftOut(self.no_slot)
            else:
                people.append(person)
        return people, left_out

    def _place(self, prospect: Person, note: str, tried_with: uuid.UUID | None) -> Planned | None:
        jitter = Jitter.of(self._campaign.pk, prospect.pk)
        able = self._able(note)
        bound_to = self._bound_to(prospect, tried_with)
        needs = bool(note) and not self._campaign.without_note_when_used_up
        placed = self._spreader.place((bound_to,), jitter, needs) if bound_to in able else None
        placed = placed or self._spreader.place(able, jitter, needs)
        if placed is None:
            return None
        account_id = self._accounts[placed.account].pk
        note = self.selection.note_by(prospect, account_id, note)
        return Planned(prospect, note, account_id, placed.slot)

    def _able(self, note: str) -> tuple[int, ...]:
        """Return the accounts that may send a note of this length."""
        able = self._able_by_length.get(len(note))
        if able is None:
            able = self._able_by_length[len(note)] = tuple(
                index
                for index, account in enumerate(self._accounts)
                if account.note_limit >= len(note)
            )
        return able

    def _bound_to(self, prospect: Person, tried_with: uuid.UUID | None) -> int:
        """Return the account that tried before or looked the person up; -1 for none.

        Ids that LinkedIn gave to one account are no good for another, and who was perhaps invited
        is asked about best by the account that did it.
        """
        for account_id in filter(None, [tried_with, prospect.resolved_with_id]):
            if account_id in self._index:
                return self._index[account_id]
        return -1


def _tried_with(campaign: Campaign) -> dict[uuid.UUID, uuid.UUID]:
    """Return, by prospect who is new again, the account that tried last."""
    tried = QueueItem.objects.filter(
        prospect__campaign=campaign, prospect__status=Prospect.Status.NEW, claimed_at__isnull=False
    )
    rows = tried.order_by("claimed_at").values_list("prospect_id", "linkedin_account_id")
    return dict(rows)
