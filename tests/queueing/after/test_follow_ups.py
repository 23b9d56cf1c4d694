"""From the acceptance to the message, and what an answer stops: over HTTP, against the sandbox."""

from typing import Any, cast

import pytest
from django.contrib.auth.models import User

from campaigns.models import LinkedInAccount, Prospect
from queueing import planning
from queueing.gates import Gate, report
from queueing.looking import reconciling
from queueing.models import Kind, QueueItem, SendAttempt
from queueing.staff import places
from queueing.unipile import Client, SentMessage
from tests.builders import a_campaign, a_prospect, an_account, an_item
from tests.conftest import BOTH
from tests.queueing.after.conftest import World

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
Source = Prospect.Source


@BOTH
def test_who_accepts_is_known_and_gets_the_message(world: World) -> None:
    person = world.invited()
    world.later(hours=1)
    world.accept(person)

    assert world.look() == {"accepted": 1}

    person.refresh_from_db()
    assert person.status == Prospect.Status.CONNECTED
    assert (person.accepted_at, person.accepted_source) == (world.clock(), Source.RELATIONS)
    assert world.plan() == 1
    world.later(hours=30)
    world.due()
    world.run()
    item = world.message()
    assert item.status == Status.SENT
    assert item.chat_id
    assert item.message_id
    assert item.asked_at == world.clock()
    assert world.wrote() == ["Hello Ada!"]
    made = item.send_attempts.order_by("number").values_list("route", "outcome")
    assert list(made) == [("chat", "found"), ("message", "sent")]


def test_news_told_again_is_none(world: World) -> None:
    person = world.invited()
    world.accept(person)

    assert world.look() == {"accepted": 1}
    world.later(hours=9)
    assert world.look() == {}


def test_no_message_goes_within_a_day_of_the_invitation(world: World) -> None:
    person = world.invited()
    world.accept(person)
    world.look()
    world.plan()
    world.later(hours=24)
    world.due()

    world.run()

    item = world.message()
    assert item.status == Status.PENDING
    closed = report(item.pk, world.clock()).binding
    assert closed is not None
    assert closed.gate == Gate.PERSON_RESTED
    world.later(minutes=11)
    world.run()
    assert world.wrote() == ["Hello Ada!"]


def test_who_is_connected_already_is_known_by_the_address_of_today(world: World) -> None:
    """Under that of former times, a second campaign would write to them within the day."""
    world.sandbox.control.add_person("old-example", moved_to="new-example")
    world.sandbox.control.set_degree(
        world.account.unipile_account_id, "old-example", "FIRST_DEGREE"
    )
    listed = a_prospect(world.campaign, public_identifier="old-example", first_name="Old")
    item = an_item(world.campaign, world.account, prospect=listed)

    world.run()

    item.refresh_from_db()
    assert (item.error_code, item.person_key) == ("already_connected", "new-example")
    assert item.linkedin_user_id


@BOTH
def test_an_answer_is_seen_right_before_the_message_and_stops_it(world: World) -> None:
    person = world.connected()
    world.answers(person)

    world.run()

    item = world.message()
    assert (item.status, item.error_code) == (Status.SKIPPED, "has_answered")
    person.refresh_from_db()
    assert person.status == Prospect.Status.REPLIED
    assert person.replied_at == world.clock()
    assert world.wrote() == []


def test_an_answer_between_look_and_send_stops_the_next_one_and_the_log_tells_what_was_known(
    world: World,
) -> None:
    person = world.connected()
    real = world.client
    world.client = cast(Client, AnsweredMeanwhile(world, person))

    world.run()

    item = world.message()
    assert item.status == Status.SENT
    look, send = SendAttempt.objects.filter(item=item).order_by("started_at", "number")
    assert (look.kind, look.route) == (SendAttempt.Kind.LOOKUP, SendAttempt.Route.CHAT)
    assert look.detail == "Messages: 0; the last of theirs: none."
    assert (send.kind, send.route) == (SendAttempt.Kind.SEND, SendAttempt.Route.MESSAGE)
    assert item.asked_at == look.finished_at == world.clock()
    world.client = real
    world.later(hours=2)
    world.look()
    person.refresh_from_db()
    assert person.status == Prospect.Status.REPLIED
    assert world.plan() == 0


class AnsweredMeanwhile:
    """The client, and somebody who answers while our message is on its way to Unipile."""

    def __init__(self, world: World, person: Prospect) -> None:
        self._world, self._client, self._person = world, world.client, person

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def send_message(self, *args: Any, **how: Any) -> SentMessage:
        self._world.answers(self._person, "Just now!")
        return self._client.send_message(*args, **how)


def test_what_somebody_writes_before_our_first_word_reaches_them_stops_it(world: World) -> None:
    uid = world.account.unipile_account_id
    person = a_prospect(world.campaign, status=Prospect.Status.CONNECTED)
    world.sandbox.control.set_degree(uid, person.public_identifier, "FIRST_DEGREE")
    user_id = world.sandbox.control.provider_id(uid, person.public_identifier)
    an_item(
        world.campaign,
        world.account,
        prospect=person,
        kind=Kind.MESSAGE,
        step=1,
        message="Hello Ada!",
        linkedin_user_id=user_id,
    )
    Prospect.objects.update(created_at=world.clock())
    world.later(hours=1)
    world.answers(person, "Who are you?")
    world.later(hours=1)

    world.run()

    assert world.message().error_code == "has_answered"
    assert world.wrote() == []


def test_an_answer_after_a_try_that_may_have_arrived_is_seen(world: World) -> None:
    person = world.connected()
    world.sandbox.control.fault("answer", route="first_message", status=503, when="before")
    world.run()
    assert world.message().tried_at is not None
    world.later(minutes=5)
    world.answers(person)
    world.later(hours=1)
    world.due()

    world.run()

    assert world.message().error_code == "has_answered"
    assert world.wrote() == []


def test_an_answer_stops_the_person_in_every_campaign(world: World) -> None:
    person = world.connected()
    other_account = an_account(world.account.workspace)
    other = a_campaign(world.account.workspace, other_account)
    same = a_prospect(other, public_identifier=person.public_identifier)
    waiting = an_item(other, other_account, prospect=same, person_key="another-key")
    world.answers(person)

    assert world.look()["answered"] == 2

    same.refresh_from_db()
    assert same.status == Prospect.Status.REPLIED
    closed = report(waiting.pk, world.clock()).binding
    assert closed is not None
    assert closed.gate == Gate.CONTACT_ALLOWED


@pytest.mark.parametrize("room", ["group", "sponsored"])
def test_what_is_no_answer_stops_nothing(world: World, room: str) -> None:
    person = world.connected()
    world.answers(person, room=room)

    world.run()

    assert world.wrote() == ["Hello Ada!"]


@BOTH
def test_the_note_in_the_conversation_is_an_acceptance_and_no_answer(world: World) -> None:
    person = world.invited(message="Shall we connect?")
    world.accept(person)
    LinkedInAccount.objects.update(relations_read_at=world.clock())  # not due
    world.later(minutes=5)

    assert world.look() == {"accepted": 1}

    person.refresh_from_db()
    assert person.status == Prospect.Status.CONNECTED
    assert person.accepted_source == Source.NOTE_ECHO


@BOTH
@pytest.mark.parametrize("fault", ["close", "garbage", "hang"])
def test_what_cannot_be_looked_up_does_not_go_and_says_when(world: World, fault: str) -> None:
    world.connected()
    world.sandbox.control.fault(fault, route="messages", times=0, seconds=0.1)
    world.sandbox.control.fault(fault, route="chats", times=0, seconds=0.1)
    world.sandbox.control.fault(fault, route="chats_with", times=0, seconds=0.1)

    world.run()

    item = world.message()
    assert (item.status, item.error_code) == (Status.PENDING, "could_not_ask")
    state = next(
        state for state in report(item.pk, world.clock()).states if state.gate == Gate.ANSWER_KNOWN
    )
    assert not state.is_open
    assert state.opens_at == item.ask_again_at
    assert world.wrote() == []
    world.sandbox.control.clear_faults()
    world.later(minutes=31)
    world.run()
    assert world.wrote() == ["Hello Ada!"]


@BOTH
@pytest.mark.parametrize(("when", "becomes"), [("after", Status.SENT), ("before", Status.PENDING)])
def test_a_message_without_an_answer_is_settled_by_reading(
    world: World, when: str, becomes: str
) -> None:
    world.connected()
    world.sandbox.control.fault("answer", route="message", when=when, status=504)
    world.sandbox.control.fault("answer", route="first_message", when=when, status=504)
    world.run()
    assert world.message().status == Status.UNCONFIRMED
    landed = len(world.wrote())
    world.sandbox.control.clear_faults()

    for _ in range(2):
        world.later(minutes=31)
        reconciling.reconcile(world.client, world.clock)

    assert world.message().status == becomes
    world.due()
    world.run()
    world.later(minutes=31)
    world.run()
    assert world.message().status == Status.SENT
    assert world.wrote() == ["Hello Ada!"]
    assert landed == (when == "after")


def test_linkedins_limit_for_messages_lets_messages_rest_and_nothing_else(
    world: World, admin_user: User
) -> None:
    world.connected()
    for route in ("first_message", "message"):
        world.sandbox.control.fault(
            "answer", route=route, status=422, type="errors/limit_exceeded", times=2
        )
    world.run()
    request = an_item(world.campaign, world.account)
    world.later(hours=1)

    assert world.run()["message"].startswith("CR sent.")

    request.refresh_from_db()
    world.account.refresh_from_db()
    assert (request.status, world.account.paused_until) == (Status.SENT, None)
    closed = report(world.message().pk, world.clock()).binding
    assert closed is not None
    assert (closed.gate, closed.opens_at) == (Gate.DUE, world.message().scheduled_for)
    told = places.rest_under_way(world.account, world.clock())
    assert told.startswith("Its messages rest until 2026-07-10")
    assert "LinkedIn's limit for messages" in told
    foreseen = planning.foreseen_at(world.message(), world.clock())
    assert foreseen is not None
    assert foreseen >= world.message().scheduled_for

    world.due()
    world.run()
    closed = report(world.message().pk, world.clock()).binding
    assert closed is not None
    assert closed.gate == Gate.ACCOUNT_RESTED

    places.end_rest(world.account, admin_user, "they told us", world.clock())
    world.account.refresh_from_db()
    assert places.rest_under_way(world.account, world.clock()) == ""
    assert report(world.message().pk, world.clock()).is_open


def test_a_message_in_doubt_whose_conversation_is_gone_is_left_to_people_after_a_week(
    world: World,
) -> None:
    world.connected()
    world.sandbox.control.fault("answer", route="first_message", status=504)
    world.sandbox.control.fault("answer", route="message", status=504)
    world.run()
    world.later(minutes=5)  # it was told once, without the message, and never again
    reconciling.reconcile(world.client, world.clock)
    for route in ("chats", "chats_with", "messages"):
        world.sandbox.control.fault(
            "answer", route=route, status=404, type="errors/resource_not_found", times=0
        )

    for days in (1, 6, 2):
        assert world.message().status == Status.UNCONFIRMED
        world.later(days=days)
        reconciling.reconcile(world.client, world.clock)

    item = world.message()
    assert (item.status, item.error_code) == (Status.FAILED, "conversation_gone")
    assert item.tried_at is not None


def test_an_account_that_was_away_reads_what_happened_before_anything_goes(world: World) -> None:
    person = world.connected()
    LinkedInAccount.objects.update(look_back_from=world.clock())
    world.answers(person)

    world.run()

    item = world.message()
    assert item.status == Status.PENDING
    closed = report(item.pk, world.clock()).binding
    assert closed is not None
    assert closed.gate == Gate.CAUGHT_UP
    world.look()
    person.refresh_from_db()
    assert person.status == Prospect.Status.REPLIED
    world.account.refresh_from_db()
    assert world.account.look_back_from is None


def test_a_run_sends_a_request_and_a_message_of_an_account(world: World) -> None:
    world.connected()
    an_item(world.campaign, world.account)
    foreseen = [planning.foreseen_at(item, world.clock()) for item in QueueItem.objects.pending()]
    assert all(foreseen)

    assert world.run()["message"].startswith("1 CR and 1 message sent.")

    kinds = SendAttempt.objects.filter(started_at=world.clock(), kind=SendAttempt.Kind.SEND)
    assert set(kinds.values_list("item__kind", flat=True)) == {
        Kind.MESSAGE,
        Kind.CONNECTION_REQUEST,
    }
