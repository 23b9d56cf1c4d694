"""The one judge: what LinkedIn shows, together with what we did."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from campaigns.models import Prospect
from queueing.models import QueueItem
from queueing.sending import AccountChange, Answer, Verdict, judging, outcomes
from queueing.sending.judging import Seen
from queueing.unipile import Outcome
from tests.builders import NOON
from tests.queueing.sending.test_outcomes import (
    CONNECTED,
    NOBODY,
    PENDING,
    STRANGER,
    WITHDRAWN,
    a_history,
    a_profile,
    found,
)

Status = QueueItem.Status
AN_HOUR_AGO = NOON - dt.timedelta(hours=1)
IGNORED = found(a_profile(("SENT", "IGNORED")))


@pytest.mark.parametrize(
    ("shown", "tried", "not_tried"),
    [
        (Seen.CONNECTED, (Status.SENT, "found_connected"), (Status.SKIPPED, "already_connected")),
        (Seen.INVITED, (Status.SENT, "found_invited"), (Status.SKIPPED, "invited_by_hand")),
        (Seen.IGNORED, (Status.SENT, "found_ignored"), (Status.SKIPPED, "invited_by_hand")),
        (
            Seen.WITHDRAWN,
            (Status.SKIPPED, "invitation_withdrawn"),
            (Status.SKIPPED, "invitation_withdrawn"),
        ),
        (
            Seen.HAS_INVITED_US,
            (Status.SKIPPED, "has_invited_us"),
            (Status.SKIPPED, "has_invited_us"),
        ),
        (Seen.NOTHING, None, None),
    ],
)
def test_what_is_seen_means_what_our_tries_make_of_it(
    shown: Seen, tried: tuple[str, str] | None, not_tried: tuple[str, str] | None
) -> None:
    verdicts = [judging.by_what_is_seen(shown, tried_at, NOON) for tried_at in (AN_HOUR_AGO, None)]

    assert [v and (v.status, v.error_code) for v in verdicts] == [tried, not_tried]


@pytest.mark.parametrize("shown", [Seen.CONNECTED, Seen.INVITED, Seen.IGNORED, Seen.WITHDRAWN])
def test_a_trace_dates_the_item_by_the_try(shown: Seen) -> None:
    tried = judging.by_what_is_seen(shown, AN_HOUR_AGO, NOON)
    by_hand = judging.by_what_is_seen(shown, None, NOON)

    assert tried is not None
    assert by_hand is not None
    assert (tried.arrived, by_hand.arrived) == (True, False)


@pytest.mark.parametrize("look", [STRANGER, NOBODY, None, PENDING, CONNECTED, IGNORED])
def test_a_refused_repeat_proves_that_the_try_arrived(look: Answer | None) -> None:
    refused = Answer(Outcome.ALREADY_INVITED)

    verdict = judging.on_refused_repeat(refused, look, AN_HOUR_AGO, NOON)

    assert verdict is not None
    assert (verdict.status, verdict.arrived) == (Status.SENT, True)


def test_a_withdrawn_one_was_sent_too() -> None:
    verdict = judging.on_refused_repeat(
        Answer(Outcome.ALREADY_INVITED), WITHDRAWN, AN_HOUR_AGO, NOON
    )

    assert verdict is not None
    assert (verdict.status, verdict.arrived) == (Status.SKIPPED, True)


def test_whom_somebody_else_invited_in_our_name_is_not_left_to_the_next_account() -> None:
    verdict = judging.on_refused_repeat(Answer(Outcome.ALREADY_INVITED), STRANGER, None, NOON)

    assert verdict is not None
    assert verdict.status == Status.SKIPPED
    assert verdict.prospect_status == Prospect.Status.CONNECTION_REQUEST_SENT


@pytest.mark.parametrize(("seconds", "waits"), [(0, True), (119, True), (120, False)])
def test_nothing_is_concluded_before_a_try_would_show(seconds: int, waits: bool) -> None:
    tried_at = NOON - dt.timedelta(seconds=seconds)

    verdict = judging.too_early(tried_at, NOON)

    assert (verdict is not None) is waits
    assert verdict is None or verdict.retry_at == tried_at + judging.SHOWS_AFTER


@pytest.mark.parametrize("status", [Status.FAILED, Status.SKIPPED])
def test_nothing_ends_while_a_try_may_have_arrived(status: str) -> None:
    end = Verdict(status, "blocked_recipient", prospect_status=Prospect.Status.FAILED)

    held = judging.nothing_ends_in_doubt(end, maybe_arrived=True)

    assert (held.status, held.prospect_status) == (Status.UNCONFIRMED, "")
    assert judging.nothing_ends_in_doubt(end, maybe_arrived=False) == end


UNCLEAR = replace(a_profile(), unclear='status "SNOOZED"')


@pytest.mark.parametrize("tried_at", [AN_HOUR_AGO, None])
def test_whoever_is_seen_in_a_state_that_nobody_knows_is_held(tried_at: dt.datetime | None) -> None:
    verdict = judging.on_profile(UNCLEAR, tried_at, NOON)

    assert verdict is not None
    assert (verdict.status, verdict.error_code) == (Status.PENDING, "unclear_state")
    assert verdict.retry_at == NOON + dt.timedelta(days=1)
    assert not verdict.burns_attempt
    assert 'status "SNOOZED"' in verdict.error_message


def test_who_has_been_in_such_a_state_for_a_week_is_left_to_people() -> None:
    verdict = judging.on_profile(UNCLEAR, None, NOON, unclear_since=NOON - dt.timedelta(days=7))

    assert verdict is not None
    assert (verdict.status, verdict.error_code) == (Status.FAILED, "unclear_state")
    assert 'status "SNOOZED"' in verdict.error_message


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ({"degree": "FIRST_DEGREE"}, Seen.CONNECTED),
        ({"is_relationship": True}, Seen.CONNECTED),
        ({"is_self": True}, Seen.OWN),
        ({"invitation_type": "SENT", "invitation_status": "PENDING"}, Seen.INVITED),
    ],
)
def test_what_is_told_in_known_words_holds_beside_unknown_ones(
    known: dict[str, Any], shown: Seen
) -> None:
    assert judging.seen(replace(UNCLEAR, **known)) == shown


def test_a_repeat_refused_beside_a_state_that_nobody_knows_is_an_invitation_by_hand() -> None:
    sent = Answer(Outcome.ALREADY_INVITED, "invited", "already_invited_recently", 422)

    verdict = judging.on_refused_repeat(sent, found(UNCLEAR), None, NOON)

    assert verdict is not None
    assert (verdict.status, verdict.arrived) == (Status.SKIPPED, False)


A_DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("before_the_first_try", "code"),
    [
        (A_DAY, "invited_by_hand"),
        (judging.CLOCKS_APART + dt.timedelta(seconds=1), "invited_by_hand"),
        (judging.CLOCKS_APART, "found_invited"),
        (-A_DAY / 48, "found_invited"),
        (None, "found_invited"),
    ],
)
@pytest.mark.parametrize("status", ["PENDING", "IGNORED"])
def test_an_invitation_older_than_every_try_is_not_ours(
    before_the_first_try: dt.timedelta | None, code: str, status: str
) -> None:
    first = AN_HOUR_AGO - A_DAY
    made_at = None if before_the_first_try is None else first - before_the_first_try
    shown = replace(a_profile(("SENT", status)), invited_at=made_at)

    verdict = judging.on_profile(shown, AN_HOUR_AGO, NOON, first_tried_at=first)
    unknown = judging.on_profile(shown, AN_HOUR_AGO, NOON)

    assert verdict is not None
    assert unknown is not None
    is_ours = code != "invited_by_hand"
    assert (verdict.error_code == "invited_by_hand", verdict.arrived) == (not is_ours, is_ours)
    assert unknown.arrived  # when our first call began is not known: time settles nothing


def test_a_repeat_refused_for_an_older_invitation_proves_no_try() -> None:
    shown = replace(a_profile(("SENT", "PENDING")), invited_at=AN_HOUR_AGO - A_DAY)

    verdict = judging.on_refused_repeat(
        Answer(Outcome.ALREADY_INVITED),
        found(shown),
        AN_HOUR_AGO,
        NOON,
        first_tried_at=AN_HOUR_AGO,
    )

    assert verdict is not None
    assert (verdict.error_code, verdict.arrived) == ("invited_by_hand", False)


@pytest.mark.parametrize(
    ("days_before", "shown", "code"),
    [
        (2, ("SENT", "PENDING"), "invited_by_hand"),
        (2, ("SENT", "WITHDRAWN"), "invitation_withdrawn"),
        (None, ("RECEIVED", "PENDING"), "has_invited_us"),
    ],
)
def test_a_refusal_that_the_person_explains_lets_no_account_rest(
    days_before: int | None, shown: tuple[str, str], code: str
) -> None:
    made_at = None if days_before is None else NOON - dt.timedelta(days=days_before)
    look = found(replace(a_profile(shown), invited_at=made_at))

    verdict = outcomes.after_send(
        Answer(Outcome.ACCOUNT_LIMIT, http_status=422),
        look,
        replace(a_history(), first_tried_at=NOON),
        NOON,
    )

    assert (verdict.error_code, verdict.arrived) == (code, False)
    assert verdict.account == AccountChange()
