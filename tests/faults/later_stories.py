"""Random worlds that go on after the invitation: people accept and answer, are written to, and
invitations that nobody answers are withdrawn, while answers lie and conversations lag.
"""

import datetime as dt
from typing import Any

from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from queueing.looking import answers
from queueing.models import Kind, QueueItem, SendAttempt
from queueing.planning import ends, steps
from queueing.telling import Fence
from tests.faults import oracle_of_kinds
from tests.faults.conftest import LAG_SECONDS
from tests.faults.stories import DAY, Story

LAG = dt.timedelta(seconds=LAG_SECONDS)


class LaterStory(Story):
    """A story whose campaigns write to who accepts, and withdraw from who does not."""

    def _set_behaviour(self, control: Any) -> None:
        super()._set_behaviour(control)
        control.settings(
            accept_rate=0.55,
            decline_rate=0.1,
            ignore_rate=0.05,
            withdraw_rate=0,
            answer_seconds=1.5 * DAY,
            message_lag_seconds=LAG_SECONDS,
            reply_rate=0.35,
            reply_seconds=2 * DAY,
        )

    def _an_account(self) -> LinkedInAccount:
        account = super()._an_account()
        account.daily_message_limit = self.chance.randint(2, 3)
        account.save()
        return account

    def _a_campaign(self) -> Campaign:
        campaign = super()._a_campaign()
        campaign.withdraw_after_days = self.chance.choice((None, 7, 8))
        campaign.connected_get_messages = self.chance.random() < 0.5
        campaign.save()
        for number in range(1, self.chance.randint(2, 4)):
            text = f"{campaign.name}, message {number}"
            Step.objects.create(campaign=campaign, number=number, delay_days=1, text=text)
        # By the story's clock: what people wrote before they were here would be no answer.
        Prospect.objects.filter(campaign=campaign).update(created_at=self.clock())
        return campaign

    def jobs(self) -> None:
        answers.look_for_news(self.client, self.clock, Fence(None))
        steps.plan_follow_ups(self.clock())
        ends.skip_what_has_ended(self.clock())
        super().jobs()

    def something_happens(self) -> None:
        if self.chance.random() < 0.7:
            super().something_happens()
            return
        event = self.chance.choice(LATER_EVENTS)
        self.log.append(f"{self.clock():%m-%d %H:%M} {event.__name__}")
        event(self)

    def check(self) -> None:
        super().check()
        broken = oracle_of_kinds.broken(self.control, LAG)
        assert broken == {}, f"{broken}\n{self.told()}"

    def told(self) -> str:
        words = [
            "{at} {account_id} -> {person}: {text!r} by_call={by_call} from_us={from_us}".format(
                **row
            )
            for row in self.control.messages(of="all")
        ]
        return "\n".join([super().told(), *words])


def somebody_writes_unasked(story: LaterStory) -> None:
    _write(story, from_us=False)


def an_owner_writes_by_hand(story: LaterStory) -> None:
    _write(story, from_us=True)


def _write(story: LaterStory, *, from_us: bool) -> None:
    accepted = QueueItem.objects.filter(prospect__status=Prospect.Status.CONNECTED)
    rows = accepted.order_by("prospect__public_identifier", "linkedin_account__name")
    people = list(rows.values_list("person_key", "linkedin_account__unipile_account_id").distinct())
    if people:
        person, account = story.chance.choice(people)
        text = f"Word of {story.clock():%m-%d %H:%M}"
        story.control.write(account, person, text, from_us=from_us)


def conversations_cannot_be_read(story: LaterStory) -> None:
    story.control.fault(
        "answer", route="chats_with", status=story.chance.choice((404, 500)), times=4
    )
    story.control.fault("answer", route="messages", status=500, times=2)


def messages_vanish_without_an_answer(story: LaterStory) -> None:
    story.control.fault("answer", route="first_message", status=504, times=2)
    story.control.fault("answer", route="message", when="after", status=429, times=1)


def messages_are_refused(story: LaterStory) -> None:
    kind = story.chance.choice(("cannot_resend_within_24hrs", "limit_exceeded"))
    for route in ("first_message", "message"):
        story.control.fault("answer", route=route, status=422, type=f"errors/{kind}", times=1)


LATER_EVENTS = (
    somebody_writes_unasked,
    an_owner_writes_by_hand,
    conversations_cannot_be_read,
    messages_vanish_without_an_answer,
    messages_are_refused,
)


def sent(kind: Kind) -> int:
    return SendAttempt.objects.filter(item__kind=kind, kind="send", outcome="sent").count()
