"""What a conversation shows of a message of ours, and of an answer. Pure; judges nothing else.

LinkedIn does not prevent a message from being sent twice, so the conversation is the only witness.
"""

import datetime as dt
import unicodedata
from dataclasses import dataclass

from queueing.unipile import Conversation, Message, MessageKind

ANSWERS = (MessageKind.MESSAGE, MessageKind.INMAIL, MessageKind.INMAIL_DECLINED)
NOBODY_WROTE = (MessageKind.EVENT, MessageKind.ADVERT, MessageKind.REMOVED, MessageKind.NOTE)
CALL_LASTS = dt.timedelta(minutes=3)  # at most
CLOCKS_DIFFER = dt.timedelta(minutes=2)  # between us and whoever dates messages


@dataclass(frozen=True)
class Shown:
    """What a conversation shows since some instants: see `read`.

    `unclear` says of what it cannot be told whether it is an answer; then nothing may go.
    """

    answered_at: dt.datetime | None = None
    ours: Message | None = None
    unclear: str = ""


def read(
    conversation: Conversation,
    text: str,
    *,
    answers_from: dt.datetime,
    ours_from: dt.datetime | None = None,
) -> Shown:
    """Read a complete conversation.

    :param text: of the message that is to go, or may have gone: matched by letters and digits, for
        what lies between us and LinkedIn may change the rest.
    :param answers_from: what the person wrote before is no answer.
    :param ours_from: when the message may have gone; None for any time, also before us.
    """
    wanted, answers, ours, unclear = _letters(text), [], None, ""
    earliest = ours_from - CLOCKS_DIFFER if ours_from else None
    for message in conversation.messages:
        is_late_enough = earliest is None or message.at is None or message.at >= earliest
        if message.from_us and is_late_enough and _letters(message.text) == wanted:
            ours = ours or message
        verdict = is_answer(message, answers_from)
        if verdict and message.at is not None:
            answers.append(message.at)
        elif verdict is None:
            unclear = f"a message of {message.at or 'no date'} ({message.kind})"
    return Shown(min(answers, default=None), ours, unclear)


def is_answer(message: Message, answers_from: dt.datetime) -> bool | None:
    """Return whether a message is one; None where that cannot be told.

    :param answers_from: what was written before is none.
    """
    if message.from_us or message.kind in NOBODY_WROTE:
        return False
    if message.at is not None and message.at <= answers_from:
        return False
    if message.from_us is None or message.at is None or message.kind not in ANSWERS:
        return None
    return True


def is_note(message: Message, note: str, sent_from: dt.datetime | None) -> bool:
    """Return whether a message is the note of our invitation: it shows once that is accepted.

    Not every version of Unipile's API says so of a message: then its text does. Who invites us has
    a note, too: it is theirs, unless it is in our words, for Unipile has named the wrong sender.

    :param sent_from: when our invitation may have gone. The note of an earlier one, of people who
        were connected once, stays in the conversation and says nothing of ours.
    """
    if message.kind == MessageKind.NOTE:
        is_late_enough = (
            message.at is None or sent_from is None or message.at >= sent_from - CLOCKS_DIFFER
        )
        is_in_our_words = bool(note and _letters(message.text) == _letters(note))
        return is_in_our_words or bool(message.from_us and is_late_enough)
    return bool(message.from_us and note) and _normal(message.text) == _normal(note)


def _letters(text: str) -> str:
    """Return what of a text is compared; all of it where it has no letters and digits."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, plain)) or _normal(text)


def said_then(conversation: Conversation, tried_at: dt.datetime) -> Message | None:
    """Return a message of ours of the time of a try, which may be that one in other words."""
    for message in conversation.messages:
        if not message.from_us or message.kind in NOBODY_WROTE or message.at is None:
            continue
        if -CLOCKS_DIFFER <= message.at - tried_at <= CALL_LASTS + CLOCKS_DIFFER:
            return message
    return None


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
