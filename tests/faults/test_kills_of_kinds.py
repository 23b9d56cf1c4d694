"""SIGKILL in runs that send requests, messages and withdrawals: none twice, none lost, none unread.

Short in `make test`; `make torture` makes a thousand kills of it and prints the figures.
"""

import datetime as dt
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from tqdm import tqdm

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.gates import limits
from queueing.looking import reconciling
from queueing.models import Kind, ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client, Version, connect
from sandbox.testing import SandboxProcess
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import killing

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
KILLS = int(os.environ.get("KILLS", "1000"))
POINTS: dict[str, Callable[[], None]] = {
    **killing.POINTS,
    "after a message": lambda: killing.after_call("send_message"),
    "after a withdrawal": lambda: killing.after_call("withdraw"),
    "after a look at a conversation": lambda: killing.after_call("messages_with"),
}


@dataclass
class Ordeal:
    """People to be invited, written to and withdrawn from, by runs that are killed."""

    sandbox: SandboxProcess
    clock: MovedClock
    campaign: Campaign
    api: str = Version.V1
    kills: Counter[str] = field(default_factory=Counter)
    answered: set[str] = field(default_factory=set)
    invitations: dict[str, str] = field(default_factory=dict)  # ids of what is pending, by name

    @property
    def client(self) -> Client:
        return connect(self.sandbox.url, self.sandbox.api_key, self.api)

    def move_on(self, **by: float) -> None:
        self.clock.advance(**by)
        self.sandbox.control.freeze(self.clock().isoformat())

    def add(self, account: LinkedInAccount, number: int) -> None:
        """One person of each kind, for one account."""
        control, uid = self.sandbox.control, account.unipile_account_id
        invited, written, pending = (
            a_prospect(self.campaign, status=status, public_identifier=f"{name}-{number}")
            for name, status in (
                ("ada", Prospect.Status.QUEUED),
                ("bea", Prospect.Status.CONNECTED),
                ("cleo", Prospect.Status.CONNECTION_REQUEST_SENT),
            )
        )
        due = {"scheduled_for": self.clock()}
        an_item(self.campaign, account, prospect=invited, **due)
        control.set_degree(uid, written.public_identifier, "FIRST_DEGREE")
        ids = {one: control.provider_id(uid, one.public_identifier) for one in (written, pending)}
        of_message = {"kind": Kind.MESSAGE, "step": 1, "message": f"Hello {number}!"}
        an_item(
            self.campaign,
            account,
            prospect=written,
            linkedin_user_id=ids[written],
            **of_message,
            **due,
        )
        an_item(
            self.campaign,
            account,
            prospect=pending,
            kind=Kind.WITHDRAWAL,
            linkedin_user_id=ids[pending],
            invitation_id=self.invitations.get(pending.public_identifier)
            or self.invitations[ids[pending]],
            **due,
        )

    def kill(self, point: str, chance: random.Random) -> None:
        """Kill one run; then another goes on, time passes, and doubts are looked up."""
        where = (self.sandbox.url, self.sandbox.api_key, self.clock)
        if point == "at random":
            how = killing.kill_at_random(chance, *where, api=self.api)
        else:
            how = killing.ended(killing.run_in_child(*where, POINTS[point], self.api))
        self.kills[point] += how == signal.SIGKILL
        self.move_on(minutes=4)
        self.go_on()
        self.somebody_answers(chance)
        self.move_on(minutes=35)

    def go_on(self) -> None:
        runs.run(ProcessRun.Trigger.COMMAND, self.clock, client=self.client)
        reconciling.reconcile(self.client, self.clock)

    def somebody_answers(self, chance: random.Random) -> None:
        """Let somebody answer who waits for a message, of which no try can have arrived."""
        waiting = QueueItem.objects.pending().filter(kind=Kind.MESSAGE, claimed_at__isnull=True)
        item = waiting.select_related("linkedin_account").order_by("?").first()
        if item is not None and chance.random() < 0.3:
            uid = item.linkedin_account.unipile_account_id
            self.sandbox.control.write(uid, item.person_key, "Who are you?")
            self.answered.add(item.person_key)

    def settle(self) -> None:
        for _ in range(400):
            if not QueueItem.objects.exclude(status__in=[Status.SENT, Status.SKIPPED]).exists():
                return
            self.clock.now = limits.next_day_start(self.clock(), ZoneInfo("UTC"))
            for _ in range(12):
                self.move_on(minutes=61)
                self.go_on()

    def check(self) -> None:
        control = self.sandbox.control
        written = Counter(one["person"] for one in control.messages())
        sent = QueueItem.objects.filter(status=Status.SENT)
        by_kind = {
            kind: set(sent.filter(kind=kind).values_list("person_key", flat=True)) for kind in Kind
        }
        assert max(written.values(), default=0) <= 1, "written to twice"
        assert set(written) == by_kind[Kind.MESSAGE], "lost, or settled otherwise than it was"
        assert not set(written) & self.answered, "written to after an answer"
        invited = Counter(
            one["person"] for one in control.effects() if one["person"].startswith("ada")
        )
        assert max(invited.values(), default=0) <= 1, "invited twice"
        assert set(invited) == by_kind[Kind.CONNECTION_REQUEST]
        still = {
            one.id
            for account in LinkedInAccount.objects.all()
            for one in self.client.sent_invitations(account.unipile_account_id).invitations
        }
        gone = sent.filter(kind=Kind.WITHDRAWAL).values_list("invitation_id", flat=True)
        assert not set(gone) & still, "withdrawn, and pending"
        assert not QueueItem.objects.exclude(status__in=[Status.SENT, Status.SKIPPED]).exists()
        assert set(control.max_in_flight().values()) <= {0, 1}


def an_ordeal(sandbox: SandboxProcess, people: int, accounts: int, api: str = Version.V1) -> Ordeal:
    sandbox.control.settings(api=api)
    clock = MovedClock(timezone.now().replace(hour=0, minute=5))
    sandbox.control.freeze(clock().isoformat())
    workspace = a_workspace()
    rows = [an_account(workspace, daily_message_limit=100) for _ in range(accounts)]
    for account in rows:
        sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    ordeal = Ordeal(sandbox, clock, a_campaign(workspace, *rows), api)
    for index, account in enumerate(rows):
        slugs = [f"cleo-{number}" for number in range(people) if number % accounts == index]
        sandbox.control.invite_by_hand(account.unipile_account_id, *slugs)
    ordeal.move_on(minutes=5)  # until lists show it
    for account in rows:
        walk = ordeal.client.sent_invitations(account.unipile_account_id)
        ordeal.invitations |= {name: one.id for one in walk.invitations for name in one.names}
    for number in range(people):
        ordeal.add(rows[number % accounts], number)
    # By the ordeal's clock: what they wrote before they were here would be no answer.
    Prospect.objects.update(created_at=clock() - dt.timedelta(days=1))
    return ordeal


def endure(ordeal: Ordeal, kills: int) -> None:
    chance = random.Random(29)
    points = [step for point in POINTS for step in (point, "at random")]
    tries = 0
    with tqdm(total=kills, unit=" kills", disable=None) as bar:
        while (before := ordeal.kills.total()) < kills and tries < 3 * kills:
            ordeal.kill(points[tries % len(points)], chance)
            bar.update(ordeal.kills.total() - before)
            tries += 1


def test_kills_between_three_kinds_break_no_promise(lenient_sandbox: SandboxProcess) -> None:
    ordeal = an_ordeal(lenient_sandbox, people=30, accounts=3)
    chance = random.Random(29)

    for point in (
        "before the claim is committed",
        "after the claim",
        "after a look at a conversation",
        "after a message",
        "after a withdrawal",
        "before the record",
        "in the record, before its commit",
        "at random",
    ):
        ordeal.kill(point, chance)
    ordeal.settle()

    ordeal.check()
    assert ordeal.kills.total() >= 6


def test_nor_do_they_with_v2(lenient_sandbox: SandboxProcess) -> None:
    """The instants at which the two clients differ; the long form has all of them."""
    # More than three runs and those between them can deal with: each kill finds one of its kind.
    ordeal = an_ordeal(lenient_sandbox, people=5, accounts=1, api=Version.V2)
    points = ("after a look at a conversation", "after a message", "after a withdrawal")

    for point in points:
        ordeal.kill(point, random.Random(29))
    ordeal.settle()

    ordeal.check()
    assert ordeal.kills == dict.fromkeys(points, 1)


@pytest.mark.torture
@pytest.mark.parametrize("version", list(Version))
def test_a_thousand_kills_between_three_kinds(
    lenient_sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str], version: str
) -> None:
    with capfd.disabled():
        ordeal = an_ordeal(lenient_sandbox, people=KILLS * 3, accounts=6, api=version)
        endure(ordeal, KILLS)
        ordeal.settle()
        told = [(f"killed {point}", number) for point, number in sorted(ordeal.kills.items())]
        told += [
            ("kills", ordeal.kills.total()),
            ("messages that left", len(ordeal.sandbox.control.messages())),
            ("people who answered", len(ordeal.answered)),
        ]
        for what, figure in told:
            tqdm.write(f"{what:<55}{figure}")
    ordeal.check()
    assert dt.timedelta(0) < ordeal.clock() - timezone.now()
