"""When the queue can move: the instants at which runs start, inside sending hours. Pure.

An account sends at most one item in a run, so a plan that comes true counts in runs. Instants here
are whole epoch seconds: planning a hundred thousand people compares them millions of times.
"""

import datetime as dt
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from queueing.gates import hours, limits
from queueing.gates.spacing import LATENESS_SECONDS
from queueing.gates.ticker import Ticker

HORIZON_SECONDS = 400 * 86_400  # hours that open at all open within it
_SLICE = dt.timedelta(days=28)
_END = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Open time within one day of the daily cap, and the runs that start in it."""

    day: dt.date
    opens: int
    closes: int
    day_ends: int
    ticks: "array[int]"

    def due_from(self, index: int) -> int:
        """Return from when on an item may fall due that goes with one of our ticks.

        Not at once after the tick before: its run starts a little late, and would take the item.
        """
        if index == 0:
            return self.opens
        return min(self.ticks[index - 1] + LATENESS_SECONDS, self.ticks[index])


class Calendar:
    """The stretches of one set of hours from an instant on, worked out as they are asked for."""

    def __init__(
        self, sending_hours: hours.Hours, runs: Ticker, day_zone: ZoneInfo, since: int
    ) -> None:
        self.hours = sending_hours
        self.open_seconds = hours.open_seconds_per_day(sending_hours)
        self._ticker = runs
        self._zone = day_zone
        self._until = dt.datetime.fromtimestamp(since, dt.UTC)
        self._stretches: list[Stretch] = []
        self._closes: list[int] = []
        self._latest_starts: dict[tuple[int, int], list[int]] = {}

    def at_or_after(self, instant: int) -> tuple[Stretch, int] | None:
        """Return the first run at or after an instant: its stretch, and its index there.

        None where there is none within the horizon.
        """
        position = bisect_right(self._closes, instant)
        while self._reaches(position, instant + HORIZON_SECONDS):
            stretch = self._stretches[position]
            index = bisect_left(stretch.ticks, instant)
            if index < len(stretch.ticks):
                return stretch, index
            position += 1
        return None

    def at(self, instant: int) -> Stretch | None:
        """Return the stretch that is open at an instant, with or without a run in it."""
        while (position := bisect_right(self._closes, instant)) == len(self._stretches):
            if not self._reaches(position, instant):
                return None
        stretch = self._stretches[position]
        return stretch if stretch.opens <= instant else None

    def latest_starts(self, stretch: Stretch, gap: int) -> list[int]:
        """Return, for 1, 2, 3 … sends a gap apart, the last index at which they may begin."""
        known = self._latest_starts.get((stretch.opens, gap))
        if known is None:
            known = []
            index = len(stretch.ticks) - 1
            while index >= 0:
                known.append(index)
                index = bisect_right(stretch.ticks, stretch.ticks[index] - gap) - 1
            self._latest_starts[stretch.opens, gap] = known
        return known

    def _reaches(self, position: int, instant: int) -> bool:
        """Work out more until there is a stretch at this position; False beyond the instant."""
        while position >= len(self._stretches):
            if self._until.timestamp() > instant or self._until >= _END:
                return False
            until = self._until + _SLICE
            for stretch in self._between(self._until, until):
                self._stretches.append(stretch)
                self._closes.append(stretch.closes)
            self._until = until
        return True

    def _between(self, since: dt.datetime, until: dt.datetime) -> Iterator[Stretch]:
        for window in hours.windows(self.hours, since, until):
            opens = window.opens
            while opens < window.closes:
                day_ends = limits.next_day_start(opens, self._zone)
                closes = min(window.closes, day_ends)
                first, last = int(opens.timestamp()), int(closes.timestamp())
                yield Stretch(
                    day=opens.astimezone(self._zone).date(),
                    opens=first,
                    closes=last,
                    day_ends=int(day_ends.timestamp()),
                    ticks=self._ticker.within(first, last),
                )
                opens = closes
