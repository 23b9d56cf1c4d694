"""The life of an item and its account, in any order of events, against a simple model."""

import datetime as dt
from typing import Any

import pytest
from django.db.models import Exists, OuterRef, Q
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import gates
from queueing.gates import explaining
from queueing.looking import reconciling, syncing
from queueing.models import QueueItem, SendAttempt, SendingStop
from queueing.sending import (
    FOUND,
    AccountChange,
    Answer,
    Call,
    Verdict,
    claiming,
    finding,
    history,
    judging,
    outcomes,
    recording,
    recovering,
)
from queueing.sending.judging import Seen
from queueing.unipile import Account, Outcome, Profile
from queueing.unipile.v1.shapes import state_of
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.machines import SEQUENCES, STEPS, Undone, any_order_of_events

Status = QueueItem.Status
DAILY_LIMIT = 2
# Every answer to a send; Unipile's 503 beside a connection that never stood.
ANSWERS = [Answer(outcome) for outcome in Outcome] + [Answer(Outcome.NOT_SENT, http_status=503)]
MAY_HIDE_AN_EFFECT = {Outcome.UNKNOWN, Outcome.THROTTLED, Outcome.ACCOUNT_LIMIT}
NO_ANSWER_TO_A_LOOK = Answer(Outcome.NOT_SENT)
LAG = dt.timedelta(seconds=60)  # before a look shows an invitation
SHOWN = {  # by what the person has done with the invitation; who declines leaves no trace
    "waits": Seen.INVITED,
    "accepts": Seen.CONNECTED,
    "ignores": Seen.IGNORED,
    "withdrawn": Seen.WITHDRAWN,
    "declines": Seen.NOTHING,
}
PROFILES = {
    Seen.INVITED: ("SENT", "PENDING"),
    Seen.IGNORED: ("SENT", "IGNORED"),
    Seen.WITHDRAWN: ("SENT", "WITHDRAWN"),
}
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
    (Status.PENDING, Status.UNCONFIRMED),  # skipped by staff while a try may have arrived
    (Status.FAILED, Status.PENDING),
    # An answer that was kept comes after the item was given up: it was sent after all.
    (Status.PENDING, Status.SENT),
    (Status.FAILED, Status.SENT),
    (Status.SKIPPED, Status.SENT),
}


class LifeOfItems(Undone):
    """Three people, one account.

    The model: `effects` is what LinkedIn has got, by item, and `did` what the person did with it.
    `is_lost`, `is_stopped` and `rests_until` say whether the account may send.
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
        self.did = {item.pk: "waits" for item in self.items}
        self.is_lost = self.is_stopped = self.is_restricted = False
        self.rests_until = NOON
        self.seen = {item.pk: Status.PENDING for item in self.items}
        self.audited: tuple[Any, ...] = ()

    @precondition(lambda self: not self.calls)
    @rule()
    def claim(self) -> None:
        call = claiming.claim(self.account.pk, None, self.now)
        if call is None:
            rows = list(QueueItem.objects.select_related("prospect"))
            assert not any(one.is_open for one in explaining.reports(rows, self.now).values())
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
        item_id = call.claim.item_id
        answer = self.as_linkedin_has_it(item_id, answer)
        may_hide = answer.outcome in MAY_HIDE_AN_EFFECT or answer.http_status == 503
        if answer.outcome == Outcome.SENT or (landed and may_hide and not self.effects[item_id]):
            self.effects[item_id].append(self.now)
        recording.finish_attempt(call, answer, self.now)
        before = history.history_of(call.claim, self.now)
        look = self.what_a_look_shows(item_id) if looks else NO_ANSWER_TO_A_LOOK
        verdict = outcomes.after_send(answer, look, before, self.now)
        recording.record(call, answer, verdict, self.now)
        self.account_becomes(verdict)

    def as_linkedin_has_it(self, item_id: Any, answer: Answer) -> Answer:
        """LinkedIn takes nobody twice, whatever has become of the first invitation."""
        knows = {
            Outcome.SENT: bool(self.effects[item_id]),
            Outcome.ALREADY_INVITED: not self.effects[item_id],
            Outcome.ALREADY_CONNECTED: not self.is_connected(item_id),
        }
        if not knows.get(Outcome(answer.outcome), False):
            return answer
        return Answer(Outcome.ALREADY_INVITED if self.effects[item_id] else Outcome.REJECTED)

    def is_connected(self, item_id: Any) -> bool:
        return bool(self.effects[item_id]) and self.did[item_id] == "accepts"

    @rule(number=st.integers(0, 2), does=st.sampled_from(sorted(SHOWN)))
    def the_person_does_something(self, number: int, does: str) -> None:
        item = self.items[number].pk
        if self.effects[item] and self.did[item] == "waits":
            self.did[item] = does

    def call_under_way(self) -> Call | None:
        """Take the call in flight, or else claim one: most steps then do something."""
        if not self.calls:
            self.claim()
        return self.calls.pop() if self.calls else None

    def look_first(self, call: Call, looks: bool) -> None:
        """A try that begins with a look: what is found ends it, else the send follows."""
        shown = self.what_a_look_shows(call.claim.item_id) if looks else NO_ANSWER_TO_A_LOOK
        verdict = finding.verdict_on_look(call.claim, shown, self.now)
        if verdict is not None:
            recording.record(call, shown, verdict, self.now)
            return
        assert looks
        recording.finish_attempt(call, shown, self.now)
        following = claiming.begin_call(call.claim, SendAttempt.Kind.SEND, None, self.now)
        if isinstance(following, gates.GateState):  # stopped or lost since it was claimed
            recording.record(call, shown, outcomes.held(following), self.now)
            return
        assert following is not None
        self.calls.append(following)

    def shown(self, item_id: Any) -> Seen:
        """What LinkedIn shows now, which lags."""
        effects = self.effects[item_id]
        if not effects or self.now < effects[0] + LAG:
            return Seen.NOTHING
        return SHOWN[self.did[item_id]]

    def what_a_look_shows(self, item_id: Any) -> Answer:
        shown = self.shown(item_id)
        invitation = PROFILES.get(shown, ("", ""))
        item = QueueItem.objects.get(pk=item_id)
        profile = Profile(
            provider_id=f"ACoAA{item.person_key}",
            public_identifier=item.person_key,
            first_name="",
            last_name="",
            headline="",
            location="",
            degree="",
            is_relationship=shown == Seen.CONNECTED,
            is_self=False,
            invitation_type=invitation[0],
            invitation_status=invitation[1],
            http_status=200,
            raw="",
        )
        return Answer(FOUND, profile=profile)

    def account_becomes(self, verdict: Verdict) -> None:
        self.is_lost |= bool(verdict.account.status)
        self.is_restricted |= verdict.account.status == LinkedInAccount.Status.RESTRICTED
        self.is_stopped |= verdict.account.stop_everything
        self.rests_until = max(self.rests_until, verdict.account.rest_until or self.now)

    @rule(landed=st.booleans(), keeps_answer=st.booleans())
    def die(self, landed: bool, keeps_answer: bool) -> None:
        """The run dies, before or after its call took effect."""
        call = self.call_under_way()
        if call is None or call.kind == SendAttempt.Kind.LOOKUP:
            return
        if landed and not self.effects[call.claim.item_id]:
            self.effects[call.claim.item_id].append(self.now)
            if keeps_answer:
                self.late.append(call)

    @rule(outcome=st.sampled_from([Outcome.THROTTLED, Outcome.ACCOUNT_LIMIT]), landed=st.booleans())
    def die_behind_a_refusal(self, outcome: Outcome, landed: bool) -> None:
        """The run dies before the look that is to follow; the refusal may hide an effect."""
        call = self.call_under_way()
        if call is None or call.kind == SendAttempt.Kind.LOOKUP:
            return
        if landed and not self.effects[call.claim.item_id]:
            self.effects[call.claim.item_id].append(self.now)
        answer = Answer(outcome)
        recording.finish_attempt(call, answer, self.now)
        before = history.history_of(call.claim, self.now)
        self.refused.append(outcomes.after_send(answer, None, before, self.now))

    @precondition(lambda self: self.late)
    @rule()
    def replay(self) -> None:
        """An answer that was kept is recorded by a later run, whatever has happened meanwhile."""
        call = self.late.pop()
        before = history.history_of(call.claim, self.now)
        answer = Answer(Outcome.SENT)
        verdict = outcomes.after_send(answer, None, before, self.now)
        recording.record(call, answer, verdict, self.now)

    @rule(status=st.sampled_from(["OK", "CREDENTIALS", "CONNECTING"]))
    def unipile_reports_the_account(self, status: str) -> None:
        """The key is taken, too: a stop of SendQ's own is lifted."""
        reported = Account(
            self.account.unipile_account_id, "", "LINKEDIN", status, (), state=state_of(status)
        )
        syncing._bring_to(LinkedInAccount.objects.get(), reported, self.now)
        syncing._lift_own_stop(self.now)
        self.is_stopped = False
        if status == "CREDENTIALS":
            self.is_lost = True
        elif status == "OK" and not (self.is_restricted and self.rests_until > self.now):
            self.is_lost = self.is_restricted = False

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
        """What looking at LinkedIn shows is what the model has; nothing is believed too early."""
        in_doubt = QueueItem.objects.filter(reconciling.IN_DOUBT)
        item = in_doubt.filter(pk=self.items[number].pk).first()
        if item is None:
            return
        found = judging.by_what_is_seen(self.shown(item.pk), item.tried_at, self.now)
        if found is None and item.tried_at and self.now < item.tried_at + dt.timedelta(minutes=31):
            return
        reconciling._settle(item, found, self.now)

    @rule(status=st.sampled_from([Campaign.Status.PAUSED, Campaign.Status.ACTIVE]))
    def staff_pause_or_resume(self, status: str) -> None:
        Campaign.objects.update(status=status)

    @rule(number=st.integers(0, 2))
    def staff_skip(self, number: int) -> None:
        """Who may have been invited comes into doubt instead."""
        pending = QueueItem.objects.pending().filter(pk=self.items[number].pk)
        pending.maybe_arrived().update(status=Status.UNCONFIRMED)
        pending.update(status=Status.SKIPPED)

    @rule(number=st.integers(0, 2))
    def staff_retry(self, number: int) -> None:
        failed = QueueItem.objects.filter(pk=self.items[number].pk, status=Status.FAILED)
        failed.update(status=Status.PENDING, attempts=0)

    @invariant()
    def promises_are_kept(self) -> None:
        """Audit everything, unless nothing has changed since: no row, and nothing in the model."""
        account = (self.is_lost, self.is_stopped, self.rests_until)
        so_far = (self.writes(), self.now, str(self.effects), str(self.did), account)
        if so_far == self.audited:
            return
        self.nobody_is_invited_twice()
        self.the_account_is_as_the_model_has_it()
        self.every_item_tells_the_truth()
        self.the_day_is_never_over_its_cap()
        self.audited = so_far

    def nobody_is_invited_twice(self) -> None:
        assert all(len(at) <= 1 for at in self.effects.values())

    def the_account_is_as_the_model_has_it(self) -> None:
        account = LinkedInAccount.objects.get()
        rests = account.paused_until is not None and account.paused_until > self.now
        assert (account.status != LinkedInAccount.Status.CONNECTED) == self.is_lost
        assert rests == (self.rests_until > self.now)
        assert not rests or account.paused_until == self.rests_until
        assert SendingStop.objects.open().exists() == self.is_stopped

    def every_item_tells_the_truth(self) -> None:
        sends = SendAttempt.objects.filter(kind=SendAttempt.Kind.SEND, item=OuterRef("pk"))
        holds = QueueItem.objects.holding_the_person().values("pk")
        rows = QueueItem.objects.annotate(holds=Q(pk__in=holds), was_tried=Exists(sends))
        for item in rows.select_related("prospect"):
            before, self.seen[item.pk] = self.seen[item.pk], Status(item.status)
            # Two steps may lie between two looks: a recovery and what follows from it.
            assert before == item.status or (before, item.status) in LEGAL, (before, item.status)
            if item.status == Status.SENT:
                assert self.effects[item.pk], "recorded as sent, and never was"
                assert item.prospect.status in (
                    Prospect.Status.CONNECTION_REQUEST_SENT,
                    Prospect.Status.CONNECTED,
                )
            if self.effects[item.pk]:
                self.what_has_arrived_is_not_forgotten(item)

    def what_has_arrived_is_not_forgotten(self, item: Any) -> None:
        """In whatever state: it holds its person, and ends only where somebody has looked."""
        assert item.holds
        assert item.was_tried
        if item.status in (Status.FAILED, Status.SKIPPED) and item.sent_at is None:
            assert item.searched_at is not None
            assert self.did[item.pk] == "declines", "LinkedIn shows it, and nobody has seen it"

    def the_day_is_never_over_its_cap(self) -> None:
        effects = [at for times in self.effects.values() for at in times]
        days = [at.date() for at in effects]
        assert all(days.count(day) <= DAILY_LIMIT for day in days)
        used = gates.usage(self.account, self.now)
        assert used.sent_today >= sum(at.date() == self.now.date() for at in effects)
        assert used.sent_this_week >= sum(at > self.now - dt.timedelta(days=7) for at in effects)


@pytest.mark.django_db
def test_any_order_of_events_keeps_the_promises() -> None:
    any_order_of_events(LifeOfItems, examples=15, steps=25)


@pytest.mark.torture
@pytest.mark.django_db
def test_a_thousand_long_orders_of_events_keep_the_promises() -> None:
    any_order_of_events(LifeOfItems, SEQUENCES, STEPS)
