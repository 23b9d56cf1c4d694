"""Notes longer than LinkedIn takes from an account are held and told once; nobody fails."""

import datetime as dt

import pytest
from django.urls import reverse

from campaigns.models import Campaign, LinkedInAccount
from queueing import gates, planning
from queueing.gates import Gate, Waits, explaining, waiting, words
from queueing.models import Notice, ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, an_account, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


@pytest.fixture
def lapsed(account: LinkedInAccount, sandbox: Sandbox) -> LinkedInAccount:
    sandbox.control.add_account(account.unipile_account_id, "free")
    return account


def run(client: Client, clock: MovedClock, times: int = 1) -> None:
    for _ in range(times):
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
        clock.advance(minutes=30)


def test_long_notes_are_held_after_one_refusal_and_short_ones_go(
    lapsed: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    long = [an_item(campaign, lapsed, message="x" * 201) for _ in range(3)]
    short = an_item(campaign, lapsed, message="Hello")

    run(client_of_unipile, clock, times=6)

    lapsed.refresh_from_db()
    states = {QueueItem.objects.get(pk=item.pk).status for item in long}
    assert (lapsed.longest_note, lapsed.note_limit) == (200, 200)
    assert states == {Status.PENDING}
    assert QueueItem.objects.get(pk=short.pk).status == Status.SENT
    assert len(sandbox.control.calls(route="invite")) == 2
    assert Notice.objects.count() == 1


def test_a_held_note_says_so_and_goes_when_it_is_shortened(
    lapsed: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    item = an_item(campaign, lapsed, message="x" * 201)
    run(client_of_unipile, clock)

    held = gates.report(item.pk, clock()).binding
    QueueItem.objects.update(message="x" * 200)
    run(client_of_unipile, clock)

    item.refresh_from_db()
    assert held is not None
    assert (held.gate, held.somebody_must_act) == (Gate.NOTES, True)
    assert "201 characters, and LinkedIn takes 200" in held.detail
    assert item.status == Status.SENT


def test_a_type_that_is_lowered_holds_long_notes_without_a_call(
    lapsed: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = an_item(campaign, lapsed, message="x" * 201)
    LinkedInAccount.objects.update(account_type="free")

    run(client_of_unipile, clock, times=3)

    item.refresh_from_db()
    assert (item.status, item.attempts) == (Status.PENDING, 0)
    assert sandbox.control.calls() == []


def test_a_note_refused_within_a_free_accounts_limit_holds_what_is_as_long(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    an_item(campaign, account, message="x" * 150)
    kind = "errors/too_many_characters"
    sandbox.control.fault("answer", route="invite", status=400, type=kind)

    run(client_of_unipile, clock)

    account.refresh_from_db()
    assert account.longest_note == 149


def test_the_form_says_how_many_notes_a_lower_type_would_hold(
    account: LinkedInAccount, campaign: Campaign, admin_client: object
) -> None:
    for length in (200, 201, 300):
        an_item(campaign, account, message="x" * length, scheduled_for=NOON)

    page = admin_client.get(  # type: ignore[attr-defined]
        reverse("admin:campaigns_linkedinaccount_change", args=[account.pk])
    )

    assert "Notes that wait and are longer: 2." in page.content.decode()


def test_held_notes_are_found_counted_and_foreseen_as_the_claim_sees_them(
    account: LinkedInAccount, campaign: Campaign, clock: MovedClock
) -> None:
    LinkedInAccount.objects.update(longest_note=149)
    long = [an_item(campaign, account, message="x" * length) for length in (150, 300)]
    later = an_item(campaign, account, message="x" * 150, scheduled_for=NOON + dt.timedelta(days=1))
    short = [an_item(campaign, account, message=message) for message in ("", "x" * 149)]
    items = QueueItem.objects.all()
    free = an_item(campaign, an_account(campaign.workspace, account_type="free"), message="x" * 201)

    held = set(waiting.waiting_for(items, Gate.NOTES, clock()))
    counted = waiting.count_waiting(items, Waits(items, clock(), None))
    reports = explaining.reports(items, clock())
    foreseen = planning.forecast.forecast_campaign(campaign, clock())

    assert held == {*long, later, free}
    assert counted == {Gate.NOTES: 4, words.NEXT_RUN: 2}
    assert {item for item in items if words.waits_for(reports[item.pk]) == Gate.NOTES} == held
    assert {send.item_id for send in foreseen.sends} == {item.pk for item in short}
    assert sum(foreseen.held.values()) == 4
    assert runs.held_by_gate(clock())[0] == {Gate.NOTES: 3}
