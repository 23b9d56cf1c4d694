"""What an answer of Unipile means for a message. Pure.

A message has no second chance: whether it has gone, and whether the person has answered, is read
in the conversation before each try. What could not be read lets nothing go.
"""

import datetime as dt
from dataclasses import replace

from campaigns.models import Prospect
from queueing.models import QueueItem
from queueing.sending import conversing, judging, outcomes, retries
from queueing.sending.verdicts import Answer, History, Verdict
from queueing.unipile import About, Conversation, Outcome, codes_about

Status = QueueItem.Status

ASK_AGAIN_AFTER = dt.timedelta(minutes=30)
ASK_AGAIN_AT_MOST = dt.timedelta(days=1)
ASK_AGAIN_AT_MOST_BY_HAND = dt.timedelta(hours=2)  # somebody waits for it to go
ASKED_AT_MOST = 12  # with waits that double up to a day: six days
ASKED_FOR = dt.timedelta(days=6)  # at least: an outage of Unipile's is over by then
COULD_NOT_ASK, UNCLEAR_ANSWER = "could_not_ask", "unclear_answer"
AGAIN_IN = dt.timedelta(hours=24)  # where LinkedIn takes no other message to this person before

_NOT_CONNECTED = codes_about(About.CONNECTION)
_NOT_BEFORE_TOMORROW = codes_about(About.TOMORROW)
_OF_REQUESTS = (Prospect.Status.FAILED, Prospect.Status.CONNECTION_REQUEST_SENT)


def after_look(answer: Answer, history: History, now: dt.datetime) -> Verdict | None:
    """Decide after the conversation was read, or could not be; None means: go on and send."""
    if answer.conversation is not None:
        return on_conversation(answer.conversation, history, now)
    account_verdict = outcomes.about_the_account(answer, history, now)
    if account_verdict is not None:
        again = account_verdict.retry_at or now + ASK_AGAIN_AFTER
        return replace(account_verdict, ask_again_at=again, prospect_status="")
    return could_not_ask(answer.summary, history, now, is_told=answer.outcome != Outcome.NOT_SENT)


def on_conversation(
    conversation: Conversation, history: History, now: dt.datetime
) -> Verdict | None:
    """Judge a conversation, for the look before a message and for settling a doubt alike.

    None: it shows neither the message nor an answer, late enough to show them.
    """
    if not conversation.complete:
        told = f"The conversation was not told whole: {conversation.trouble}"
        return could_not_ask(told, history, now)
    shown = conversing.read(
        conversation,
        history.text,
        answers_from=history.answers_from,
        ours_from=history.tried_at if history.by_hand else None,
    )
    if shown.ours is not None and (history.tried_at is not None or not history.by_hand):
        return _said(shown, history)
    if shown.answered_at is not None and not history.by_hand:
        return Verdict(
            Status.SKIPPED,
            "has_answered",
            f"The person has answered ({shown.answered_at:%Y-%m-%d %H:%M} UTC): no follow-up goes.",
            answered_at=shown.answered_at,
        )
    if shown.unclear and not history.by_hand:
        told = f"Whether {shown.unclear} is an answer cannot be told"
        return replace(could_not_ask(told, history, now), error_code=UNCLEAR_ANSWER)
    if history.tried_at is not None and conversing.said_then(conversation, history.tried_at):
        told = (
            "At the time of an earlier try this account wrote something else to the person: "
            "whether that is this message, changed on the way, cannot be told."
        )
        return replace(could_not_ask(told, history, now), error_code=UNCLEAR_ANSWER)
    return judging.too_early(history.tried_at, now)


def _said(shown: conversing.Shown, history: History) -> Verdict:
    if shown.ours is None:
        raise AssertionError("what was said is a message")
    if history.tried_at is not None:
        return Verdict(
            Status.SENT,
            "found_in_conversation",
            "Found: the message stands in the conversation.",
            arrived=True,
            answered_at=shown.answered_at,
            chat_id=shown.ours.chat_id,
            message_id=shown.ours.id,
        )
    return Verdict(
        Status.SKIPPED,
        "said_already",
        "This account has written the same text to this person already.",
        answered_at=shown.answered_at,
    )


def could_not_ask(why: str, history: History, now: dt.datetime, *, is_told: bool = True) -> Verdict:
    """Hold a message: whether the person has answered is not known.

    Asked less and less often, and given up after six days: a conversation that can never be read
    would else be asked for without end.

    :param is_told: something was answered about this conversation. Where nothing was, and no other
        is told either, Unipile is away, and nobody is given up for that.
    """
    asked = history.asked_in_vain + 1
    is_long = history.asked_since is None or now - history.asked_since >= ASKED_FOR
    if asked >= ASKED_AT_MOST and is_long and (is_told or history.others_are_told):
        told = (
            f"Whether the person has answered could not be looked up, {asked} times. {why} Read "
            "the conversation on LinkedIn; then retry, which asks once more, or skip."
        )
        return Verdict(Status.FAILED, COULD_NOT_ASK, told, burns_attempt=True)
    at_most = ASK_AGAIN_AT_MOST_BY_HAND if history.by_hand else ASK_AGAIN_AT_MOST
    again = now + retries.doubled(ASK_AGAIN_AFTER, history.asked_in_vain, at_most)
    told = f"Held: whether the person has answered could not be looked up. {why}"
    return Verdict(Status.PENDING, COULD_NOT_ASK, told, retry_at=again, ask_again_at=again)


def after_send(sent: Answer, history: History, now: dt.datetime) -> Verdict:
    """Decide after the message was sent, or was not.

    Nothing is looked up at once: the conversation shows a message after a minute or so. Where one
    may have arrived, the next try begins with a look, and reconciling looks before.
    """
    if sent.error_code in _NOT_CONNECTED:
        told = f"They are not connected, or no longer: no follow-up goes. {sent.summary}"
        return Verdict(Status.SKIPPED, "not_connected", told)
    if sent.error_code in _NOT_BEFORE_TOMORROW:
        if history.account_answers >= outcomes.ASKED_AGAIN_AT_MOST:
            return replace(outcomes.asked_often_enough(sent, history), prospect_status="")
        return Verdict(Status.PENDING, sent.error_code, sent.summary, retry_at=now + AGAIN_IN)
    if sent.outcome == Outcome.NOTE_TOO_LONG:
        return Verdict(Status.FAILED, sent.error_code, sent.summary, burns_attempt=True)
    return _of_a_message(outcomes.by_send(sent, history, now), sent)


def plainly_sent(sent: Answer) -> Verdict | None:
    """Decide as `after_send` does by the answer alone; None where what went before may count."""
    verdict = outcomes.plainly_sent(sent)
    return _of_a_message(verdict, sent) if verdict and not sent.error_code else None


def _of_a_message(verdict: Verdict, sent: Answer) -> Verdict:
    if verdict.prospect_status in _OF_REQUESTS:
        verdict = replace(verdict, prospect_status="")
    return replace(verdict, chat_id=sent.chat_id, message_id=sent.message_id)
