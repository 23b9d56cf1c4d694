"""What a message of a conversation says of our invitation."""

import datetime as dt

import pytest

from queueing.sending import conversing
from queueing.unipile import Message, MessageKind

SENT = dt.datetime(2026, 7, 6, 9, tzinfo=dt.UTC)
NOTE = "Hello Ada, shall we talk?"


@pytest.mark.parametrize(
    ("text", "days", "from_us", "is_ours"),
    [
        (NOTE, 1, True, True),
        (NOTE, -400, True, True),
        ("Changed on the way", 1, True, True),
        ("Hi again", -400, True, False),
        ("I would like to connect", 1, False, False),  # they have invited us
        ("I would like to connect", 1, None, False),
        (NOTE, 1, False, True),  # Unipile has named the wrong sender
    ],
)
def test_the_note_of_another_invitation_is_no_acceptance(
    text: str, days: int, from_us: bool | None, is_ours: bool
) -> None:
    message = Message(
        id="m",
        chat_id="c",
        from_us=from_us,
        text=text,
        at=SENT + dt.timedelta(days=days),
        kind=MessageKind.NOTE,
        sender_id="",
    )
    assert conversing.is_note(message, NOTE, SENT) is is_ours
