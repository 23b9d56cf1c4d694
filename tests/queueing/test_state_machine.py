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
from queueing import claiming, gates, outcomes, reconciling, recording, recovering, syncing
from queueing.claiming import Call
from queueing.models import QueueItem, SendAttempt, SendingStop
from queueing.outcomes import Answer
from queueing.unipile import Account, Outcome
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item

Status = QueueItem.Status
DAILY_LIMIT = 3
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

    The model: `effects` is what LinkedIn has got, by item; `is_lost`, `is_stopped` and
    `rests_until` say whether the account may send.
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
        self.is_lost = self.is_stopped = False
        self.rests_until = NOON
        self.seen = {item.pk: Status.PENDING for item in self.items}

    @rule()
    def claim(self) -> None:
        call = claiming.claim(self.account.pk, None, self.now)
        reports = [gates.report(item.pk, self.now) for item in self.items]
        if call is not None:
            assert not self.is_lost
            assert not self.is_stopped
            assert self.rests_until <= self.now
            self.calls.append(call)
        else:
            assert not any(report.is_open for report in reports)

    @precondition(lambda self: self.calls)
    @rule(outcome=st.sampled_from(list(Outcome)), landed=st.booleans())
    def answer(self, outcome: Outcome, landed: bool) -> None:
        """An answer comes and is recorded; one that says nothing may hide an effect."""
        call = self.calls.pop()
        if outcome == Outcome.SENT or (outcome == Outcome.UNKNOWN and landed):
            self.effects[call.claim.item_id].append(self.now)
        history = recording.history_of(call.claim, self.now)
        look = Answer(Outcome.NOT_SENT)
        answer = Answer(outcome)
        verdict = outcomes.after_send(answer, look, history, self.now)
        recording.record(call, answer, verdict, self.now)
        self.is_lost |= bool(verdict.account.status)
        self.is_stopped |= verdict.account.stop_everything
        self.rests_until = max(self.rests_until, verdict.account.rest_until or self.now)

    @precondition(lambda self: self.calls)
    @rule(landed=st.booleans(), keeps_answer=st.booleans())
    def die(self, landed: bool, keeps_answer: bool) -> None:
        """The run dies, before or after its call took effect."""
        call = self.calls.pop()
        if landed:
            self.effects[call.claim.item_id].append(self.now)
            if keeps_answer:
                self.late.append(call)

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
        assert SendingStop.objects.open().exists() == self.is_stopped

    @invariant()
    def every_effect_is_known_or_in_doubt(self) -> None:
        for item in QueueItem.objects.all():
            if self.effects[item.pk]:
                assert item.status in (Status.SENT, Status.UNCONFIRMED, Status.SENDING)
                assert item.send_attempts.filter(kind=SendAttempt.Kind.SEND).exists()
            elif item.status == Status.SENT:
                raise AssertionError("recorded as sent, and never was")

    @invariant()
    def the_day_is_never_over_its_cap(self) -> None:
        days = [at.date() for times in self.effects.values() for at in times]
        assert all(days.count(day) <= DAILY_LIMIT for day in days)
        used = gates.usage(self.account, self.now).sent_this_week
        week = self.now - dt.timedelta(days=7)
        assert used >= sum(at > week for times in self.effects.values() for at in times)

    @invariant()
    def every_change_of_state_is_a_legal_one(self) -> None:
        for item in QueueItem.objects.all():
            before, self.seen[item.pk] = self.seen[item.pk], Status(item.status)
            # Two steps may lie between two looks: a recovery and what follows from it.
            assert before == item.status or (before, item.status) in LEGAL, (before, item.status)
            if item.status == Status.SENT:
                assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT


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
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
