"""Random worlds in which people are alive, answers lie, lists lag, and the real code has to cope.

A world is made from a seed, so that it can be lived through again. The sandbox is told of it, and
behaves as LinkedIn does: it takes nobody twice from one account, and knows nothing of workspaces.
"""

import contextlib
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import reconciling, resolving, syncing
from queueing.models import ProcessRun, QueueItem, SendAttempt
from queueing.planning import enqueue
from queueing.sending import runs
from queueing.staff import items, places, triage
from queueing.unipile import UnipileError, connect
from sandbox.testing import Control, SandboxProcess
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account
from tests.conftest import MovedClock
from tests.faults import killing, oracle
from tests.faults.conftest import LAG_SECONDS

Status = QueueItem.Status
DAY = 86_400
PEOPLE = 14
REASON = "asked to"

WEATHER = {"fault_hides": 0.2, "fault_rate": 0.15, "fault_blinds": 0.1, "fault_seconds": 0}
CALM = {"fault_hides": 0, "fault_rate": 0, "fault_blinds": 0}
STEPS_MINUTES = (5, 5, 5, 10, 30, 30, 60, 240, 900)


class Story:
    """A workspace with its accounts, campaigns and people, and a clock that the story moves."""

    def __init__(self, sandbox: SandboxProcess, seed: int) -> None:
        self.sandbox, self.control, self.seed = sandbox, sandbox.control, seed
        self.chance = random.Random(seed)
        self.clock = MovedClock(NOON)
        self.client = connect(sandbox.url, sandbox.api_key)
        self.staff = User.objects.create_user(f"staff-{seed}")
        self.log: list[str] = []
        self._set_behaviour(self.control)
        self.workspace = a_workspace()
        self.accounts = [self._an_account() for _ in range(self.chance.randint(2, 3))]
        self.people = [
            f"ada-example-{seed}-{number}" for number in range(PEOPLE)
        ]  # so are their names
        self.known_by_id: set[str] = set()
        self.campaigns = [self._a_campaign() for _ in range(self.chance.randint(2, 3))]
        self._make_some_special()

    def _set_behaviour(self, control: Control) -> None:
        control.reset()
        control.freeze(self.clock().isoformat())
        control.settings(
            lag_seconds=LAG_SECONDS,
            accept_rate=0.25,
            decline_rate=0.25,
            ignore_rate=0.1,
            withdraw_rate=0.05,
            answer_seconds=2 * DAY,
            people_seed=self.seed,
            unknown_strangers=True,
            foreign_id_error=self.chance.choice(
                ("invalid_recipient", "invalid_parameters", "resource_not_found")
            ),
            fault_seed=self.seed,
            **WEATHER,
        )

    def _an_account(self) -> LinkedInAccount:
        account = an_account(
            self.workspace,
            account_type=self.chance.choice(LinkedInAccount.Type.values),
            daily_limit=self.chance.randint(2, 4),
            weekly_limit=self.chance.randint(6, 10),
            min_gap_seconds=self.chance.choice((0, 900)),
        )
        self.control.add_account(account.unipile_account_id, account.account_type)
        return account

    def _a_campaign(self) -> Campaign:
        """Make a campaign of some accounts and people; people are in more than one."""
        accounts = self.chance.sample(self.accounts, self.chance.randint(1, len(self.accounts)))
        campaign = a_campaign(self.workspace, *accounts)
        for person in self.chance.sample(self.people, PEOPLE * 2 // 3):
            names = {"public_identifier": person}
            if self.chance.random() < 0.2:  # imported by the id of some account
                found_by = self.chance.choice(self.accounts).unipile_account_id
                user_id = self.control.provider_id(found_by, person)
                names = {"public_identifier": "", "linkedin_user_id": user_id}
                self.known_by_id.add(person)
            a_prospect(campaign, **names)
        return campaign

    def _make_some_special(self) -> None:
        """One is refused as if it were about the account; one is out of network; one invites us."""
        # Whose address LinkedIn tells to nobody is a stranger to other accounts (see the limits).
        for person in sorted(self.known_by_id):
            for each in self.accounts:
                self.control.set_degree(each.unipile_account_id, person, "SECOND_DEGREE")
        by_address = [one for one in self.people if one not in self.known_by_id]
        alone, far, keen = self.chance.sample(by_address, 3)
        refusal = self.chance.choice(("cannot_resend_yet", "limit_exceeded", "too_many_requests"))
        self.control.add_person(alone, refusal=refusal)
        account = self.chance.choice(self.accounts).unipile_account_id
        self.control.set_degree(account, far, "OUT_OF_NETWORK")
        self.control.receive(account, keen)

    # What happens

    def live(self, steps: int, check_every: int = 10) -> None:
        """Let jobs run, things happen and time pass, and be judged on the way.

        :raises AssertionError: where a promise is broken; it tells the story of whom it concerns.
        """
        for step in range(steps):
            self.jobs()
            if self.chance.random() < 0.4:
                self.something_happens()
            self.pass_time(self.chance.choice(STEPS_MINUTES))
            if step % check_every == 0:
                self.check()

    def jobs(self) -> None:
        """Make one round of what the ticker starts."""
        with contextlib.suppress(UnipileError):  # for all accounts at once: the next round asks
            syncing.sync_accounts(self.client, self.clock())
        if self.chance.random() < 0.4:
            resolving.resolve_pending(self.client, self.clock)
            for campaign in Campaign.objects.filter(status=Campaign.Status.ACTIVE):
                enqueue(campaign, self.clock())
        runs.run(ProcessRun.Trigger.COMMAND, self.clock, client=self.client)
        reconciling.reconcile(self.client, self.clock)

    def pass_time(self, minutes: float) -> None:
        self.clock.advance(minutes=minutes)
        self.control.freeze(self.clock().isoformat())

    def something_happens(self) -> None:
        event = self.chance.choice(EVENTS)
        self.log.append(f"{self.clock():%m-%d %H:%M} {event.__name__}")
        # Somebody's deed on what is not in that state any more is refused: that is right.
        with contextlib.suppress(places.NotNowError):
            event(self)

    def settle(self, days: int = 20, hours: int = 8) -> None:
        """Let everything work again, and time pass until nothing is left, or nothing should be."""
        self.control.settings(**CALM)
        self.control.clear_faults()
        for account in self.accounts:
            self.control.set_account(account.unipile_account_id, status="OK")
        Campaign.objects.filter(status=Campaign.Status.PAUSED).update(status="active")
        for _ in range(days * 24 // hours):
            if not self.left():
                break
            self.jobs()
            self.pass_time(hours * 60)
        self.check()

    # What came of it

    def check(self) -> None:
        judgement = oracle.judge(self.control)
        assert judgement.broken == {}, f"{judgement.broken}\n{self.told()}"

    def left(self) -> dict[str, int]:
        """Count what has not ended."""
        waits = Q(status__in=[Status.PENDING, Status.SENDING, Status.UNCONFIRMED])
        left = QueueItem.objects.filter(waits | QueueItem.MAYBE_ARRIVED)
        return dict(Counter(left.values_list("status", flat=True)))

    def told(self) -> str:
        """Tell what happened: events, effects, and every item with its calls."""
        lines = [f"seed {self.seed}", *self.log]
        for effect in self.control.effects():
            lines.append("{at} {account_id} -> {person}: {state} {ended_at}".format(**effect))
        people = self._people_by_id()
        told = [
            (people.get(item.person_key, item.person_key), _told_of(item))
            for item in QueueItem.objects.select_related("prospect", "linkedin_account")
        ]
        for person, of_item in sorted(told):
            lines += [person, *of_item]
        return "\n".join(lines)

    def _people_by_id(self) -> dict[str, str]:
        """Return whose ids are whose, for people who were imported by an account's id."""
        return {
            self.control.provider_id(account.unipile_account_id, person): f"{person} by id"
            for account in self.accounts
            for person in self.people
        }


def _told_of(item: QueueItem) -> list[str]:
    lines = [
        f"  {item.prospect.public_identifier!r} by "
        f"{item.linkedin_account.unipile_account_id}: {item.status} sent_at={item.sent_at} "
        f"tried_at={item.tried_at} searched_at={item.searched_at} attempts={item.attempts} "
        f"{item.error_code}: {item.error_message[:120]}"
    ]
    for call in SendAttempt.objects.filter(item=item).order_by("number"):
        lines.append(
            f"    {call.started_at:%m-%d %H:%M} {call.route} {call.outcome} {call.http_status} "
            f"{call.error_code} {call.detail[:60]}"
        )
    return lines


def an_account_is_lost(story: Story) -> None:
    account = story.chance.choice(story.accounts)
    status = story.chance.choice(("CREDENTIALS", "CONNECTING", "STOPPED"))
    story.control.set_account(account.unipile_account_id, status=status)


def lost_accounts_come_back(story: Story) -> None:
    for account in story.accounts:
        story.control.set_account(account.unipile_account_id, status="OK")


def a_run_is_killed(story: Story) -> None:
    point = story.chance.choice(sorted(killing.POINTS))
    killing.kill_at(point, story.sandbox.url, story.sandbox.api_key, story.clock)


def somebody_moves(story: Story) -> None:
    """Nobody known by an id: under a new address a stranger to other accounts (see the limits)."""
    person = story.chance.choice([one for one in story.people if one not in story.known_by_id])
    story.control.add_person(person, moved_to=f"{person}-{len(story.log)}")


def look_ups_find_nobody(story: Story) -> None:
    status = story.chance.choice((400, 404))
    story.control.fault("answer", route="profile", status=status, times=6)


def look_ups_answer_with_somebody_else(story: Story) -> None:
    story.control.fault("stranger", route="profile", other=story.chance.choice(story.people))


def profiles_say_something_new(story: Story) -> None:
    news = {"invitation": {"type": "SENT", "status": "EXPIRED"}}
    story.control.fault("edit", route="profile", put=news, times=3)


def staff_skip_some(story: Story) -> None:
    act(story, triage.Skip(), QueueItem.objects.pending())


def staff_retry_all(story: Story) -> None:
    items.act(triage.RetryNow(), QueueItem.objects.all(), story.staff, story.clock(), reason=REASON)


def staff_pause_or_resume(story: Story) -> None:
    campaign = story.chance.choice(story.campaigns)
    campaign.refresh_from_db()
    is_active = campaign.status == Campaign.Status.ACTIVE
    places.move(campaign, places.PAUSE if is_active else places.RESUME, story.staff, REASON)


def staff_archive(story: Story) -> None:
    if story.chance.random() < 0.2:
        places.archive(story.chance.choice(story.campaigns), story.staff, REASON, story.clock())


def staff_end_rests(story: Story) -> None:
    for account in story.accounts:
        with contextlib.suppress(places.NotNowError):
            places.end_rest(account, story.staff, REASON, story.clock())


def staff_say_accounts_are_connected(story: Story) -> None:
    for account in story.accounts:
        with contextlib.suppress(places.NotNowError):
            places.mark_connected(account, story.staff, REASON, story.clock())


def act(story: Story, action: items.ItemAction, queue: Any) -> None:
    ids = list(queue.order_by("scheduled_for", "id").values_list("pk", flat=True))
    some = story.chance.sample(ids, min(2, len(ids)))
    chosen = QueueItem.objects.filter(pk__in=some)
    items.act(action, chosen, story.staff, story.clock(), reason=REASON)


EVENTS: tuple[Callable[[Story], None], ...] = (
    an_account_is_lost,
    lost_accounts_come_back,
    lost_accounts_come_back,
    a_run_is_killed,
    somebody_moves,
    look_ups_find_nobody,
    look_ups_answer_with_somebody_else,
    profiles_say_something_new,
    staff_skip_some,
    staff_retry_all,
    staff_pause_or_resume,
    staff_archive,
    staff_end_rests,
    staff_say_accounts_are_connected,
)
