"""A tick's work in shares, for clusters on many machines: which part is whose, and by what.

By nothing that is kept. A share is a run that begins with accounts of its own, and goes on with
what the others have left: who is quicker at an account is decided by the claim's lock, as ever. So
a share that comes twice, late or never changes nothing about who is sent to.
"""

import datetime as dt
import fcntl
import logging
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from queueing.sending import claiming
from queueing.sending.claiming import Turn
from queueing.sending.clocks import Clock

logger = logging.getLogger(__name__)

CROWDED = dt.timedelta(seconds=20)
"""For so long after its tick a share is given back where its machine is at another one."""

TASK = "django.core.management.call_command"


@dataclass(frozen=True)
class Share:
    """One of so many shares of a tick, counted from 1."""

    number: int
    of: int
    tick: dt.datetime

    @classmethod
    def parse(cls, text: str) -> "Share":
        """Read `2/4@2026-07-08T16:00:00+00:00`.

        :raises ValueError: where it is no share.
        """
        try:
            part, tick = text.split("@")
            number, of = part.split("/")
            share = cls(int(number), int(of), dt.datetime.fromisoformat(tick))
        except ValueError:
            share = cls(0, 0, dt.datetime.min.replace(tzinfo=dt.UTC))
        if not 1 <= share.number <= share.of or share.tick.tzinfo is None:
            raise ValueError(f"“{text}” is no share, such as 2/4@2026-07-08T16:00:00+00:00")
        return share

    def __str__(self) -> str:
        return f"{self.number}/{self.of}@{self.tick.isoformat()}"

    def is_late(self, now: dt.datetime) -> bool:
        """Whether the tick's other shares have ended by now, and done this one's part."""
        return now - self.tick > dt.timedelta(seconds=settings.SEND_RUN_DEADLINE_SECONDS)

    def distance(self, account_id: uuid.UUID) -> int:
        """Return how many shares lie between this one and the account's; 0: it is its own."""
        return (account_id.int - self.number) % self.of


def parts(share: Share | None, clock: Clock, account: uuid.UUID | None) -> Iterator[list[Turn]]:
    """Yield whose turn it is in a run: all at once, or a share's own, and then what is left.

    What others have is taken from its end, so that two who are at it meet but once; that of the
    next share first, so that not all begin with the same.
    """
    if share is None:
        yield claiming.in_turn(clock(), account)
        return
    yield [turn for turn in claiming.in_turn(clock()) if not share.distance(turn.account_id)]
    left = [turn for turn in claiming.in_turn(clock()) if share.distance(turn.account_id)]
    taken = claiming.taken_since(share.tick)
    left = [turn for turn in reversed(left) if turn not in taken]
    yield sorted(left, key=lambda turn: share.distance(turn.account_id))


def hand_out(number: int, now: dt.datetime) -> None:
    """Give the clusters so many shares of a tick, through django-q2's broker."""
    for one in range(1, number + 1):
        hand(Share(one, number, now))


def hand(share: Share) -> None:
    """Give the clusters a share, the first that has a worker free."""
    # Here, for it takes as long to import as a run with nothing to do.
    from django_q.tasks import async_task  # noqa: PLC0415

    called = ("process_send_queue", "--trigger", "schedule", "--share", str(share))
    async_task(TASK, *called, task_name=f"share {share.number} of {share.of}", group="shares")


@contextmanager
def the_only_one_here() -> Iterator[bool]:
    """Say whether this machine is at no other share; while in force, it is at this one.

    A cluster takes whatever waits as long as it has room, and would leave nothing to the others.
    The lock is the kernel's: it ends with the process.
    """
    folder = Path(settings.JOURNAL_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "share.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def give_back(share: Share, clock: Clock) -> bool:
    """Give a share back for a machine that is at none; return whether that was done.

    Not any more some seconds after the tick: then there are fewer machines than shares.
    """
    if clock() - share.tick > CROWDED:
        return False
    # Another cluster looks meanwhile, at an instant of its own: once a second.
    time.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - it decides nothing
    hand(share)
    return True
