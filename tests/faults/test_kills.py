"""SIGKILL at every named point and at random instants: nobody twice, nothing lost, no cap exceeded.

Short in `make test`; `make torture` makes a thousand kills of it and prints the figures.
"""

import datetime as dt
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from tqdm import tqdm

from campaigns.models import Campaign, Prospect
from queueing.gates import limits
from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem, SendAttempt
from queueing.sending import INTERRUPTED, runs
from queueing.unipile import Client, Invitation, Version, connect
from sandbox.testing import SandboxProcess
from tests.builders import a_campaign, a_workspace, an_account
from tests.conftest import MovedClock
from tests.faults import killing, oracle

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
ACCOUNTS, DAILY, WEEKLY = 8, 60, 300
SENDERS = 4
LONG_KILLS = int(os.environ.get("KILLS", "1000"))
LONG_RUNS = int(os.environ.get("RUNS", "10000"))


class Timed:
    """Notes when a client's first invitation was answered, by `time.monotonic()`."""

    def __init__(self, client: Client) -> None:
        self.first_sent_at: float | None = None
        self._invite = client.invite
        client.invite = self.invite  # type: ignore[method-assign]

    def invite(self, *args: Any, **kwargs: Any) -> Invitation:
        invitation = self._invite(*args, **kwargs)
        self.first_sent_at = self.first_sent_at or time.monotonic()
        return invitation


@dataclass
class Ordeal:
    """A world in which runs are killed, and what was counted in it."""

    sandbox: SandboxProcess
    clock: MovedClock
    api: str = Version.V1
    kills: Counter[str] = field(default_factory=Counter)
    most_in_flight: int = 0
    first_sends_after: list[float] = field(default_factory=list)  # seconds

    @property
    def client(self) -> Client:
        return connect(self.sandbox.url, self.sandbox.api_key, self.api)

    def move_on(self, **by: float) -> None:
        self.clock.advance(**by)
        self.sandbox.control.freeze(self.clock().isoformat())

    def kill(self, point: str, chance: random.Random) -> None:
        """Kill one run; then let another account send at once, and time passes."""
        where = (self.sandbox.url, self.sandbox.api_key, self.clock, self.api)
        if point == "at random":
            how = killing.kill_at_random(chance, *where)
        else:
            how = killing.kill_at(point, *where)
        in_flight = QueueItem.objects.sending().count()
        self.most_in_flight = max(self.most_in_flight, in_flight)
        began, client = time.monotonic(), self.client
        timed = Timed(client)
        result = self.run(client)
        if how == signal.SIGKILL:
            self.kills[point] += 1
            if timed.first_sent_at is not None:
                self.first_sends_after.append(timed.first_sent_at - began)
        if how != signal.SIGKILL and not result["processed"]:
            self.next_day()  # the caps hold everything
        self.move_on(minutes=10)
        reconciling.reconcile(self.client, self.clock)

    def run(self, client: Client | None = None) -> dict[str, object]:
        return runs.run(ProcessRun.Trigger.COMMAND, self.clock, client=client or self.client)

    def next_day(self) -> None:
        self.clock.now = limits.next_day_start(self.clock(), ZoneInfo("UTC"))
        self.move_on(minutes=1)

    def settle(self) -> None:
        """Let time pass until nothing is in doubt any more."""
        for _ in range(10):
            self.move_on(minutes=61)
            reconciling.reconcile(self.client, self.clock)

    def wrongly_settled(self) -> int:
        """Count people of whom the queue says sent and the ledger does not, or the reverse."""
        sent = QueueItem.objects.filter(status=Status.SENT).values_list(
            "prospect__public_identifier", flat=True
        )
        return len(set(sent) ^ {effect["person"] for effect in self.sandbox.control.effects()})


def an_ordeal(
    sandbox: SandboxProcess,
    people: int,
    accounts: int = ACCOUNTS,
    daily: int = DAILY,
    api: str = Version.V1,
) -> Ordeal:
    if api != Version.V1:
        sandbox.control.settings(api=api)
    clock = MovedClock(timezone.now().replace(hour=0, minute=5))
    sandbox.control.freeze(clock().isoformat())
    workspace = a_workspace()
    rows = [an_account(workspace, daily_limit=daily, weekly_limit=WEEKLY) for _ in range(accounts)]
    for account in rows:
        sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    queue_people(a_campaign(workspace, *rows), people, clock())
    return Ordeal(sandbox, clock, api)


def queue_people(campaign: Campaign, people: int, due: dt.datetime) -> None:
    prospects = Prospect.objects.bulk_create(
        Prospect(
            campaign=campaign,
            public_identifier=f"ada-example-{number}",
            status=Prospect.Status.QUEUED,
        )
        for number in range(people)
    )
    accounts = list(campaign.accounts.all())
    QueueItem.objects.bulk_create(
        QueueItem(
            workspace=campaign.workspace,
            campaign=campaign,
            prospect=prospect,
            linkedin_account=accounts[number % len(accounts)],
            person_key=prospect.person_key,
            scheduled_for=due,
        )
        for number, prospect in enumerate(prospects)
    )


def endure(ordeal: Ordeal, kills: int) -> None:
    """Kill runs at all points in turn, every other time at random, until there were so many."""
    chance = random.Random(17)
    points = [step for point in killing.POINTS for step in (point, "at random")]
    tries = 0
    with tqdm(total=kills, unit=" kills", disable=None) as bar:
        while ordeal.kills.total() < kills:
            before = ordeal.kills.total()
            ordeal.kill(points[tries % len(points)], chance)
            bar.update(ordeal.kills.total() - before)
            tries += 1
            assert tries < kills * 3 + 50, "the runs are not killed"


def check(ordeal: Ordeal) -> oracle.Judgement:
    judgement = oracle.judge(ordeal.sandbox.control)
    assert judgement.broken == {}
    assert ordeal.most_in_flight <= SENDERS
    assert not QueueItem.objects.filter(status__in=[Status.SENDING, Status.UNCONFIRMED]).exists()
    assert ordeal.wrongly_settled() == 0
    return judgement


def test_killed_runs_break_no_promise(lenient_sandbox: SandboxProcess) -> None:
    ordeal = an_ordeal(lenient_sandbox, people=300, accounts=5)

    endure(ordeal, kills=2 * len(killing.POINTS) + 8)
    ordeal.settle()

    judgement = check(ordeal)
    assert judgement.effects > 50
    assert set(killing.POINTS) <= set(ordeal.kills)


def test_nor_do_they_with_v2(lenient_sandbox: SandboxProcess) -> None:
    """The instants at which the two clients differ; the long form has all of them."""
    ordeal = an_ordeal(lenient_sandbox, people=60, accounts=3, api=Version.V2)

    for point in ("before the call", "after the effect", "before the record"):
        ordeal.kill(point, random.Random(17))
    ordeal.settle()

    assert check(ordeal).effects >= 2  # the last two kills come behind an effect each
    assert ordeal.kills.keys() == {"before the call", "after the effect", "before the record"}


@pytest.mark.torture
@pytest.mark.parametrize("version", list(Version))
def test_a_thousand_kills(
    lenient_sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str], version: str
) -> None:
    with capfd.disabled():
        ordeal = an_ordeal(lenient_sandbox, people=LONG_KILLS * 12, api=version)
        endure(ordeal, LONG_KILLS)
        ordeal.settle()

        judgement = oracle.judge(ordeal.sandbox.control)
        in_doubt = SendAttempt.objects.filter(error_code=INTERRUPTED, kind=SendAttempt.Kind.SEND)
        _tell("kills", ordeal.kills.total())
        for point, number in sorted(ordeal.kills.items()):
            _tell(f"  {point}", number)
        _tell("connection requests that left", judgement.effects)
        _tell("sent twice", judgement.duplicates)
        _tell("lost", judgement.lost)
        _tell("without an attempt", judgement.without_attempt)
        _tell("caps exceeded", judgement.caps_exceeded)
        _tell("accounts with two calls at once", judgement.calls_at_once)
        _tell(f"most items in doubt after one kill, with {SENDERS} senders", ordeal.most_in_flight)
        _tell("calls put in doubt in all", in_doubt.count())
        _tell("settled wrongly", ordeal.wrongly_settled())
        first_sends = sorted(ordeal.first_sends_after)
        _tell("runs after a kill that sent", len(first_sends))
        _tell("  seconds to their first send, median", round(median(first_sends), 2))
        _tell("  seconds to their first send, slowest", round(first_sends[-1], 2))
    check(ordeal)
    assert first_sends[-1] <= 5


@pytest.mark.torture
def test_memory_stays_flat(
    lenient_sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    # Five requests a day, a hundred runs a day: sends in all of the time.
    ordeal = an_ordeal(lenient_sandbox, people=LONG_RUNS // 20, accounts=1, daily=5)
    with capfd.disabled():
        for number in tqdm(range(LONG_RUNS), unit=" runs", disable=None):
            if number == LONG_RUNS // 10:
                early = _resident_kib()
            if number % 100 == 0:
                ordeal.next_day()
            ordeal.run()
        late = _resident_kib()
        _tell("runs in one process", LONG_RUNS)
        _tell("connection requests that left", len(ordeal.sandbox.control.effects()))
        _tell("resident after a tenth of them, MiB", early // 1024)
        _tell("resident after all of them, MiB", late // 1024)
    assert late < early * 1.1


def _resident_kib() -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def _tell(what: str, figure: object) -> None:
    tqdm.write(f"{what:<55}{figure}")
