"""A month with people who accept and answer: what was foreseen of all three kinds is what happens.

After each look at LinkedIn each item that waits is foreseen. Every call goes in the very run that
was foreseen last, or takes the place of one that was found to be answered right before it went; and
what did not go was ended by an answer or an acceptance. `make torture` has 1,000 people.
"""

import datetime as dt
import uuid
from collections import Counter

import pytest
from django.conf import LazySettings

from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from queueing import planning
from queueing.looking import answers
from queueing.models import Kind, ProcessRun, QueueItem
from queueing.planning import ends, steps
from queueing.planning.board import Board, instant
from queueing.sending import runs
from queueing.telling import Fence
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_prospect, a_workspace, an_account
from tests.conftest import MovedClock
from tests.queueing.planning.test_rehearsal import START, ticks

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
AFTER_ITS_TICK = dt.timedelta(seconds=2)  # a ticker is never early
LOOKS_EVERY = dt.timedelta(hours=4)
PEOPLE_DO = {
    "accept_rate": 0.45,
    "decline_rate": 0.05,
    "answer_seconds": 3 * 86_400,
    "reply_rate": 0.4,
    "reply_seconds": 2 * 86_400,
    "day_cap": 1000,
    "week_cap": 1000,
}


class Month:
    """The queue and LinkedIn by one clock, and what was foreseen when."""

    def __init__(self, sandbox: Sandbox, client: Client, people: int, accounts: int) -> None:
        self.sandbox, self.client, self.clock = sandbox, client, MovedClock(START)
        workspace = a_workspace()
        self.accounts = [
            an_account(
                workspace,
                name=f"Nora {n}",
                unipile_account_id=f"acc_of-the-month-{n}",
                daily_limit=11,
                min_gap_seconds=None,
            )
            for n in range(accounts)
        ]
        for account in self.accounts:
            sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
        self.campaign = a_campaign(
            workspace, *self.accounts, sending_hours=None, withdraw_after_days=7
        )
        for number in (1, 2):
            text = f"{number}: Hello {{{{ first_name }}}}, {{{{ sender_first_name }}}} here"
            Step.objects.create(campaign=self.campaign, number=number, delay_days=number, text=text)
        for n in range(people):  # always the same ones, who do the same
            a_prospect(self.campaign, public_identifier=f"zoe-of-the-month-{n}")
        planning.enqueue(self.campaign, START)
        self.foreseen: dict[uuid.UUID, dt.datetime] = {}
        self.skipped = 0
        self.foresee()

    def foresee(self) -> None:
        """Say of each item that waits when it goes."""
        self.skipped = QueueItem.objects.filter(status=Status.SKIPPED).count()
        accounts = list(LinkedInAccount.objects.select_related("workspace").order_by("name"))
        for kind in Kind.values:
            for item, slot in Board(accounts, self.clock(), kind).simulate_queue():
                self.foreseen[item.id] = instant(slot.tick)

    def live(self, cron: str, days: int) -> None:
        looked_at = START
        for tick in ticks(cron, START, START + dt.timedelta(days=days)):
            self.at(tick + AFTER_ITS_TICK)
            runs.run(ProcessRun.Trigger.SCHEDULE, self.clock, client=self.client)
            self.at(tick + dt.timedelta(minutes=1))
            if self.clock() >= looked_at + LOOKS_EVERY:
                self.look()
                looked_at = self.clock()
            elif QueueItem.objects.filter(status=Status.SKIPPED).count() > self.skipped:
                self.foresee()  # an answer was found, and others move up

    def look(self) -> None:
        """Do what the ticker's jobs do between runs."""
        fence = Fence(self.clock())
        answers.look_for_news(self.client, self.clock, fence)
        steps.plan_follow_ups(self.clock(), fence)
        ends.skip_what_has_ended(self.clock())
        assert fence.aside == []
        self.foresee()

    def at(self, now: dt.datetime) -> None:
        self.clock.now = now
        self.sandbox.control.freeze(now.isoformat())


@pytest.mark.parametrize(
    ("cron", "people", "accounts", "days"),
    [
        ("0 12,15,18,21 * * *", 16, 1, 14),
        pytest.param("0 * * * *", 1000, 8, 21, marks=pytest.mark.torture),
    ],
    ids=["short", "long"],
)
def test_all_three_kinds_go_as_foreseen(
    settings: LazySettings,
    sandbox: Sandbox,
    client_of_unipile: Client,
    cron: str,
    people: int,
    accounts: int,
    days: int,
) -> None:
    settings.SEND_QUEUE_CRON = cron
    sandbox.control.settings(**PEOPLE_DO)
    month = Month(sandbox, client_of_unipile, people, accounts)
    requests = dict(month.foreseen)

    month.live(cron, days)

    sent = {item.pk: item for item in QueueItem.objects.filter(sent_at__isnull=False)}
    happened = {key: item.sent_at - AFTER_ITS_TICK for key, item in sent.items() if item.sent_at}
    moved_up = {
        (sent[key].kind, sent[key].linkedin_account_id, at)
        for key, at in happened.items()
        if month.foreseen.get(key) != at
    }
    assert moved_up <= _places_of_who_answered(month)
    of_requests = {
        key: at for key, at in happened.items() if sent[key].kind == "connection_request"
    }
    assert of_requests == {key: requests[key] for key in of_requests}  # from the first day on
    _nothing_foreseen_is_lost(month, set(sent))
    _the_ledger_agrees(month, list(sent.values()))
    _figures(month, sent, days)


def _places_of_who_answered(month: Month) -> set[tuple[str, uuid.UUID, dt.datetime]]:
    """Return the runs in which somebody's message was to go who was found to have answered."""
    ended = QueueItem.objects.filter(
        kind=Kind.MESSAGE, status=Status.SKIPPED, prospect__status=Prospect.Status.REPLIED
    )
    return {
        (item.kind, item.linkedin_account_id, month.foreseen[item.pk])
        for item in ended
        if item.pk in month.foreseen
    }


def _nothing_foreseen_is_lost(month: Month, sent: set[uuid.UUID]) -> None:
    """What did not go when it was foreseen was ended by what its person did."""
    late = [key for key, at in month.foreseen.items() if at < month.clock() and key not in sent]
    ended = QueueItem.objects.filter(pk__in=late).values_list("status", "prospect__status")
    assert set(ended) <= {
        (Status.SKIPPED, Prospect.Status.REPLIED),
        (Status.SKIPPED, Prospect.Status.CONNECTED),
    }


def _the_ledger_agrees(month: Month, sent: list[QueueItem]) -> None:
    """What LinkedIn has is what the queue says, and nobody got anything twice."""
    told = Counter(item.kind for item in sent)
    invited = [one["person"] for one in month.sandbox.control.effects()]
    assert sorted(invited) == sorted(
        item.person_key for item in sent if item.kind == Kind.CONNECTION_REQUEST
    )
    assert len(set(invited)) == len(invited)
    wrote = [(one["person"], one["text"][0]) for one in month.sandbox.control.messages()]
    assert Counter(wrote) == Counter(
        (item.person_key, str(item.step)) for item in sent if item.kind == Kind.MESSAGE
    )
    assert max(Counter(wrote).values()) == 1
    withdrawn = month.sandbox.control.calls(route="cancel")
    assert len(withdrawn) == told[Kind.WITHDRAWAL] > 0
    answered = Prospect.objects.filter(replied_at__isnull=False)
    messages = QueueItem.objects.filter(kind=Kind.MESSAGE, sent_at__isnull=False)
    for person in answered:
        assert not messages.filter(prospect=person, sent_at__gt=person.replied_at).exists()
    assert answered.count() > 0
    assert Campaign.objects.get().status in {Campaign.Status.ACTIVE, Campaign.Status.COMPLETED}


def _figures(month: Month, sent: dict[uuid.UUID, QueueItem], days: int) -> None:
    """Print what the month had, for docs/reliability.md: `pytest -s`."""
    kinds = Counter(item.kind for item in sent.values())
    calls = month.sandbox.control.calls()
    number = Counter(call["route"] for call in calls)
    a_day = {route: round(n / days / len(month.accounts), 1) for route, n in number.items()}
    profiles = [call for call in calls if call["route"] == "profile"]
    of_days = Counter((call["account_id"], call["started_at"][:10]) for call in profiles)
    people = Counter(Prospect.objects.values_list("status", flat=True))
    print(f"\nsent {dict(kinds)}; people {dict(people)}; calls a day and account {a_day};")  # noqa: T201
    print(f"profiles a day and account: {max(of_days.values())} at most")  # noqa: T201
