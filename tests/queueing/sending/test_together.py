"""Answers that come at the same instant, recorded in one transaction: as if each came alone."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from campaigns.models import LinkedInAccount, Prospect
from queueing.models import Kind, QueueItem, SendAttempt
from queueing.sending import Answer, Call, claiming, deciding, recording, together
from queueing.unipile import Outcome
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.queueing.sending.test_outcomes import a_history

Status = QueueItem.Status
LATER = NOON + dt.timedelta(seconds=3)


def answered(number: int, **more: Any) -> Answer:
    return Answer(
        Outcome.SENT, http_status=201, raw="{}", invitation_id=f"invitation-{number}", **more
    )


@pytest.mark.parametrize("kind", Kind.values)
@pytest.mark.parametrize(
    "sent", [answered(1), answered(1, usage=94.9, chat_id="c", message_id="m")]
)
def test_nothing_that_went_before_changes_what_is_plain(kind: str, sent: Answer) -> None:
    plain = deciding.plainly_sent(sent, kind)

    for before in (a_history(), a_history(attempts=2, limits=3, unknown=5, tried=True, refused=9)):
        decided = deciding.after_send(sent, None, replace(before, kind=kind), NOON)
        assert plain == decided or (plain is None and kind == Kind.WITHDRAWAL)


@pytest.mark.parametrize("outcome", [each for each in Outcome if each != Outcome.SENT])
def test_whatever_did_not_go_is_not_plain(outcome: str) -> None:
    assert not any(deciding.plainly_sent(Answer(outcome), kind) for kind in Kind.values)


def test_who_is_near_the_quota_of_linkedin_is_not_plain() -> None:
    assert deciding.plainly_sent(answered(1, usage=95.0), Kind.CONNECTION_REQUEST) is None


@pytest.fixture
def calls(db: None) -> list[Call]:
    """Four sends of as many accounts, claimed at once."""
    workspace = a_workspace()
    accounts = [an_account(workspace) for _ in range(4)]
    campaign = a_campaign(workspace, *accounts, follow_up_after_days=5)
    for account in accounts:
        an_item(campaign, account, linkedin_user_id=f"ACoAA{account.pk.hex[:20]}")
    turns = [claiming.Turn(account.pk, Kind.CONNECTION_REQUEST) for account in accounts]
    return claiming.claim_all(turns, None, NOON)


def record(calls: list[Call]) -> set[object]:
    sent = []
    for number, call in enumerate(calls):
        answer = answered(number)
        verdict = deciding.plainly_sent(answer, call.claim.item_kind)
        assert verdict is not None
        sent.append(together.Sent(call, answer, verdict))
    return set(together.record_sent(sent, LATER))


def rows(model: Any, **named: Any) -> dict[str, Any]:
    """Return a row's values, but for those by which rows always differ."""
    values: dict[str, Any] = model.objects.filter(**named).values().get()
    own = {"id", "person_key", "linkedin_user_id", "prospect_id", "linkedin_account_id", "item_id"}
    own |= {"last_name", "public_identifier", "profile_url", "resolved_with_id", "created_at"}
    return {key: value for key, value in values.items() if key not in own}


def test_many_are_recorded_as_one_is(calls: list[Call], django_assert_max_num_queries: Any) -> None:
    *many, one = calls
    verdict = deciding.plainly_sent(answered(0), one.claim.item_kind)
    assert verdict is not None
    recording.record(one, answered(0), verdict, LATER, "invitation-0")

    with django_assert_max_num_queries(5):  # savepoint, attempts, items, people, release
        recorded = record(many)

    assert recorded == {call.claim.item_id for call in many}
    first, *_ = many
    assert rows(QueueItem, pk=first.claim.item_id) == rows(QueueItem, pk=one.claim.item_id)
    assert rows(SendAttempt, pk=first.attempt_id) == rows(SendAttempt, pk=one.attempt_id)
    assert rows(Prospect, queue_items=first.claim.item_id) == rows(
        Prospect, queue_items=one.claim.item_id
    )
    assert {item.invitation_id for item in QueueItem.objects.all()} == {
        f"invitation-{number}" for number in range(3)
    }


def test_who_lost_the_claim_changes_nothing_but_the_attempt(calls: list[Call]) -> None:
    lost, *others = calls
    QueueItem.objects.filter(pk=lost.claim.item_id).update(
        status=Status.PENDING, claim_token=None, claimed_at=None
    )

    recorded = record(calls)

    assert recorded == {call.claim.item_id for call in others}
    assert QueueItem.objects.get(pk=lost.claim.item_id).status == Status.PENDING
    assert SendAttempt.objects.get(pk=lost.attempt_id).outcome == Outcome.SENT


def test_nobody_comes_back_from_a_later_state(calls: list[Call]) -> None:
    first, *_ = calls
    Prospect.objects.filter(queue_items=first.claim.item_id).update(status=Prospect.Status.REPLIED)

    record(calls)

    assert Prospect.objects.filter(status=Prospect.Status.REPLIED).count() == 1
    assert not LinkedInAccount.objects.exclude(paused_until=None).exists()
    assert QueueItem.objects.filter(status=Status.SENT).count() == len(calls)
