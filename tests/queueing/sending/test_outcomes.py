"""What follows from an answer: a table without a database."""

import datetime as dt
from dataclasses import replace

import pytest

from campaigns.models import LinkedInAccount, Prospect
from queueing.gates import hours
from queueing.models import QueueItem
from queueing.sending import FOUND, AccountChange, Answer, History, outcomes
from queueing.unipile import Outcome, Profile
from tests.builders import NOON

Status = QueueItem.Status
TOMORROW = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
IN_AN_HOUR = NOON + dt.timedelta(hours=1)
ALL_DAY = hours.Hours("UTC", dt.time(0), dt.time(0), skip_weekends=False, skip_holidays=False)
NEW_YORK = hours.Hours("America/New_York", dt.time(7), dt.time(18))


def a_history(
    attempts: int = 0,
    limits: int = 0,
    throttles: int = 0,
    unknown: int = 0,
    disconnects: int = 0,
    our_faults: int = 0,
    refused: int = 0,
    tried: bool = False,
    others_pass: bool = False,
    outage: bool = False,
    account_answers: int = 0,
    id_may_be_wrong: bool = False,
) -> History:
    return History(
        attempts=attempts,
        tried_at=NOON - dt.timedelta(hours=1) if tried else None,
        refused_in_a_row=refused,
        others_pass=others_pass,
        outage=outage,
        account_answers=account_answers,
        id_may_be_wrong=id_may_be_wrong,
        limits_in_a_row=limits,
        throttles_in_a_row=throttles,
        unknown_in_a_row=unknown,
        disconnects_in_a_row=disconnects,
        our_faults_in_a_row=our_faults,
        our_faults_since_rest=our_faults % 3,
        next_day_at=TOMORROW,
        retry_delays_seconds=(300, 900, 3600),
        hours=ALL_DAY,
    )


def a_profile(
    invitation: tuple[str, str] = ("", ""), degree: str = "SECOND_DEGREE", **values: bool
) -> Profile:
    return Profile(
        provider_id="ACoAA",
        public_identifier="ada-example",
        first_name="Ada",
        last_name="Example",
        headline="",
        location="",
        degree=degree,
        is_relationship=values.get("is_relationship", False),
        is_self=values.get("is_self", False),
        invitation_type=invitation[0],
        invitation_status=invitation[1],
        http_status=200,
        raw="",
    )


def found(profile: Profile) -> Answer:
    return Answer(FOUND, profile=profile)


NOBODY = Answer(Outcome.NOT_SENT)
TURNED_AWAY = Answer(Outcome.NOT_SENT, http_status=503)
PENDING = found(a_profile(("SENT", "PENDING")))
WITHDRAWN = found(a_profile(("SENT", "WITHDRAWN")))
CONNECTED = found(a_profile(degree="FIRST_DEGREE"))
STRANGER = found(a_profile())


@pytest.mark.parametrize(
    ("sent", "look", "status", "prospect"),
    [
        (Outcome.SENT, None, Status.SENT, Prospect.Status.CONNECTION_REQUEST_SENT),
        (Outcome.NOT_SENT, None, Status.PENDING, ""),
        (Outcome.REJECTED, None, Status.FAILED, Prospect.Status.FAILED),
        (Outcome.ALREADY_CONNECTED, None, Status.SKIPPED, Prospect.Status.CONNECTED),
        (Outcome.UNKNOWN, None, Status.UNCONFIRMED, ""),
        (Outcome.ACCOUNT_DISCONNECTED, None, Status.PENDING, ""),
        (Outcome.ACCOUNT_RESTRICTED, None, Status.PENDING, ""),
        (Outcome.BAD_API_KEY, None, Status.PENDING, ""),
        (
            Outcome.ALREADY_INVITED,
            PENDING,
            Status.SENT,
            Prospect.Status.CONNECTION_REQUEST_SENT,
        ),
        (Outcome.ALREADY_INVITED, CONNECTED, Status.SKIPPED, Prospect.Status.CONNECTED),
        (Outcome.ALREADY_INVITED, WITHDRAWN, Status.SKIPPED, Prospect.Status.SKIPPED),
        (
            Outcome.ALREADY_INVITED,
            STRANGER,
            Status.SKIPPED,
            Prospect.Status.CONNECTION_REQUEST_SENT,  # by hand: nobody else invites them either
        ),
        (Outcome.ALREADY_INVITED, NOBODY, Status.UNCONFIRMED, ""),
        (Outcome.ACCOUNT_LIMIT, PENDING, Status.SENT, Prospect.Status.CONNECTION_REQUEST_SENT),
        (Outcome.ACCOUNT_LIMIT, WITHDRAWN, Status.SKIPPED, Prospect.Status.SKIPPED),
        (Outcome.ACCOUNT_LIMIT, STRANGER, Status.PENDING, ""),
        (Outcome.ACCOUNT_LIMIT, NOBODY, Status.PENDING, ""),
        (Outcome.THROTTLED, PENDING, Status.SENT, Prospect.Status.CONNECTION_REQUEST_SENT),
        (Outcome.THROTTLED, STRANGER, Status.PENDING, ""),
    ],
)
def test_after_a_send(sent: Outcome, look: Answer | None, status: str, prospect: str) -> None:
    verdict = outcomes.after_send(Answer(sent), look, a_history(), NOON)

    assert (verdict.status, verdict.prospect_status) == (status, prospect)


@pytest.mark.parametrize(
    ("look", "status"),
    [
        (PENDING, Status.SENT),
        (WITHDRAWN, Status.SKIPPED),
        (STRANGER, Status.PENDING),
        (None, Status.PENDING),
    ],
)
def test_a_server_that_had_the_request_is_not_simply_believed(
    look: Answer | None, status: str
) -> None:
    assert outcomes.needs_a_look_up(TURNED_AWAY)
    assert not outcomes.needs_a_look_up(Answer(Outcome.NOT_SENT))  # never connected

    verdict = outcomes.after_send(TURNED_AWAY, look, a_history(), NOON)

    assert verdict.status == status
    assert verdict.burns_attempt is (status == Status.PENDING)


def test_an_earlier_try_may_have_sent_what_a_look_finds() -> None:
    verdict = outcomes.after_first_look(PENDING, a_history(tried=True), NOON)

    assert verdict is not None
    assert (verdict.status, verdict.error_code) == (Status.SENT, "found_invited")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_verdict_and_only_known_failures_burn_a_try(outcome: Outcome) -> None:
    verdict = outcomes.after_send(Answer(outcome), None, a_history(), NOON)

    burns = outcome in (Outcome.NOT_SENT, Outcome.REJECTED)
    assert verdict.burns_attempt is burns


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        (a_profile(is_relationship=True), "already_connected"),
        (a_profile(is_self=True), "own_profile"),
        (a_profile(("SENT", "PENDING")), "invited_by_hand"),
        (a_profile(("RECEIVED", "PENDING")), "has_invited_us"),
        (a_profile(("SENT", "WITHDRAWN")), "invitation_withdrawn"),
    ],
)
def test_a_look_before_the_send_may_end_it(profile: Profile, code: str) -> None:
    verdict = outcomes.after_first_look(found(profile), a_history(), NOON)

    assert verdict is not None
    assert (verdict.status, verdict.error_code) == (Status.SKIPPED, code)


def test_a_stranger_may_be_invited() -> None:
    assert outcomes.after_first_look(STRANGER, a_history(), NOON) is None


@pytest.mark.parametrize(
    ("times_before", "rest"),
    [(0, 24), (1, 48), (2, 72), (3, 72)],
)
def test_a_limit_rests_the_account_for_longer_each_time(times_before: int, rest: int) -> None:
    limit = Answer(Outcome.ACCOUNT_LIMIT)

    verdict = outcomes.after_send(limit, STRANGER, a_history(limits=times_before), NOON)

    assert verdict.account.rest_until == NOON + dt.timedelta(hours=rest)


@pytest.mark.parametrize(("times_before", "rest"), [(0, 1), (1, 2), (2, 4), (9, 24)])
def test_a_throttle_rests_the_account_for_longer_each_time(times_before: int, rest: int) -> None:
    throttled = Answer(Outcome.THROTTLED)

    verdict = outcomes.after_send(throttled, NOBODY, a_history(throttles=times_before), NOON)

    assert verdict.account.rest_until == NOON + dt.timedelta(hours=rest)


@pytest.mark.parametrize(("before", "rest_until"), [(0, None), (1, None), (2, TOMORROW)])
def test_three_unknown_in_a_row_rest_the_account(
    before: int, rest_until: dt.datetime | None
) -> None:
    verdict = outcomes.after_send(Answer(Outcome.UNKNOWN), None, a_history(unknown=before), NOON)

    assert verdict.account.rest_until == rest_until


@pytest.mark.parametrize(("usage", "rest_until"), [(None, None), (90, None), (95, TOMORROW)])
def test_a_used_up_quota_rests_the_account(
    usage: float | None, rest_until: dt.datetime | None
) -> None:
    verdict = outcomes.after_send(Answer(Outcome.SENT, usage=usage), None, a_history(), NOON)

    assert (verdict.status, verdict.account.rest_until) == (Status.SENT, rest_until)


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 5), (1, 15), (2, 60)])
def test_a_call_that_never_left_is_tried_again(attempts: int, minutes: int) -> None:
    verdict = outcomes.after_send(Answer(Outcome.NOT_SENT), None, a_history(attempts), NOON)

    assert verdict.retry_at == NOON + dt.timedelta(minutes=minutes)


def test_after_three_retries_it_has_failed() -> None:
    verdict = outcomes.after_send(Answer(Outcome.NOT_SENT), None, a_history(3), NOON)

    assert (verdict.status, verdict.prospect_status) == (Status.FAILED, Prospect.Status.FAILED)


def test_a_retry_moves_into_the_next_open_window() -> None:
    friday_evening = dt.datetime(2026, 7, 10, 21, 58, tzinfo=dt.UTC)  # 17:58 in New York
    history = replace(a_history(), hours=NEW_YORK)

    verdict = outcomes.after_send(Answer(Outcome.NOT_SENT), None, history, friday_evening)

    assert verdict.retry_at == dt.datetime(2026, 7, 13, 11, tzinfo=dt.UTC)  # Monday, 7:00


def test_a_lost_session_rests_nobody_and_a_missing_feature_does() -> None:
    lost = Answer(Outcome.ACCOUNT_DISCONNECTED, http_status=401)
    missing = Answer(Outcome.ACCOUNT_DISCONNECTED, http_status=403)

    changes = [
        outcomes.after_send(answer, None, a_history(), NOON).account for answer in (lost, missing)
    ]

    assert [change.status for change in changes] == [LinkedInAccount.Status.DISCONNECTED] * 2
    assert [change.rest_until for change in changes] == [None, NOON + dt.timedelta(days=1)]


def test_an_account_that_is_lost_again_at_once_rests() -> None:
    lost = Answer(Outcome.ACCOUNT_DISCONNECTED, http_status=401)

    verdict = outcomes.after_send(lost, None, a_history(disconnects=1), NOON)

    assert verdict.account.rest_until == NOON + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "code", "status", "rest_until"),
    [
        (1, "missing_parameters", Status.FAILED, None),
        (2, "missing_parameters", Status.PENDING, IN_AN_HOUR),
        (2, "nobody_has_seen_this_one", Status.PENDING, IN_AN_HOUR),
        (3, "nobody_has_seen_this_one", Status.PENDING, None),  # three more, then two hours
        (5, "nobody_has_seen_this_one", Status.PENDING, NOON + dt.timedelta(hours=2)),
        (29, "nobody_has_seen_this_one", Status.PENDING, NOON + dt.timedelta(hours=4)),
        (2, "blocked_recipient", Status.FAILED, None),
        (2, "too_many_characters", Status.FAILED, None),
    ],
)
def test_three_refusals_in_a_row_that_no_person_explains_rest_the_account(
    before: int, code: str, status: str, rest_until: dt.datetime | None
) -> None:
    refused = Answer(Outcome.REJECTED, error_code=code)

    verdict = outcomes.after_send(refused, None, a_history(our_faults=before), NOON)

    assert (verdict.status, verdict.account.rest_until) == (status, rest_until)


@pytest.mark.parametrize(
    ("before", "status", "hours"),
    [(3, Status.FAILED, None), (4, Status.PENDING, 1), (5, Status.PENDING, 2)],
)
def test_where_everybody_is_refused_nobody_fails_for_it(
    before: int, status: str, hours: int | None
) -> None:
    refused = Answer(Outcome.REJECTED, error_code="resource_not_found", http_status=404)

    verdict = outcomes.after_first_look(refused, a_history(refused=before), NOON)

    assert verdict is not None
    assert verdict.status == status
    assert verdict.account.rest_until == (hours and NOON + dt.timedelta(hours=hours))


@pytest.mark.parametrize(
    "outcome", [Outcome.ACCOUNT_LIMIT, Outcome.THROTTLED, Outcome.ACCOUNT_DISCONNECTED]
)
def test_what_only_one_person_is_answered_about_the_account_sets_that_one_aside(
    outcome: Outcome,
) -> None:
    verdict = outcomes.after_send(Answer(outcome), STRANGER, a_history(others_pass=True), NOON)

    assert (verdict.status, verdict.account) == (Status.PENDING, AccountChange())
    assert verdict.retry_at == NOON + outcomes.SET_ASIDE_FOR
    assert f"set aside until {NOON + outcomes.SET_ASIDE_FOR:%Y-%m-%d}" in verdict.error_message


def test_what_the_account_could_not_send_goes_behind_the_rest() -> None:
    verdict = outcomes.after_send(Answer(Outcome.ACCOUNT_LIMIT), STRANGER, a_history(), NOON)

    assert verdict.retry_at == verdict.account.rest_until == NOON + outcomes.LIMIT_REST


def test_an_outage_gives_nobody_up() -> None:
    verdict = outcomes.after_send(Answer(Outcome.NOT_SENT), None, a_history(3, outage=True), NOON)

    assert (verdict.status, verdict.burns_attempt) == (Status.PENDING, False)
    assert verdict.retry_at == NOON + dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("code", "may_be_wrong", "attempts", "status"),
    [
        ("invalid_recipient", True, 0, Status.PENDING),
        ("invalid_parameters", True, 2, Status.PENDING),
        ("resource_not_found", True, 0, Status.PENDING),
        ("invalid_recipient", False, 0, Status.FAILED),  # just looked up, or no other name is known
        ("invalid_recipient", True, 3, Status.FAILED),  # the tries are used up
        ("blocked_recipient", True, 0, Status.FAILED),
        ("too_many_characters", True, 0, Status.FAILED),
    ],
)
def test_a_refused_id_of_former_times_is_looked_up_anew(
    code: str, may_be_wrong: bool, attempts: int, status: str
) -> None:
    refused = Answer(Outcome.REJECTED, error_code=code)
    history = a_history(attempts, id_may_be_wrong=may_be_wrong)

    verdict = outcomes.after_send(refused, None, history, NOON)

    assert verdict.status == status
    assert verdict.burns_attempt


@pytest.mark.parametrize(("asked_for", "minutes"), [(7200, 120), (60, 60), (None, 60)])
def test_an_account_rests_as_long_as_it_is_asked_to(asked_for: int | None, minutes: int) -> None:
    throttled = Answer(Outcome.THROTTLED, http_status=429, retry_after=asked_for)

    verdict = outcomes.after_send(throttled, NOBODY, a_history(), NOON)

    assert verdict.account.rest_until == NOON + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(("asked_for", "minutes"), [(1200, 20), (60, 5), (None, 5)])
def test_a_retry_waits_as_long_as_it_is_asked_to(asked_for: int | None, minutes: int) -> None:
    away = Answer(Outcome.NOT_SENT, http_status=503, retry_after=asked_for)

    verdict = outcomes.after_send(away, NOBODY, a_history(), NOON)

    assert verdict.retry_at == NOON + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(("before", "status"), [(5, Status.PENDING), (6, Status.FAILED)])
def test_nobody_is_asked_for_ever_where_there_is_nobody_to_compare_with(
    before: int, status: str
) -> None:
    limit = Answer(Outcome.ACCOUNT_LIMIT)

    verdict = outcomes.after_send(limit, STRANGER, a_history(account_answers=before), NOON)

    assert verdict.status == status
