"""Somebody else at an address: held with both names, until people say who it is."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from campaigns.models import Prospect
from queueing.looking import resolving
from queueing.models import ProcessRun, QueueItem
from queueing.sending import judging, runs
from queueing.staff import items, triage
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.queueing.sending.test_outcomes import a_profile

Status = QueueItem.Status


@pytest.mark.parametrize(
    ("listed", "told", "is_somebody_else"),
    [
        (("Bea", "Muster"), ("Ada", "Example"), True),
        (("Ada", "Muster"), ("Ada", "Example"), False),
        (("Bea", "Example"), ("Ada", "Example"), False),
        (("Example", "Ada"), ("Ada", "Example"), False),
        (("Bea", ""), ("Ada", "Example"), False),
        (("", ""), ("Ada", "Example"), False),
        (("Bea", "Muster"), ("Ada", ""), False),
        (("Bea", "Muster"), ("Person", "17"), False),
        (("Bea", "Muster"), ("First", "Last"), False),
        (("Bea", "Muster"), ("LinkedIn", "Member"), False),
        (("Bea", "Muster"), ("Ada", "E."), False),
    ],
)
def test_only_two_names_that_are_known_and_different_are_somebody_else(
    listed: tuple[str, str], told: tuple[str, str], is_somebody_else: bool
) -> None:
    verdict = judging.on_name(replace(a_profile(), first_name=told[0], last_name=told[1]), listed)

    assert (verdict is not None) is is_somebody_else
    if verdict is not None:
        assert (verdict.status, verdict.error_code) == (Status.FAILED, "somebody_else")
        assert "“Bea Muster”" in verdict.error_message
        assert "“Ada Example”" in verdict.error_message


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ahead", [False, True])
def test_held_with_both_names_until_it_is_said_to_be_the_same(
    sandbox: Sandbox, client_of_unipile: Client, clock: MovedClock, ahead: bool
) -> None:
    sandbox.control.add_account("acc-1", "sales_navigator")
    account = an_account(a_workspace(), unipile_account_id="acc-1")
    campaign = a_campaign(account.workspace, account)
    person = a_prospect(campaign, public_identifier="ada-example", first_name="Bea")
    Prospect.objects.update(last_name="Muster")
    if ahead:
        resolving.resolve_pending(client_of_unipile, clock)
        person.refresh_from_db()
        assert (person.status, person.linkedin_user_id) == ("new", "")
    item = an_item(campaign, account, prospect=person)

    def run() -> str:
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
        item.refresh_from_db()
        clock.advance(minutes=5)
        return item.status

    assert run() == Status.FAILED
    assert item.error_code == "somebody_else"
    assert not sandbox.control.effects()
    account.refresh_from_db()
    assert account.paused_until is None
    staff = User.objects.create_user("staff")
    items.act(triage.RetryNow(), QueueItem.objects.all(), staff, clock(), reason="Again")
    assert run() == Status.FAILED
    items.act(triage.SamePerson(), QueueItem.objects.all(), staff, clock(), reason="Married")
    assert run() == Status.SENT
    assert len(sandbox.control.effects()) == 1
