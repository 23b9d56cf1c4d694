"""A campaign with follow-ups, an account that sends them, and LinkedIn as the sandbox has it."""

import datetime as dt
from typing import Any

import pytest

from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from queueing.looking import answers
from queueing.models import Kind, ProcessRun, QueueItem
from queueing.planning import steps
from queueing.sending import runs
from queueing.telling import Fence
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, an_item
from tests.conftest import MovedClock


class World:
    """What happens after an invitation, step by step, by one clock for us and the sandbox."""

    def __init__(
        self, sandbox: Sandbox, client: Client, clock: MovedClock, campaign: Campaign
    ) -> None:
        self.sandbox, self.client, self.clock, self.campaign = sandbox, client, clock, campaign
        self.account: LinkedInAccount = campaign.accounts.get()
        self.later()

    def later(self, **by: float) -> None:
        self.clock.advance(**by)
        self.sandbox.control.freeze(self.clock().isoformat())

    def invited(self, **values: Any) -> Prospect:
        """Somebody to whom a request has gone."""
        item = an_item(self.campaign, self.account, **values)
        self.run()
        item.refresh_from_db()
        assert item.status == QueueItem.Status.SENT
        return item.prospect

    def connected(self, **values: Any) -> Prospect:
        """Somebody who has accepted, as is known, and whose first message is due now."""
        person = self.invited(**values)
        self.later(hours=1)
        self.accept(person)
        self.look()
        self.plan()
        self.later(hours=30)
        self.due()
        return person

    def accept(self, person: Prospect) -> None:
        self.sandbox.control.accept(self.account.unipile_account_id, person.public_identifier)

    def answers(self, person: Prospect, text: str = "Gladly!", **more: Any) -> None:
        slug = person.public_identifier
        self.sandbox.control.write(self.account.unipile_account_id, slug, text, **more)

    def run(self) -> dict[str, Any]:
        return runs.run(ProcessRun.Trigger.COMMAND, self.clock, client=self.client)

    def look(self) -> dict[str, int]:
        """Read all that is due, as the ticker does."""
        fence = Fence(self.clock())
        found = answers.look_for_news(self.client, self.clock, fence)
        assert fence.aside == []
        return dict(found)

    def plan(self) -> int:
        return steps.plan_follow_ups(self.clock())

    def due(self) -> None:
        """Let what is planned be due now."""
        QueueItem.objects.pending().update(scheduled_for=self.clock() - dt.timedelta(minutes=1))

    def message(self) -> QueueItem:
        return QueueItem.objects.get(kind=Kind.MESSAGE)

    def wrote(self) -> list[str]:
        """What really reached people, as messages."""
        return [one["text"] for one in self.sandbox.control.messages()]


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    campaign = a_campaign(account.workspace, account)
    Step.objects.create(campaign=campaign, number=1, delay_days=1, text="Hello {{ first_name }}!")
    return campaign


@pytest.fixture
def world(
    sandbox: Sandbox, client_of_unipile: Client, clock: MovedClock, campaign: Campaign
) -> World:
    assert clock() == NOON
    return World(sandbox, client_of_unipile, clock, campaign)
