"""People and accounts make slots; a queue makes the runs that will send it. Pure."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from typing import Generic, NamedTuple, TypeVar

from queueing.planning.slots import Jitter, Slot, Timeline
from queueing.planning.ticks import Calendar

Key = TypeVar("Key", bound=Hashable)


class Placed(NamedTuple):
    """A person's place: the index of the account's timeline, and the slot."""

    account: int
    slot: Slot


class Spreader:
    """Gives one campaign's people slots, each the soonest that any of its accounts has left.

    So every account gets what its limits, its warm-up and what other campaigns queued leave it; of
    accounts that are free at the same run, the one that was given the fewest comes first.
    """

    def __init__(
        self, timelines: Sequence[Timeline], calendars: Sequence[Calendar], not_before: int = 0
    ) -> None:
        """Plan from `not_before` on: epoch seconds, such as the campaign's start; 0 means now.

        Nobody else takes from the timelines meanwhile.

        :param calendars: of the campaign's hours in the days of each timeline.
        """
        self._timelines = timelines
        self._calendars = calendars
        self._not_before = not_before
        # Nothing before these instants is free any more: what is taken stays taken.
        starts = [max(not_before, timeline.now) for timeline in timelines]
        self._from = {False: starts, True: list(starts)}  # with a note, and without
        self._given = [0] * len(timelines)
        self._free: dict[tuple[int, bool], Slot | None] = {}  # as long as nothing is taken
        self._heaps: dict[tuple[tuple[int, ...], bool], list[tuple[int, int, int]]] = {}
        self._may_go_now = [
            start == line.now for start, line in zip(starts, timelines, strict=True)
        ]

    def place(self, eligible: tuple[int, ...], jitter: Jitter, note: bool = False) -> Placed | None:
        """Give one person a slot with one of the eligible accounts; None where none ever has one.

        :param eligible: indexes of timelines.
        :param note: with a note that the campaign does not let go without.
        """
        heap = self._heaps.get((eligible, note))
        if heap is None:
            heap = self._heaps[eligible, note] = [(0, 0, account) for account in eligible]
            heapify(heap)
        while heap:
            account = heap[0][2]
            free = self._first_free(account, note)
            if free is None:
                heappop(heap)
                continue
            # Others may have taken the run this entry was made for.
            current = (free.tick, self._given[account], account)
            if heap[0] != current:
                heapreplace(heap, current)
                continue
            return Placed(account, self._take(account, free, jitter, note))
        return None

    def _first_free(self, account: int, note: bool) -> Slot | None:
        free = self._free.get((account, note))
        if free is None:
            timeline, since = self._timelines[account], self._from[note][account]
            free = timeline.first_free(self._calendars[account], since, note)
            self._free[account, note] = free
        return free

    def _take(self, account: int, free: Slot, jitter: Jitter, note: bool) -> Slot:
        timeline, calendar = self._timelines[account], self._calendars[account]
        slot = None
        if self._may_go_now[account]:
            self._may_go_now[account] = False
            slot = timeline.take_now(calendar, note)
        if slot is None:
            slot = timeline.take_near(calendar, free, jitter, self._not_before, note)
        self._from[note][account] = slot.tick + 1
        self._given[account] += 1
        self._free.pop((account, True), None)
        self._free.pop((account, False), None)
        return slot


class Waiting(NamedTuple, Generic[Key]):
    """A pending item: its key, when it falls due (epoch seconds), and its turn.

    The turn tells items of several campaigns apart that fall due in the same second.
    """

    key: Key
    at: int
    turn: int = 0


@dataclass(frozen=True)
class Line(Generic[Key]):
    """An account's pending items of one campaign, in turn: only the first may go.

    `note`: they have a note, and the campaign does not let them go without.
    """

    calendar: Calendar
    items: Sequence[Waiting[Key]]
    not_before: int = 0
    note: bool = False


def simulate(timeline: Timeline, lines: Sequence[Line[Key]]) -> Iterator[tuple[Waiting[Key], Slot]]:
    """Send an account's queue ahead of time, as runs will: at each the oldest due item that may go.

    Yields in the order of sending and takes the slots; items that never go are left out.
    """
    heads = [0] * len(lines)
    heap = [
        (0, line.items[0].at, line.items[0].turn, number)
        for number, line in enumerate(lines)
        if line.items
    ]
    heapify(heap)
    while heap:
        tick, _, _, number = heap[0]
        line, item = lines[number], lines[number].items[heads[number]]
        free = timeline.first_free(line.calendar, max(item.at, line.not_before, tick), line.note)
        if free is None:
            heappop(heap)
        elif free.tick > tick and len(heap) > 1:  # another line may come first
            heapreplace(heap, (free.tick, item.at, item.turn, number))
        else:
            timeline.take(free, line.note)
            yield item, Slot(item.at, free.tick, free.day)
            heads[number] += 1
            if heads[number] < len(line.items):
                following = line.items[heads[number]]
                heapreplace(heap, (free.tick, following.at, following.turn, number))
            else:
                heappop(heap)
