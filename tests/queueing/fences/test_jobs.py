"""A row that cannot be dealt with ends no loop of the jobs beside sending."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import planning
from queueing.looking import pace, reconciling, resolving, syncing
from queueing.models import Notice, QueueItem
from queueing.planning import schedule
from queueing.telling import Fence, notices
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account
from tests.conftest import MovedClock
from tests.queueing.fences.conftest import PoisonError, poisoned, replan, run, states

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


def all_in_doubt(items: list[QueueItem], client: Client, clock: MovedClock, box: Sandbox) -> None:
    box.control.fault("close", route="invite", when="after", times=3)
    run(client, clock)
    assert states(items) == [Status.UNCONFIRMED] * 3
    clock.advance(minutes=10)
    box.control.freeze(clock().isoformat())


@pytest.mark.parametrize("where", [(reconciling, "_settle"), (pace, "next_look_at")])
def test_a_doubt_that_cannot_be_settled_holds_up_no_other(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    where: tuple[Any, str],
) -> None:
    all_in_doubt(items, client_of_unipile, clock, sandbox)
    real = getattr(*where)
    fails = poisoned(real, lambda item, *_: item.pk == items[0].pk)
    monkeypatch.setattr(*where, fails)

    settled = reconciling.reconcile(client_of_unipile, clock)

    assert settled == {"sent": 2, "set_aside": 1}
    assert states(items) == [Status.UNCONFIRMED, Status.SENT, Status.SENT]


def test_two_doubts_of_one_account_are_settled_one_by_one(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    all_in_doubt(items, client_of_unipile, clock, sandbox)
    account = items[0].linkedin_account
    QueueItem.objects.update(linkedin_account=account)
    fails = poisoned(reconciling._settle, lambda item, *_: item.pk == items[0].pk)
    monkeypatch.setattr(reconciling, "_settle", fails)

    settled = reconciling.reconcile(client_of_unipile, clock)

    items[0].refresh_from_db()
    assert settled["set_aside"] == 1
    assert items[0].error_code == "internal_error"
    assert all(item.send_attempts.filter(route="profile").count() for item in items[1:])


def test_a_prospect_that_cannot_be_looked_up_is_left_to_the_sending(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = [a_prospect(campaign) for _ in range(3)]
    poison = people[0].pk
    fails = poisoned(resolving._was_found_elsewhere, lambda person, _: person.pk == poison)
    monkeypatch.setattr(resolving, "_was_found_elsewhere", fails)

    found = [resolving.resolve_pending(client_of_unipile, clock) for _ in range(2)]

    assert found == [{"resolved": 1, "set_aside": 1}, {"resolved": 1}]
    assert Prospect.objects.exclude(linkedin_user_id="").count() == 2


def test_an_account_that_cannot_be_looked_up_with_holds_up_no_other(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for item in items:
        a_prospect(item.campaign)
    first = items[0].linkedin_account
    fails = poisoned(resolving._next_prospects, lambda account, _: account == first)
    monkeypatch.setattr(resolving, "_next_prospects", fails)

    found = resolving.resolve_pending(client_of_unipile, clock)

    assert found == {"resolved": 2, "set_aside": 1}


def test_an_account_that_cannot_be_synced_holds_up_no_other(
    items: list[QueueItem], client_of_unipile: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    LinkedInAccount.objects.update(status=LinkedInAccount.Status.DISCONNECTED)
    first = items[0].linkedin_account
    fails = poisoned(syncing._bring_to, lambda account, *_: account == first)
    monkeypatch.setattr(syncing, "_bring_to", fails)

    changed = syncing.sync_accounts(client_of_unipile, NOON)

    assert changed == {"connected": 2, "set_aside": 1}


def test_an_account_that_cannot_be_planned_holds_up_no_other(
    items: list[QueueItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    LinkedInAccount.objects.update(paused_until=NOON + dt.timedelta(days=1))
    first = items[0].linkedin_account_id
    fails = poisoned(replan._replan_workspace, lambda keys, now: first in keys)
    monkeypatch.setattr(replan, "_replan_workspace", fails)
    fence = Fence(NOON)

    assert planning.replan(LinkedInAccount.objects.all(), NOON, fence) == 2

    assert fence.aside == ["Planning the account Account 0: PoisonError: nobody thought of this"]


def test_whoever_asks_for_a_plan_without_a_fence_is_told_when_the_others_are_done(
    items: list[QueueItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    LinkedInAccount.objects.update(paused_until=NOON + dt.timedelta(days=1))
    first = items[0].linkedin_account_id
    fails = poisoned(replan._replan_workspace, lambda keys, now: first in keys)
    monkeypatch.setattr(replan, "_replan_workspace", fails)

    with pytest.raises(PoisonError):
        planning.replan(LinkedInAccount.objects.all(), NOON)

    assert QueueItem.objects.filter(scheduled_for__gte=NOON).count() == 2


def test_a_campaign_that_cannot_be_started_holds_up_no_other(
    items: list[QueueItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = [a_campaign(item.workspace, item.linkedin_account, starts_at=NOON) for item in items]
    for draft in drafts:
        a_prospect(draft)
    Campaign.objects.filter(starts_at=NOON).update(status=Campaign.Status.DRAFT)
    fails = poisoned(planning.enqueue, lambda campaign, *_: campaign == drafts[0])
    monkeypatch.setattr(schedule, "enqueue", fails)

    report = planning.execute_scheduled_campaigns(NOON)

    assert sorted(report.started) == sorted(draft.name for draft in drafts[1:])
    assert f"The start of campaign “{drafts[0]}”" in report.set_aside[0]


def test_notices_that_cannot_be_mailed_keep_nobody_elses_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspaces = [a_workspace(notify_emails="staff@example.com") for _ in range(3)]
    for workspace in workspaces:
        notices.account_changed(an_account(workspace), "connected", NOON)
    fails = poisoned(notices._mail, lambda workspace, *_: workspace == workspaces[0])
    monkeypatch.setattr(notices, "_mail", fails)

    assert notices.send_digests(NOON) == 2

    assert len(mail.outbox) == 2
    assert Notice.objects.get(mailed_at__isnull=True).claimed_at is None  # tried again
