"""What a message of a conversation says of our invitation."""

import datetime as dt

import pytest

from queueing.sending import conversing
from queueing.unipile import Message, MessageKind

SENT = dt.datetime(2026, 7, 6, 9, tzinfo=dt.UTC)
NOTE = "Hello Ada, shall we talk?"


@pytest.mark.parametrize(
    ("text", "days", "is_ours"),
    [
        (NOTE, 1, True),
        (NOTE, -400, True),
        ("Changed on the way", 1, True),
        ("Hi again", -400, False),
    ],
)
def test_the_note_of_an_earlier_invitation_is_no_acceptance(
    text: str, days: int, is_ours: bool
) -> None:
    message = Message(
        id="m",
        chat_id="c",
        from_us=True,
        text=text,
        at=SENT + dt.timedelta(days=days),
        kind=MessageKind.NOTE,
        sender_id="",
    )
    assert conversing.is_note(message, NOTE, SENT) is is_ours
