"""Looks ahead of time are spread, end with the day's budget and in time, and hold nobody up."""

import datetime as dt

import pytest
from django.conf import LazySettings

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.looking import budget, resolving
from queueing.models import SendAttempt
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_prospect, an_account, an_item
from tests.conftest import MovedClock
from tests.queueing.looking.test_resolving import SLUG, people

pytestmark = pytest.mark.django_db
Status = Prospect.Status


def test_looks_are_spread_over_runs_and_end_with_the_days_budget(
    campaign: Campaign, client_of_unipile: Client, settings: LazySettings, clock: MovedClock
) -> None:
    settings.LOOK_UPS_PER_RUN, settings.LOOK_UPS_PER_DAY = 2, 5
    people(campaign, 8)

    a_day = [resolving.resolve_pending(client_of_unipile, clock).total() for _ in range(4)]
    clock.advance(days=1)
    next_day = resolving.resolve_pending(client_of_unipile, clock).total()

    assert (a_day, next_day) == ([2, 2, 1, 0], 2)


def test_a_run_ends_in_time_and_the_next_begins_with_who_had_to_wait(
    campaign: Campaign, client_of_unipile: Client, settings: LazySettings, sandbox: Sandbox
) -> None:
    settings.SEND_RUN_DEADLINE_SECONDS, settings.LOOK_UPS_PER_RUN = 60, 1
    people(campaign, 9)
    for _ in range(2):
        other = an_account(campaign.workspace)
        campaign.accounts.add(other)
        sandbox.control.add_account(other.unipile_account_id, "free")
    clock = MovedClock()

    def slow() -> dt.datetime:
        clock.advance(seconds=20)
        return clock()

    for looked_up in (1, 2, 3):
        assert resolving.resolve_pending(client_of_unipile, slow) == {"resolved": 1}
        by = Prospect.objects.exclude(resolved_with=None).values("resolved_with").distinct()
        assert by.count() == looked_up


def test_looks_that_find_nobody_count(
    campaign: Campaign, client_of_unipile: Client, settings: LazySettings, sandbox: Sandbox
) -> None:
    settings.LOOK_UPS_PER_DAY = 3
    for number in range(6):
        a_prospect(campaign, public_identifier=f"nobody-{number}")

    for _ in range(5):
        resolving.resolve_pending(client_of_unipile, MovedClock())

    assert len(sandbox.control.calls(route="profile")) == 3


def test_an_address_that_was_changed_takes_two_looks_of_the_budget(
    campaign: Campaign,
    account: LinkedInAccount,
    client_of_unipile: Client,
    sandbox: Sandbox,
    clock: MovedClock,
) -> None:
    a_prospect(campaign, public_identifier=SLUG)
    sandbox.control.add_person(SLUG, moved_to="ada-married-example")

    resolving.resolve_pending(client_of_unipile, clock)

    assert len(sandbox.control.calls(route="profile")) == 2
    assert budget.views_today(account, clock()) == 2


def test_looks_made_while_sending_count(
    campaign: Campaign, account: LinkedInAccount, client_of_unipile: Client, settings: LazySettings
) -> None:
    settings.LOOK_UPS_PER_DAY = 3
    item = an_item(campaign, account)
    for number in range(2):
        SendAttempt.objects.create(item=item, kind="lookup", number=number, started_at=NOON)
    people(campaign, 3)

    assert resolving.resolve_pending(client_of_unipile, MovedClock()).total() == 1


def test_a_limit_holds_over_all_accounts(
    campaign: Campaign, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    other = an_account(campaign.workspace)
    sandbox.control.add_account(other.unipile_account_id, "free")
    people(campaign, 2)
    people(a_campaign(campaign.workspace, other), 2)

    found = resolving.resolve_pending(client_of_unipile, MovedClock(), limit=3)

    assert found.total() == 3
