"""One account's time: what it has sent, what is planned, and where one more fits. Pure.

The rules are those of the gates, seen ahead: daily cap, rolling weekly cap and spacing. Instants
are whole epoch seconds.
"""

import datetime as dt
import hashlib
import uuid
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from queueing.gates import limits, spacing
from queueing.gates.spacing import LATENESS_SECONDS
from queueing.planning.ticks import HORIZON_SECONDS, Calendar, Stretch

WEEK_SECONDS = int(limits.WEEK.total_seconds())
NOTES_SECONDS = int(limits.NOTES_WINDOW.total_seconds())


class Binds(StrEnum):
    """What keeps one more request from going."""

    DAILY_CAP = "daily cap"
    WEEKLY_CAP = "weekly cap"
    SPACING = "spacing"
    NOTES = "notes"


@dataclass(frozen=True)
class Terms:
    """What an account may do. `daily` gives the limit of a day; the gap is in seconds."""

    daily: Callable[[dt.date], limits.Limit]
    weekly: limits.Limit
    own_gap: int | None
    policy: limits.Policy
    zone: ZoneInfo | None = None  # of its days; None: the policy's
    days_before: Sequence[tuple[int, int, int]] = ()  # of former zones: begin, end, limit
    rests_until: int = 0
    notes: int | None = None  # in 30 days; None: as many as requests

    def gap(self, calendar: Calendar, day: dt.date) -> int:
        """Return the gap between two runs, in seconds."""
        return spacing.distance_seconds(
            self.policy,
            own=self.own_gap,
            kept=calendar.hours,
            daily=self.daily(day).value,
            on=day,
        )


class Slot(NamedTuple):
    """`at`: when the item falls due; `tick`: the run that sends it; `day`: the day it counts on."""

    at: int
    tick: int
    day: dt.date


class Jitter(NamedTuple):
    """Two numbers in [0, 1): which of the possible runs, and how long before it."""

    run: float = 0.0
    lead: float = 0.0

    @classmethod
    def of(cls, seed: uuid.UUID, key: uuid.UUID) -> "Jitter":
        """Return the jitter of one person under a seed: always the same."""
        digest = hashlib.blake2b(key.bytes, digest_size=8, key=seed.bytes).digest()
        high, low = int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:], "big")
        return cls(high / 2**32, low / 2**32)


class Timeline:
    """What one account has sent and will send, in order."""

    def __init__(
        self,
        terms: Terms,
        now: int,
        sent: Iterable[int],
        noted: Iterable[int] = (),
        last: int | None = None,
    ) -> None:
        """Begin with what counts already: the instants of `sent`, and of those with a note.

        :param last: when the last of them began. One in doubt counts by its end, and keeps others
            at a distance by its beginning.
        """
        self.terms = terms
        self.now = now
        self.earliest = max(now, terms.rests_until)
        self._times = sorted(sent)
        self._began_with = len(self._times)
        self._last = last
        self._noted = sorted(noted)
        self._day_limits: dict[dt.date, limits.Limit] = {}
        self._gaps: dict[tuple[int, dt.date], int] = {}
        self._widest_gap = 0  # what is planned behind an instant may need more than its own gap
        zone = terms.zone or terms.policy.day_zone
        self._per_day = Counter(
            dt.datetime.fromtimestamp(instant, zone).date() for instant in self._times
        )

    def limit_on(self, day: dt.date) -> limits.Limit:
        """Return the daily limit that holds on a day."""
        known = self._day_limits.get(day)
        if known is None:
            known = self._day_limits[day] = self.terms.daily(day)
        return known

    def sent_on(self, day: dt.date) -> int:
        """Return how many are sent or planned on a day."""
        return self._per_day[day]

    def uses_every_run(self, calendar: Calendar, last: int) -> bool:
        """Return whether the last two runs up to a planned one each send something."""
        found = calendar.at_or_after(last)
        if found is None or found[1] == 0:
            return False
        before = found[0].ticks[found[1] - 1]
        position = bisect_left(self._times, last)
        return position > 0 and self._times[position - 1] >= before

    def first_free(self, calendar: Calendar, not_before: int, note: bool = False) -> Slot | None:
        """Return the first run at which one more may go, or None within the horizon.

        :param note: with a note that the campaign does not let go without.
        """
        instant = max(not_before, self.earliest)
        given_up_at = instant + HORIZON_SECONDS
        while instant < given_up_at:
            found = calendar.at_or_after(instant)
            if found is None:
                return None
            stretch, index = found
            tick = stretch.ticks[index]
            blocked = self.blocked(tick, stretch, self._gap(calendar, stretch.day), note)
            if blocked is None:
                return Slot(tick, tick, stretch.day)
            instant = blocked[1]
        return None

    def why_not(self, calendar: Calendar, instant: int) -> tuple[Binds, int] | None:
        """Return what keeps one more from going at an open instant, and when to ask again."""
        stretch = calendar.at(instant)
        if stretch is None:
            raise ValueError("the instant is not open")
        return self.blocked(instant, stretch, self._gap(calendar, stretch.day))

    def blocked(
        self, instant: int, stretch: Stretch, gap: int, note: bool = False
    ) -> tuple[Binds, int] | None:
        """Return what keeps one more from going at an instant, and when to ask again."""
        if self._per_day[stretch.day] >= self.limit_on(stretch.day).value:
            return Binds.DAILY_CAP, stretch.day_ends
        for begins, ends, most in self.terms.days_before:
            if begins <= instant < ends and self._between(begins, ends) >= most:
                return Binds.DAILY_CAP, ends
        position = bisect_right(self._times, instant)
        if position and instant < (free_at := self._before(position) + gap):
            return Binds.SPACING, free_at
        if position < len(self._times) and self._times[position] < instant + self._widest_gap:
            return Binds.SPACING, self._times[position] + gap
        week_at = _window_is_full(self._times, self.terms.weekly.value, WEEK_SECONDS, instant)
        if week_at is not None:
            return Binds.WEEKLY_CAP, week_at
        if note and self.terms.notes is not None:
            notes_at = _window_is_full(self._noted, self.terms.notes, NOTES_SECONDS, instant)
            return None if notes_at is None else (Binds.NOTES, notes_at)
        return None

    def _before(self, position: int) -> int:
        """Return when the send before a position began."""
        if self._last is not None and position == self._began_with:
            return self._last
        return self._times[position - 1]

    def _between(self, begins: int, ends: int) -> int:
        return bisect_left(self._times, ends) - bisect_left(self._times, begins)

    def take(self, slot: Slot, note: bool = False) -> None:
        """Count one more at a slot."""
        for times in (self._times, self._noted) if note else (self._times,):
            if not times or slot.tick >= times[-1]:
                times.append(slot.tick)
            else:
                times.insert(bisect_right(times, slot.tick), slot.tick)
        self._per_day[slot.day] += 1

    def take_now(self, calendar: Calendar, note: bool = False) -> Slot | None:
        """Take a slot that is due at once, or return None where a gate is closed now.

        It goes with the next run, which nobody else may have yet: a person may start one by hand,
        else the ticker does.
        """
        stretch = calendar.at(self.now)
        if stretch is None or self.earliest > self.now:
            return None
        if self.blocked(self.now, stretch, self._gap(calendar, stretch.day), note):
            return None
        run, found = self.first_free(calendar, self.now, note), calendar.at_or_after(self.now)
        if run is None or found is None or run.tick != found[0].ticks[found[1]]:
            return None
        slot = Slot(self.now, run.tick, run.day)
        self.take(slot, note)
        return slot

    def take_near(
        self,
        calendar: Calendar,
        free: Slot,
        jitter: Jitter,
        not_before: int = 0,
        note: bool = False,
    ) -> Slot:
        """Take a slot at or soon after a free one, and let it fall due some time before its run.

        Jitter never costs the day a request: it uses the room that is left over.
        """
        found = calendar.at_or_after(free.tick)
        if found is None:
            raise ValueError("the slot is not one of this calendar")
        stretch, index = found
        gap = self._gap(calendar, stretch.day)
        index = self._jittered(calendar, stretch, index, gap, jitter, note)
        tick = stretch.ticks[index]
        position = bisect_right(self._times, tick)
        since = max(stretch.due_from(index), self.earliest, not_before)
        if position:
            since = max(since, self._before(position) + gap)
        slot = Slot(tick - int(jitter.lead * max(tick - since, 0)), tick, stretch.day)
        self.take(slot, note)
        return slot

    def _jittered(
        self,
        calendar: Calendar,
        stretch: Stretch,
        index: int,
        gap: int,
        jitter: Jitter,
        note: bool,
    ) -> int:
        starts = calendar.latest_starts(stretch, gap)
        left = self.limit_on(stretch.day).value - self._per_day[stretch.day]
        possible = bisect_right(starts, -index, key=lambda start: -start)
        last = starts[min(left, possible) - 1] if possible else index
        room = bisect_right(stretch.ticks, stretch.ticks[index] + gap // 2) - 1
        chosen = index + int(jitter.run * (max(min(last, room), index) - index + 1))
        if chosen != index and self.blocked(stretch.ticks[chosen], stretch, gap, note):
            return index
        return chosen

    def _gap(self, calendar: Calendar, day: dt.date) -> int:
        key = (id(calendar), day)
        known = self._gaps.get(key)
        if known is None:
            known = self._gaps[key] = self.terms.gap(calendar, day)
            self._widest_gap = max(self._widest_gap, known)
        return known


def _window_is_full(times: list[int], most: int, seconds: int, instant: int) -> int | None:
    """Return when to ask again where one more at an instant is too many within a rolling window.

    :param times: sorted; what is planned behind the instant must keep its place.
    """
    reach, position = seconds + LATENESS_SECONDS, bisect_right(times, instant)
    if most <= 0:
        return instant + HORIZON_SECONDS
    if position >= most and times[position - most] >= instant - reach:
        return times[position - most] + reach + 1
    for later in range(position, bisect_right(times, instant + reach)):
        first = bisect_left(times, times[later] - reach)
        if later - first + 1 >= most:
            return times[later] + 1
    return None
