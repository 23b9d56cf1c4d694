"""What a conversation shows, and what follows for a message: plain values in and out."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from queueing.models import Kind, QueueItem
from queueing.sending import Answer, History, messaging
from queueing.unipile import Conversation, Message, MessageKind, Outcome
from tests.builders import NOON
from tests.queueing.gates.test_gates import ALL_DAY

Status = QueueItem.Status
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
TEXT = "Hello Ada,\nshall we talk?"

HISTORY = History(
    attempts=0,
    tried_at=None,
    id_may_be_wrong=False,
    limits_in_a_row=0,
    throttles_in_a_row=0,
    unknown_in_a_row=0,
    disconnects_in_a_row=0,
    refused_in_a_row=0,
    our_faults_in_a_row=0,
    others_pass=False,
    account_answers=0,
    outage=False,
    next_day_at=NOON + DAY,
    retry_delays_seconds=(300, 900, 3600),
    hours=ALL_DAY,
    kind=Kind.MESSAGE,
    text=TEXT,
    answers_from=NOON - 3 * DAY,
)


def a_message(text: str = "Gladly!", **values: Any) -> Message:
    values = {
        "id": "m1",
        "chat_id": "c1",
        "from_us": False,
        "text": text,
        "at": NOON - DAY,
        "kind": MessageKind.MESSAGE,
        **values,
    }
    return Message(**values)


def look(*messages: Message, trouble: str = "", **history: Any) -> tuple[str, str]:
    answer = Answer("found", conversation=Conversation(messages, trouble))
    verdict = messaging.after_look(answer, replace(HISTORY, **history), NOON)
    return (verdict.status, verdict.error_code) if verdict else ("", "")


GO_ON = ("", "")
HELD = (Status.PENDING, "could_not_ask")
UNCLEAR = (Status.PENDING, "unclear_answer")
OURS = {"from_us": True}


@pytest.mark.parametrize(
    ("messages", "outcome"),
    [
        ([], GO_ON),
        ([a_message()], (Status.SKIPPED, "has_answered")),
        ([a_message(kind=MessageKind.INMAIL_DECLINED)], (Status.SKIPPED, "has_answered")),
        ([a_message(at=NOON - 4 * DAY)], GO_ON),  # before anything of ours
        ([a_message("Hi, I am Bo", **OURS, kind=MessageKind.NOTE)], GO_ON),
        ([a_message(kind=MessageKind.NOTE)], GO_ON),  # our note, with the sender told wrong
        ([a_message(kind=MessageKind.EVENT)], GO_ON),
        ([a_message(kind=MessageKind.ADVERT)], GO_ON),
        ([a_message(kind=MessageKind.UNKNOWN)], UNCLEAR),
        ([a_message(from_us=None)], UNCLEAR),
        ([a_message(at=None)], UNCLEAR),
        ([a_message("Hello Ada, shall  we talk?", **OURS)], (Status.SKIPPED, "said_already")),
        ([a_message("Something else", **OURS)], GO_ON),
    ],
)
def test_what_lets_a_message_go(messages: list[Message], outcome: tuple[str, str]) -> None:
    assert look(*messages) == outcome


def test_a_part_of_a_conversation_lets_nothing_go() -> None:
    assert look(trouble="page 2 failed") == HELD


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.UNKNOWN, Outcome.REJECTED])
def test_what_could_not_be_looked_up_is_held_with_a_date(outcome: Outcome) -> None:
    verdict = messaging.after_look(Answer(outcome, summary="No answer"), HISTORY, NOON)

    assert verdict is not None
    assert (verdict.status, verdict.error_code) == HELD
    assert verdict.ask_again_at == verdict.retry_at == NOON + messaging.ASK_AGAIN_AFTER
    assert not verdict.burns_attempt


@pytest.mark.parametrize(
    ("asked", "others_are_told", "outcome", "hours"),
    [
        (1, False, Outcome.NOT_SENT, 1),
        (9, False, Outcome.REJECTED, 24),
        (11, False, Outcome.REJECTED, None),
        (11, True, Outcome.NOT_SENT, None),
        (11, False, Outcome.NOT_SENT, 24),  # Unipile is away: nobody is given up for that
    ],
)
def test_a_conversation_that_is_never_told_is_not_asked_for_without_end(
    asked: int, others_are_told: bool, outcome: Outcome, hours: int | None
) -> None:
    before = replace(HISTORY, asked_in_vain=asked, others_are_told=others_are_told)

    verdict = messaging.after_look(Answer(outcome, summary="No answer"), before, NOON)

    assert verdict is not None
    assert verdict.status == (Status.FAILED if hours is None else Status.PENDING)
    assert verdict.ask_again_at == (hours and NOON + dt.timedelta(hours=hours))


@pytest.mark.parametrize(
    ("asked", "days", "hours"), [(1, 0, 1), (11, 1, 2), (11, 5, 2), (70, 6, None)]
)
def test_an_answer_by_hand_is_not_given_up_within_an_outage(
    asked: int, days: int, hours: int | None
) -> None:
    since = NOON - dt.timedelta(days=days)
    before = replace(
        HISTORY, by_hand=True, asked_in_vain=asked, asked_since=since, others_are_told=True
    )

    verdict = messaging.after_look(Answer(Outcome.NOT_SENT, summary="No answer"), before, NOON)

    assert verdict is not None
    assert verdict.status == (Status.FAILED if hours is None else Status.PENDING)
    assert verdict.retry_at == (hours and NOON + dt.timedelta(hours=hours))


def test_a_look_that_finds_the_account_lost_holds_message_and_account() -> None:
    lost = Answer(Outcome.ACCOUNT_DISCONNECTED, http_status=401)

    verdict = messaging.after_look(lost, HISTORY, NOON)

    assert verdict is not None
    assert (verdict.status, verdict.account.status) == (Status.PENDING, "disconnected")
    assert verdict.ask_again_at is not None


@pytest.mark.parametrize(
    ("messages", "tried_ago", "outcome"),
    [
        ([a_message(TEXT, **OURS)], 5 * MINUTE, (Status.SENT, "found_in_conversation")),
        ([a_message(TEXT, **OURS), a_message()], 5 * MINUTE,
         (Status.SENT, "found_in_conversation")),
        ([a_message("Hello Ada \u2013 shall we talk? \U0001f44b", **OURS)], 5 * MINUTE,
         (Status.SENT, "found_in_conversation")),  # as LinkedIn may have changed it
        ([a_message("Something else", **OURS, at=NOON - 4 * MINUTE)], 5 * MINUTE, UNCLEAR),
        ([a_message("Something else", **OURS)], 5 * MINUTE, GO_ON),
        ([], MINUTE, (Status.PENDING, "too_early")),
        ([], 5 * MINUTE, GO_ON),
        ([a_message(TEXT)], 5 * MINUTE, (Status.SKIPPED, "has_answered")),  # they quoted us
    ],
)  # fmt: skip
def test_after_a_try_the_conversation_is_the_witness(
    messages: list[Message], tried_ago: dt.timedelta, outcome: tuple[str, str]
) -> None:
    assert look(*messages, tried_at=NOON - tried_ago) == outcome


def test_an_answer_by_hand_may_say_the_same_twice() -> None:
    earlier = a_message(TEXT, **OURS)

    assert look(earlier, a_message(), by_hand=True) == GO_ON
    assert look(earlier, by_hand=True, tried_at=NOON - 5 * MINUTE) == GO_ON


def send(outcome: str, code: str = "", **history: Any) -> tuple[str, str]:
    answer = Answer(outcome, error_code=code, http_status=422, chat_id="c1", message_id="m1")
    verdict = messaging.after_send(answer, replace(HISTORY, **history), NOON)
    assert not verdict.prospect_status
    assert verdict.account.longest_note is None
    return verdict.status, verdict.error_code


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((Outcome.SENT, ""), (Status.SENT, "")),
        ((Outcome.REJECTED, "no_connection_with_recipient"), (Status.SKIPPED, "not_connected")),
        ((Outcome.ACCOUNT_LIMIT, "cannot_resend_within_24hrs"),
         (Status.PENDING, "cannot_resend_within_24hrs")),
        ((Outcome.ACCOUNT_LIMIT, "limit_exceeded"), (Status.PENDING, "limit_exceeded")),
        ((Outcome.NOTE_TOO_LONG, "too_many_characters"), (Status.FAILED, "too_many_characters")),
        ((Outcome.REJECTED, "blocked_recipient"), (Status.FAILED, "blocked_recipient")),
        ((Outcome.UNKNOWN, "request_timeout"), (Status.UNCONFIRMED, "request_timeout")),
    ],
)  # fmt: skip
def test_what_follows_from_the_answer_to_a_message(
    answer: tuple[str, str], outcome: tuple[str, str]
) -> None:
    assert send(*answer) == outcome


def test_whom_linkedin_takes_no_message_to_for_a_week_is_left_to_people() -> None:
    answer = (Outcome.ACCOUNT_LIMIT, "cannot_resend_within_24hrs")

    assert send(*answer, account_answers=5)[0] == Status.PENDING
    assert send(*answer, account_answers=6)[0] == Status.FAILED
