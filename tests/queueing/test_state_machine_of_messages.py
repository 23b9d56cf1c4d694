"""The life of follow-ups, in any order of events, against a simple model of a conversation."""

import datetime as dt
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from queueing.gates import explaining
from queueing.looking import reconciling, settling
from queueing.models import Kind, QueueItem, SendAttempt
from queueing.planning import steps
from queueing.sending import (
    FOUND,
    Answer,
    Call,
    claiming,
    deciding,
    finding,
    history,
    news,
    recording,
    recovering,
)
from queueing.unipile import AccountState, Conversation, Message, MessageKind, Outcome, UnipileError
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.machines import SEQUENCES, STEPS, Undone, any_order_of_events

Status = QueueItem.Status
DAILY_LIMIT = 2
LAG = dt.timedelta(seconds=60)  # before a conversation shows what was written
DAY = dt.timedelta(days=1)
ANSWERS = [
    Answer(Outcome.SENT),
    Answer(Outcome.UNKNOWN),
    Answer(Outcome.THROTTLED, http_status=429),
    Answer(Outcome.ACCOUNT_LIMIT, error_code="limit_exceeded", http_status=422),
    Answer(Outcome.ACCOUNT_LIMIT, error_code="cannot_resend_within_24hrs", http_status=422),
    Answer(Outcome.NOT_SENT, http_status=503),
    Answer(Outcome.NOT_SENT),
    Answer(Outcome.REJECTED, error_code="blocked_recipient", http_status=422),
    Answer(Outcome.REJECTED, error_code="no_connection_with_recipient", http_status=422),
]
HIDES = {Outcome.UNKNOWN, Outcome.THROTTLED, Outcome.ACCOUNT_LIMIT}  # and 503


class LifeOfMessages(Undone):
    """Three people who have accepted, one account, two steps.

    The model: `said` is what reached whom, by person and text; `replied` when they wrote.
    """

    @initialize()
    def begin(self) -> None:
        self.now = NOON
        account = an_account(a_workspace(), daily_message_limit=DAILY_LIMIT)
        self.account, self.campaign = account, a_campaign(account.workspace, account)
        for number in (1, 2):
            Step.objects.create(
                campaign=self.campaign, number=number, delay_days=1, text=f"Message {number}"
            )
        earlier = NOON - 3 * DAY
        for number in range(3):
            person = a_prospect(
                self.campaign,
                status=Prospect.Status.CONNECTED,
                accepted_at=earlier,
                accepted_source=Prospect.Source.RELATIONS,
            )
            user_id = f"ACoAAexample{number:010}"
            sent = {"status": Status.SENT, "sent_at": earlier, "claimed_at": earlier}
            an_item(self.campaign, account, prospect=person, linkedin_user_id=user_id, **sent)
        self.people = [f"ACoAAexample{number:010}" for number in range(3)]
        self.said: dict[str, list[tuple[str, dt.datetime]]] = {one: [] for one in self.people}
        self.replied: dict[str, dt.datetime] = {}
        self.audited: tuple[Any, ...] = ()
        self.plan()

    def plan(self) -> None:
        """Plan what is missing, as if staff let it go next: the gates hold what must wait."""
        if steps.plan_follow_ups(self.now):
            untried = QueueItem.objects.pending().filter(kind=Kind.MESSAGE, claimed_at__isnull=True)
            for number, user_id in enumerate(self.people, 1):  # the same ones first each time
                at = self.now - dt.timedelta(seconds=number)
                untried.filter(linkedin_user_id=user_id).update(scheduled_for=at)

    # What the conversation is, and shows

    def shown(self, user_id: str) -> Conversation:
        told = [
            Message(f"ours-{text}", "chat", True, text, at, MessageKind.MESSAGE)
            for text, at in self.said[user_id]
            if at + LAG <= self.now
        ]
        wrote = self.replied.get(user_id)
        if wrote is not None and wrote + LAG <= self.now:
            told.append(Message("theirs", "chat", False, "Yes", wrote, MessageKind.MESSAGE))
        return Conversation(tuple(told), "")

    def look(self, user_id: str, how: str) -> Answer:
        if how == "whole":
            return Answer(FOUND, conversation=self.shown(user_id))
        if how == "part":
            return Answer(FOUND, conversation=Conversation((), "a page failed"))
        return Answer(Outcome.REJECTED if how == "refused" else Outcome.NOT_SENT, http_status=404)

    # What happens

    def claim(self) -> Call | None:
        call = claiming.claim(self.account.pk, None, self.now, kind=Kind.MESSAGE)
        if call is None:
            rows = list(QueueItem.objects.filter(kind=Kind.MESSAGE).select_related("prospect"))
            assert not any(one.is_open for one in explaining.reports(rows, self.now).values())
        return call

    @rule(
        answer=st.sampled_from(ANSWERS),
        landed=st.booleans(),
        how=st.sampled_from(["whole", "whole", "whole", "part", "refused", "silent"]),
        dies=st.sampled_from(["", "", "", "before", "after"]),
    )
    def send(self, answer: Answer, landed: bool, how: str, dies: str) -> None:
        """Read the conversation, send, and record; the run may die before or after the send."""
        look = self.claim()
        if look is None:
            return
        assert look.kind == SendAttempt.Kind.LOOKUP
        told = self.look(look.claim.provider_id, how)
        verdict = finding.verdict_on_look(look.claim, told, self.now)
        if verdict is not None:
            recording.record(look, told, verdict, self.now)
            return
        assert how == "whole"
        recording.finish_attempt(look, told, self.now)
        call = claiming.begin_call(look.claim, SendAttempt.Kind.SEND, None, self.now)
        assert isinstance(call, Call)
        if dies == "before":
            return
        may_hide = answer.outcome in HIDES or answer.http_status == 503
        if answer.outcome == Outcome.SENT or (landed and may_hide):
            self.said[look.claim.provider_id].append((look.claim.message, self.now))
        if dies:
            return
        before = history.history_of(call.claim, self.now)
        recording.record(
            call, answer, deciding.after_send(answer, None, before, self.now), self.now
        )

    @rule(number=st.integers(0, 2), shows=st.booleans())
    def the_person_answers(self, number: int, shows: bool) -> None:
        self.replied.setdefault(self.people[number], self.now)
        if shows:
            self.time_passes(2)

    @rule(number=st.integers(0, 2))
    def a_webhook_tells_of_the_answer(self, number: int) -> None:
        if (at := self.replied.get(self.people[number])) is not None:
            source = Prospect.Source.WEBHOOK
            news.answered(self.campaign.workspace_id, [self.people[number]], at, source, self.now)

    @rule(minutes=st.sampled_from([2, 31, 61, 24 * 60 + 11, 3 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.now += dt.timedelta(minutes=minutes)
        recovering.recover(self.now)
        self.plan()

    @rule(number=st.integers(0, 2), is_told=st.booleans())
    def reconcile(self, number: int, is_told: bool) -> None:
        doubts = QueueItem.objects.filter(reconciling.IN_DOUBT, kind=Kind.MESSAGE)
        of_person = doubts.filter(linkedin_user_id=self.people[number])
        item = of_person.select_related("prospect", "campaign__workspace").first()
        if item is None or item.tried_at is None or self.now < item.tried_at + LAG:
            return
        unipile: Any = SimpleNamespace(
            account=lambda _: SimpleNamespace(state=AccountState.CONNECTED),
            messages_with=lambda *_, **__: self._read(item.linkedin_user_id, is_told),
        )
        settling.message(unipile, self.account, item, lambda: self.now)

    def _read(self, user_id: str, is_told: bool) -> Conversation:
        if not is_told:
            raise UnipileError(Outcome.REJECTED, title="Not found", http_status=404)
        return self.shown(user_id)

    @rule(does=st.sampled_from(["pause", "resume", "end rests", "retry"]))
    def staff_does(self, does: str) -> None:
        failed = QueueItem.objects.filter(kind=Kind.MESSAGE, status=Status.FAILED)
        if does == "retry":
            failed.exclude(QueueItem.PERSON_HAS_ENDED).update(
                status=Status.PENDING, attempts=0, scheduled_for=self.now
            )
        elif does == "end rests":
            LinkedInAccount.objects.update(paused_until=None, kind_rests={})
        else:
            status = Campaign.Status.PAUSED if does == "pause" else Campaign.Status.ACTIVE
            Campaign.objects.update(status=status)

    # What must hold

    @invariant()
    def promises_are_kept(self) -> None:
        so_far = (self.writes(), self.now, str(self.said), str(self.replied))
        if so_far == self.audited:
            return
        for user_id, words in self.said.items():
            self.nothing_is_said_twice_or_too_soon(words)
            wrote = self.replied.get(user_id)
            assert all(wrote is None or at < wrote + LAG for _, at in words), "after an answer"
        self.the_day_is_never_over_its_cap()
        self.items_tell_the_truth()
        self.audited = so_far

    def nothing_is_said_twice_or_too_soon(self, words: list[tuple[str, dt.datetime]]) -> None:
        texts = [text for text, _ in words]
        assert texts in ([], ["Message 1"], ["Message 1", "Message 2"]), texts
        assert all(words[n][1] + DAY <= words[n + 1][1] for n in range(len(words) - 1))

    def the_day_is_never_over_its_cap(self) -> None:
        days = Counter(at.date() for words in self.said.values() for _, at in words)
        assert max(days.values(), default=0) <= DAILY_LIMIT

    def items_tell_the_truth(self) -> None:
        for item in QueueItem.objects.filter(kind=Kind.MESSAGE):
            at = [at for text, at in self.said[item.linkedin_user_id] if text == item.message]
            if item.sent_at is not None:
                assert at, "recorded as sent, and never was"
            elif at:
                is_over = item.status in (Status.FAILED, Status.SKIPPED)
                assert item.tried_at is not None or item.status == Status.SENDING
                assert not is_over or item.error_code == "conversation_gone", item.error_code


@pytest.mark.django_db
def test_any_order_of_events_keeps_what_messages_promise() -> None:
    any_order_of_events(LifeOfMessages, examples=8, steps=25)


@pytest.mark.torture
@pytest.mark.django_db
def test_many_long_orders_of_events_keep_what_messages_promise() -> None:
    any_order_of_events(LifeOfMessages, SEQUENCES, STEPS)
