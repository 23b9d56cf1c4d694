"""Another login behind an account's Unipile id: held, named, and never looked with."""

import pytest
from django.contrib.auth.models import User

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import reconciling, syncing
from queueing.models import Notice, QueueItem
from queueing.sending import runs
from queueing.staff import places
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, an_item
from tests.conftest import BOTH, MovedClock
from tests.queueing.looking.doubt import in_doubt, later

pytestmark = pytest.mark.django_db(transaction=True)
Status = LinkedInAccount.Status


@pytest.fixture
def account(account: LinkedInAccount, sandbox: Sandbox, clock: MovedClock) -> LinkedInAccount:
    sandbox.control.freeze(clock().isoformat())
    sandbox.control.set_account(account.unipile_account_id, login="nora-example")
    return account


def known(account: LinkedInAccount, client: Client) -> LinkedInAccount:
    """Sync once, so that it is known whose the account is."""
    syncing.sync_accounts(client, NOON)
    account.refresh_from_db()
    return account


def test_the_first_sync_notes_whose_an_account_is(
    account: LinkedInAccount, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    known(account, client_of_unipile)

    own = sandbox.control.provider_id(account.unipile_account_id, "nora-example")
    assert (account.owner_slug, account.owner_id) == ("nora-example", own)
    assert (account.status, Notice.objects.count()) == (Status.CONNECTED, 0)


@pytest.mark.parametrize("before", Status.values)
def test_another_login_holds_the_account_and_is_named_once(
    account: LinkedInAccount, client_of_unipile: Client, sandbox: Sandbox, before: str
) -> None:
    known(account, client_of_unipile)
    LinkedInAccount.objects.update(status=before)
    sandbox.control.set_account(account.unipile_account_id, login="sam-example")

    for _ in range(2):
        syncing.sync_accounts(client_of_unipile, NOON)

    account.refresh_from_db()
    assert account.status == (Status.RESTRICTED if before == "restricted" else Status.DISCONNECTED)
    assert (account.owner_slug, account.other_login) == ("nora-example", "sam-example")
    told = Notice.objects.get().text
    assert "nora-example" in told
    assert "sam-example" in told


@BOTH
def test_the_owners_return_lets_it_go_on(
    account: LinkedInAccount, client_of_unipile: Client, sandbox: Sandbox
) -> None:
    known(account, client_of_unipile)
    for login in ("sam-example", "nora-example"):
        sandbox.control.set_account(account.unipile_account_id, login=login)
        syncing.sync_accounts(client_of_unipile, NOON)

    account.refresh_from_db()
    assert (account.status, account.other_login) == (Status.CONNECTED, "")


def test_an_owner_with_a_new_public_name_is_no_other(
    account: LinkedInAccount, client_of_unipile: Client
) -> None:
    known(account, client_of_unipile)
    LinkedInAccount.objects.update(owner_slug="nora-of-former-times")  # the id is the same

    known(account, client_of_unipile)

    assert (account.status, account.owner_slug) == (Status.CONNECTED, "nora-example")


def test_what_is_not_told_is_no_other(account: LinkedInAccount, client_of_unipile: Client) -> None:
    known(account, client_of_unipile)
    LinkedInAccount.objects.update(owner_slug="", owner_id="")

    known(account, client_of_unipile)

    assert (account.status, account.owner_slug) == (Status.CONNECTED, "nora-example")


def test_nobody_says_that_it_is_connected_while_somebody_else_is_logged_in(
    account: LinkedInAccount, client_of_unipile: Client, sandbox: Sandbox, admin_user: User
) -> None:
    known(account, client_of_unipile)
    sandbox.control.set_account(account.unipile_account_id, login="sam-example")
    known(account, client_of_unipile)

    with pytest.raises(places.NotNowError, match="sam-example"):
        places.mark_connected(account, admin_user, "it works", NOON)


@pytest.mark.parametrize("is_synced", [True, False])
def test_doubts_are_not_settled_by_what_another_login_sees(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    is_synced: bool,
) -> None:
    known(account, client_of_unipile)
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.set_account(account.unipile_account_id, login="sam-example")
    if is_synced:
        known(account, client_of_unipile)

    for _ in range(4):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)
        reconciling.check_item(client_of_unipile, item.pk, clock)

    item.refresh_from_db()
    assert item.status == QueueItem.Status.UNCONFIRMED
    assert sandbox.control.calls(route="sent") == []


@BOTH
def test_nothing_is_sent_with_another_login(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    known(account, client_of_unipile)
    an_item(campaign, account)
    sandbox.control.set_account(account.unipile_account_id, login="sam-example")
    known(account, client_of_unipile)

    runs.run("command", clock, client=client_of_unipile)

    assert sandbox.control.effects() == []
