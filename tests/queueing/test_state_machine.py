"""The life of an item and its account, in any order of events, against a simple model."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import gates
from queueing.looking import reconciling, syncing
from queueing.models import QueueItem, SendAttempt, SendingStop
from queueing.sending import (
    FOUND,
    AccountChange,
    Answer,
    Call,
    Verdict,
    claiming,
    outcomes,
    recording,
    recovering,
)
from queueing.unipile import Account, Outcome, Profile
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item

Status = QueueItem.Status
DAILY_LIMIT = 3
# Every answer to a send; Unipile's 503 beside a connection that never stood.
ANSWERS = [Answer(outcome) for outcome in Outcome] + [Answer(Outcome.NOT_SENT, http_status=503)]
MAY_HIDE_AN_EFFECT = {Outcome.UNKNOWN, Outcome.THROTTLED, Outcome.ACCOUNT_LIMIT}
NO_ANSWER_TO_A_LOOK = Answer(Outcome.NOT_SENT)
LEGAL = {
    (Status.PENDING, Status.SENDING),
    (Status.PENDING, Status.SKIPPED),
    (Status.SENDING, Status.SENT),
    (Status.SENDING, Status.PENDING),
    (Status.SENDING, Status.FAILED),
    (Status.SENDING, Status.SKIPPED),
    (Status.SENDING, Status.UNCONFIRMED),
    (Status.UNCONFIRMED, Status.SENT),
    (Status.UNCONFIRMED, Status.PENDING),
    (Status.UNCONFIRMED, Status.SKIPPED),
    (Status.UNCONFIRMED, Status.FAILED),
    (Status.FAILED, Status.PENDING),
    # An answer that was kept comes after the item was given up: it was sent after all.
    (Status.PENDING, Status.SENT),
    (Status.FAILED, Status.SENT),
    (Status.SKIPPED, Status.SENT),
}


class LifeOfItems(RuleBasedStateMachine):
    """Three people, one account.

    The model: `effects` is what LinkedIn has got, by item; of those `hidden` Unipile denied, and
    nobody has looked since. `is_lost`, `is_stopped` and `rests_until` say whether the account may
    send.
    """

    @initialize()
    def begin(self) -> None:
        self.now = NOON
        self.account = an_account(a_workspace(), daily_limit=DAILY_LIMIT)
        self.campaign = a_campaign(self.account.workspace, self.account)
        self.items = [
            an_item(self.campaign, self.account, linkedin_user_id=f"ACoAAexample{number:010}")
            for number in range(3)
        ]
        self.effects: dict[Any, list[dt.datetime]] = {item.pk: [] for item in self.items}
        self.calls: list[Call] = []  # claimed, and their senders still alive
        self.late: list[Call] = []  # their runs died, and the answer is kept in a journal
        self.refused: list[Verdict] = []  # on those whose runs died behind a refusal
        self.hidden: set[Any] = set()
        self.is_lost = self.is_stopped = False
        self.rests_until = NOON
        self.seen = {item.pk: Status.PENDING for item in self.items}

    @precondition(lambda self: not self.calls)
    @rule()
    def claim(self) -> None:
        call = claiming.claim(self.account.pk, None, self.now)
        if call is None:
            assert not any(gates.report(item.pk, self.now).is_open for item in self.items)
            return
        assert not self.is_lost
        assert not self.is_stopped
        assert self.rests_until <= self.now
        self.calls.append(call)
        self.every_item_tells_the_truth()  # in the middle of a step, where `answer` claims

    @rule(answer=st.sampled_from(ANSWERS), landed=st.booleans(), looks=st.booleans())
    def answer(self, answer: Answer, landed: bool, looks: bool) -> None:
        """An answer comes and is recorded; it may hide an effect, and a look may fail."""
        call = self.call_under_way()
        if call is None:
            return
        if call.kind == SendAttempt.Kind.LOOKUP:
            self.look_first(call, looks)
            return
        may_hide = answer.outcome in MAY_HIDE_AN_EFFECT or answer.http_status == 503
        if answer.outcome == Outcome.SENT or (landed and may_hide):
            self.effects[call.claim.item_id].append(self.now)
        history = recording.history_of(call.claim, self.now)
        look = self.what_a_look_shows(call) if looks else NO_ANSWER_TO_A_LOOK
        verdict = outcomes.after_send(answer, look, history, self.now)
        recording.record(call, answer, verdict, self.now)
        if self.effects[call.claim.item_id] and verdict.status in (Status.PENDING, Status.FAILED):
            assert not looks
            self.hidden.add(call.claim.item_id)
        self.account_becomes(verdict)

    def call_under_way(self) -> Call | None:
        """Take the call in flight, or else claim one: most steps then do something."""
        if not self.calls:
            self.claim()
        return self.calls.pop() if self.calls else None

    def look_first(self, call: Call, looks: bool) -> None:
        """A try that begins with a look: what is found ends it, else the send follows."""
        shown = self.what_a_look_shows(call) if looks else NO_ANSWER_TO_A_LOOK
        verdict = recording.verdict_on_look(call.claim, shown, self.now)
        if verdict is not None:
            recording.record(call, shown, verdict, self.now)
            if verdict.status == Status.SENT:
                self.hidden.remove(call.claim.item_id)
            return
        assert looks
        recording.finish_attempt(call, shown, self.now)
        following = claiming.begin_call(call.claim, SendAttempt.Kind.SEND, None, self.now)
        assert following is not None
        self.calls.append(following)

    def what_a_look_shows(self, call: Call) -> Answer:
        shows = ("SENT", "PENDING") if self.effects[call.claim.item_id] else ("", "")
        item = QueueItem.objects.get(pk=call.claim.item_id)
        profile = Profile(
            provider_id=f"ACoAA{item.person_key}",
            public_identifier=item.person_key,
            first_name="",
            last_name="",
            headline="",
            location="",
            degree="",
            is_relationship=False,
            is_self=False,
            invitation_type=shows[0],
            invitation_status=shows[1],
            http_status=200,
            raw="",
        )
        return Answer(FOUND, profile=profile)

    def account_becomes(self, verdict: Verdict) -> None:
        self.is_lost |= bool(verdict.account.status)
        self.is_stopped |= verdict.account.stop_everything
        self.rests_until = max(self.rests_until, verdict.account.rest_until or self.now)

    @rule(landed=st.booleans(), keeps_answer=st.booleans())
    def die(self, landed: bool, keeps_answer: bool) -> None:
        """The run dies, before or after its call took effect."""
        call = self.call_under_way()
        if call and landed and call.kind == SendAttempt.Kind.SEND:
            self.effects[call.claim.item_id].append(self.now)
            if keeps_answer:
                self.late.append(call)

    @rule(outcome=st.sampled_from([Outcome.THROTTLED, Outcome.ACCOUNT_LIMIT]), landed=st.booleans())
    def die_behind_a_refusal(self, outcome: Outcome, landed: bool) -> None:
        """The run dies before the look that is to follow; the refusal may hide an effect."""
        call = self.call_under_way()
        if call is None or call.kind == SendAttempt.Kind.LOOKUP:
            return
        if landed:
            self.effects[call.claim.item_id].append(self.now)
            self.hidden.add(call.claim.item_id)
        answer = Answer(outcome)
        recording.finish_attempt(call, answer, self.now)
        history = recording.history_of(call.claim, self.now)
        self.refused.append(outcomes.after_send(answer, None, history, self.now))

    @precondition(lambda self: self.late)
    @rule(given_up=st.booleans())
    def replay(self, given_up: bool) -> None:
        """An answer that was kept is recorded by a later run, whatever has happened meanwhile."""
        call = self.late.pop()
        item = QueueItem.objects.get(pk=call.claim.item_id)
        if given_up and item.status == Status.UNCONFIRMED:
            not_sent = reconciling.Finding(reconciling._not_sent(item, self.now))
            reconciling._settle(item, not_sent, self.now)
        history = recording.history_of(call.claim, self.now)
        answer = Answer(Outcome.SENT)
        verdict = outcomes.after_send(answer, None, history, self.now)
        recording.record(call, answer, verdict, self.now)
        assert QueueItem.objects.get(pk=call.claim.item_id).status == Status.SENT

    @rule(status=st.sampled_from(["OK", "CREDENTIALS", "CONNECTING"]))
    def unipile_reports_the_account(self, status: str) -> None:
        """The key is taken, too: a stop of SendQ's own is lifted."""
        reported = Account(self.account.unipile_account_id, "", "LINKEDIN", status, ())
        syncing._bring_to(LinkedInAccount.objects.get(), reported, self.now)
        syncing._lift_own_stop(self.now)
        self.is_stopped = False
        if status == "CREDENTIALS":
            self.is_lost = True
        elif status == "OK" and self.rests_until <= self.now:
            self.is_lost = False

    @rule(
        status=st.sampled_from(["", LinkedInAccount.Status.DISCONNECTED]),
        hours=st.sampled_from([0, 1, 24]),
    )
    def another_answer_is_about_the_account(self, status: str, hours: int) -> None:
        """It may ask for a rest that is shorter than one under way."""
        rest_until = self.now + dt.timedelta(hours=hours) if hours else None
        verdict = Verdict("", account=AccountChange(status, rest_until))
        recording.change_account(self.account.pk, verdict.account, self.now)
        self.account_becomes(verdict)

    @rule(hours=st.sampled_from([0, 1, 30]))
    def staff_rest_or_end_a_rest(self, hours: int) -> None:
        self.rests_until = self.now + dt.timedelta(hours=hours)
        LinkedInAccount.objects.update(paused_until=self.rests_until)

    @precondition(lambda self: not self.calls)
    @rule(minutes=st.sampled_from([4, 31, 61, 24 * 60, 8 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        """More than the bound: only then may a claim be taken away, so no call is under way."""
        self.now += dt.timedelta(minutes=minutes)
        recovering.recover(self.now)
        while self.refused:
            self.account_becomes(self.refused.pop())

    @rule(number=st.integers(0, 2))
    def reconcile(self, number: int) -> None:
        """What looking at LinkedIn shows is what the model has."""
        item = QueueItem.objects.get(pk=self.items[number].pk)
        if item.status != Status.UNCONFIRMED:
            return
        if self.effects[item.pk]:
            finding = reconciling.Finding(reconciling._FOUND_INVITED)
        else:
            finding = reconciling.Finding(reconciling._not_sent(item, self.now))
        reconciling._settle(item, finding, self.now)

    @rule(status=st.sampled_from([Campaign.Status.PAUSED, Campaign.Status.ACTIVE]))
    def staff_pause_or_resume(self, status: str) -> None:
        Campaign.objects.update(status=status)

    @rule(number=st.integers(0, 2))
    def staff_skip(self, number: int) -> None:
        pending = QueueItem.objects.pending().filter(pk=self.items[number].pk)
        pending.update(status=Status.SKIPPED)

    @rule(number=st.integers(0, 2))
    def staff_retry(self, number: int) -> None:
        failed = QueueItem.objects.filter(pk=self.items[number].pk, status=Status.FAILED)
        failed.update(status=Status.PENDING, attempts=0)

    @invariant()
    def nobody_is_invited_twice(self) -> None:
        assert all(len(at) <= 1 for at in self.effects.values())

    @invariant()
    def the_account_is_as_the_model_has_it(self) -> None:
        account = LinkedInAccount.objects.get()
        rests = account.paused_until is not None and account.paused_until > self.now
        assert (account.status != LinkedInAccount.Status.CONNECTED) == self.is_lost
        assert rests == (self.rests_until > self.now)
        assert not rests or account.paused_until == self.rests_until
        assert SendingStop.objects.open().exists() == self.is_stopped

    @invariant()
    def every_item_tells_the_truth(self) -> None:
        for item in QueueItem.objects.select_related("prospect"):
            before, self.seen[item.pk] = self.seen[item.pk], Status(item.status)
            # Two steps may lie between two looks: a recovery and what follows from it.
            assert before == item.status or (before, item.status) in LEGAL, (before, item.status)
            if item.status == Status.SENT:
                assert self.effects[item.pk], "recorded as sent, and never was"
                assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT
            if self.effects[item.pk] and item.pk not in self.hidden:
                assert item.status in (Status.SENT, Status.UNCONFIRMED, Status.SENDING)
                assert item.send_attempts.filter(kind=SendAttempt.Kind.SEND).exists()

    @invariant()
    def the_day_is_never_over_its_cap(self) -> None:
        known = [at for pk, times in self.effects.items() for at in times if pk not in self.hidden]
        days = [at.date() for at in known]
        assert all(days.count(day) <= DAILY_LIMIT for day in days)
        used = gates.usage(self.account, self.now).sent_this_week
        week = self.now - dt.timedelta(days=7)
        assert used >= sum(at > week for at in known)


class OneTransactionEach(LifeOfItems):
    """Each example in a transaction that is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self._undo = transaction.atomic()
        self._undo.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)


@pytest.mark.django_db
def test_any_order_of_events_keeps_the_promises() -> None:
    run_state_machine_as_test(
        OneTransactionEach,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
