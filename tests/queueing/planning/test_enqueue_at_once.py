"""Who is queued while others queue, correct and are stored: each person once."""

import sys
from typing import Any

import pytest

from campaigns.models import Prospect
from queueing import planning
from queueing.models import QueueItem
from queueing.planning import selection
from tests.builders import (
    NOON,
    a_campaign,
    a_prospect,
    a_queueable,
    a_workspace,
    an_item,
    queued,
)
from tests.processes import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_the_same_campaign_twice_at_once_queues_each_person_once() -> None:
    campaign = a_queueable(people=120, accounts=3)

    reports = at_once([lambda: planning.enqueue(campaign, NOON)] * 2)

    assert sorted(report.queued for report in reports) == [0, 120]
    assert len({item.person_key for item in queued(campaign)}) == len(queued(campaign)) == 120


@pytest.mark.django_db(transaction=True)
def test_two_campaigns_at_once_queue_a_shared_person_once() -> None:
    workspace = a_workspace()
    one, two = (
        a_queueable(people=0, workspace=workspace),
        a_queueable(people=0, workspace=workspace),
    )
    for campaign in (one, two):
        for number in range(60):
            a_prospect(campaign, public_identifier=f"shared-{number}")

    reports = at_once([lambda: planning.enqueue(one, NOON), lambda: planning.enqueue(two, NOON)])

    assert sum(report.queued for report in reports) == 60
    assert QueueItem.objects.count() == 60
    assert Prospect.objects.filter(status=Prospect.Status.QUEUED).count() == 60


@pytest.mark.django_db(transaction=True)
def test_many_are_stored_beside_the_placing_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[planning.enqueue.__module__], "CHUNK", 3)
    campaign = a_queueable(people=11)
    seen: list[tuple[int, int]] = []

    report = planning.enqueue(campaign, NOON, lambda done, total: seen.append((done, total)))

    assert report.queued == 11
    assert seen == [(0, 11), (3, 11), (6, 11), (9, 11), (11, 11)]
    assert len({item.prospect_id for item in queued(campaign)}) == 11
    assert not campaign.prospects.exclude(status=Prospect.Status.QUEUED).exists()


def test_whoever_is_queued_behind_the_planners_back_is_counted_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = a_queueable(people=2)
    first, second = campaign.prospects.order_by("created_at")
    other = a_campaign(campaign.workspace, name="By hand")
    judge = selection.Selection.judge

    def judge_then_lose(self: selection.Selection, prospects: Any) -> Any:
        verdicts = judge(self, prospects)
        same = a_prospect(other, public_identifier=first.public_identifier)
        an_item(other, campaign.accounts.get(), prospect=same)
        return verdicts

    monkeypatch.setattr(selection.Selection, "judge", judge_then_lose)

    report = planning.enqueue(campaign, NOON)

    first.refresh_from_db()
    assert report.queued == 1
    assert report.left_out == {"Queued in campaign “By hand”": [str(first)]}
    assert first.status == Prospect.Status.NEW
    assert [item.prospect for item in queued(campaign)] == [second]


def test_whoever_becomes_somebody_else_meanwhile_is_not_queued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = a_queueable(people=2)
    first, second = campaign.prospects.order_by("created_at")
    judge = selection.Selection.judge

    def judge_then_correct(self: selection.Selection, prospects: Any) -> Any:
        verdicts = judge(self, prospects)
        Prospect.objects.filter(pk=first.pk).update(public_identifier="grace-example")
        return verdicts

    monkeypatch.setattr(selection.Selection, "judge", judge_then_correct)

    report = planning.enqueue(campaign, NOON)

    first.refresh_from_db()
    assert report.left_out == {selection.CHANGED_MEANWHILE: [str(first)]}
    assert first.status == Prospect.Status.NEW
    assert [item.prospect for item in queued(campaign)] == [second]
