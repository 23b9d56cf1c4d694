"""What the profile of somebody shows whose invitation is not pending any more: plain values."""

from dataclasses import replace

import pytest

from queueing.models import Kind, QueueItem
from queueing.sending import withdrawing
from tests.builders import NOON
from tests.queueing.sending.test_messaging import HISTORY
from tests.queueing.sending.test_outcomes import a_profile

Status = QueueItem.Status
STILL_THERE = a_profile(("SENT", "PENDING"))


@pytest.mark.parametrize(
    ("attempts", "status"), [(0, Status.PENDING), (5, Status.PENDING), (6, Status.FAILED)]
)
def test_answers_that_contradict_each_other_are_asked_for_a_week_and_then_people_look(
    attempts: int, status: str
) -> None:
    history = replace(HISTORY, kind=Kind.WITHDRAWAL, attempts=attempts)

    verdict = withdrawing.on_profile_of_the_gone(STILL_THERE, history, NOON)

    assert (verdict.status, verdict.error_code) == (status, "unclear_state")
    assert verdict.burns_attempt
    assert (verdict.retry_at is None) is (status == Status.FAILED)
