"""Connecting accounts: what comes back is a hint, the account that is asked for decides."""

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.utils import timezone

from campaigns.models import LinkedInAccount
from queueing.looking import connecting, syncing
from queueing.models import ConnectLink, Notice, QueueItem
from queueing.unipile import Client, receiver
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import BOTH

pytestmark = pytest.mark.django_db(transaction=True)
Status = LinkedInAccount.Status


class Desk:
    """Somebody who makes links, and those who use them."""

    def __init__(self, sandbox: Sandbox, client: Client, spoken: str, user: User) -> None:
        self.sandbox, self.client, self.spoken, self.user = sandbox, client, spoken, user

    def link(self, account: LinkedInAccount | None = None, **how: Any) -> ConnectLink:
        workspace = account.workspace if account else how.pop("workspace", None) or a_workspace()
        return connecting.make(self.client, workspace, self.user, NOON, account=account, **how)

    def log_in(self, link: ConnectLink, choice: str = "approve", login: str = "") -> ConnectLink:
        """Use a link, and tell what is told of it: V1 posts it, V2 has it in the address."""
        used = self.sandbox.control.use_link(link.url, choice, login)
        query = dict(parse_qsl(urlsplit(used["location"]).query))
        told = receiver(self.spoken).returned(query)
        back = connecting.link_of(told.state)
        assert back == link
        account_id = (used["notice"] or {}).get("account_id", told.account_id)
        connecting.note(back, account_id, told.trouble, NOON)
        connecting.finish(self.client, back, NOON)
        return back


@pytest.fixture
def desk(sandbox: Sandbox, client_of_unipile: Client, spoken: str, admin_user: User) -> Desk:
    sandbox.control.freeze(NOON.isoformat())
    return Desk(sandbox, client_of_unipile, spoken, admin_user)


@pytest.fixture
def known(account: LinkedInAccount, desk: Desk) -> LinkedInAccount:
    """An account of which it is known whose it is, and that was lost."""
    desk.sandbox.control.set_account(account.unipile_account_id, login="nora-example")
    syncing.sync_accounts(desk.client, NOON)
    desk.sandbox.control.set_account(account.unipile_account_id, status="CREDENTIALS")
    syncing.sync_accounts(desk.client, NOON)
    account.refresh_from_db()
    assert account.status == Status.DISCONNECTED
    return account


@BOTH
def test_a_new_account_has_the_type_and_owner_that_are_reported(desk: Desk) -> None:
    link = desk.log_in(desk.link(), login="nora-example")

    made = LinkedInAccount.objects.get()
    assert link.connected == made
    assert (made.workspace, made.status) == (link.workspace, Status.CONNECTED)
    assert (made.account_type, made.warm_up_started_on) == ("free", NOON.date())
    assert made.owner_id == desk.sandbox.control.provider_id(
        made.unipile_account_id, "nora-example"
    )
    assert link.url == ""  # it lets nobody in any more


@BOTH
def test_what_the_browser_names_is_not_believed(desk: Desk) -> None:
    """An account that was there before the link is none that it led to."""
    desk.sandbox.control.add_account("acc_somebody-elses", "premium")
    link = desk.link()

    connecting.note(link, "acc_somebody-elses", "", NOON)
    connecting.finish(desk.client, link, NOON)

    assert not LinkedInAccount.objects.exists()
    assert "before this link was made" in link.outcome


@BOTH
def test_an_account_that_nobody_has_is_waited_for(desk: Desk) -> None:
    link = desk.link()

    connecting.note(link, "acc_nobodys", "", NOON)
    connecting.finish(desk.client, link, NOON)
    link.refresh_from_db()

    assert (link.ended_at, link.told_id) == (None, "")


def test_a_link_runs_out(desk: Desk) -> None:
    link = desk.link()
    late = NOON + dt.timedelta(hours=2)
    desk.sandbox.control.use_link(link.url)

    connecting.note(link, "sandbox-account-new-3", "", late)

    assert connecting.finish(desk.client, link, late) is False
    assert (link.told_id, LinkedInAccount.objects.count()) == ("", 0)


def test_where_nothing_is_told_somebody_says_which_it_is(desk: Desk) -> None:
    """V1 tells by a call that does not reach every installation."""
    link = desk.link()
    desk.sandbox.control.use_link(link.url)

    assert connecting.finish(desk.client, link, NOON) is False
    (found,) = connecting.candidates(desk.client, link)
    assert connecting.take(desk.client, link, found, NOON)

    assert link.connected == LinkedInAccount.objects.get()
    assert connecting.candidates(desk.client, desk.link()) == []


@BOTH
def test_an_account_is_connected_again(desk: Desk, known: LinkedInAccount) -> None:
    link = desk.log_in(desk.link(known))

    known.refresh_from_db()
    assert (known.status, link.connected) == (Status.CONNECTED, known)
    assert f"“{known}” is connected" in link.outcome


@BOTH
def test_a_new_id_of_the_same_member_takes_the_place_of_the_old_one(
    desk: Desk, known: LinkedInAccount
) -> None:
    """With its items, use, limits and warm-up; whichever kind of link was made."""
    LinkedInAccount.objects.update(daily_limit=7, warm_up_started_on=NOON.date())
    campaign = a_campaign(known.workspace, known)
    sent = an_item(campaign, known, status="sent", sent_at=NOON, linkedin_user_id="ACo1")
    waits = an_item(campaign, known)
    old_id = known.unipile_account_id

    for link, choice in [
        (desk.link(known), "create"),
        (desk.link(workspace=known.workspace), "approve"),
    ]:
        used = desk.log_in(link, choice, login="nora-example")
        assert used.connected == known
        known.refresh_from_db()
        assert known.unipile_account_id != old_id
        old_id = known.unipile_account_id

    assert LinkedInAccount.objects.count() == 1
    assert (known.status, known.daily_limit) == (Status.CONNECTED, 7)
    assert known.warm_up_started_on == NOON.date()
    assert set(QueueItem.objects.filter(linkedin_account=known)) == {sent, waits}


@BOTH
def test_somebody_else_who_logs_in_is_held_or_refused(desk: Desk, known: LinkedInAccount) -> None:
    anew = desk.log_in(desk.link(known), "create", login="sam-example")
    assert anew.connected is None
    assert "Nothing was changed" in anew.outcome

    desk.log_in(desk.link(known), "wrong")
    known.refresh_from_db()
    assert known.status == Status.DISCONNECTED
    assert known.other_login
    assert LinkedInAccount.objects.count() == 1


@BOTH
def test_a_member_of_another_client_is_refused_and_not_named(
    desk: Desk, known: LinkedInAccount
) -> None:
    link = desk.log_in(desk.link(workspace=a_workspace()), login="nora-example")

    assert link.outcome == connecting.ELSEWHERE
    assert LinkedInAccount.objects.count() == 1


@BOTH
def test_another_clients_member_who_logs_in_holds_the_account_at_once(
    desk: Desk, known: LinkedInAccount
) -> None:
    other = an_account(a_workspace(), name="Behind another wall")
    desk.sandbox.control.add_account(other.unipile_account_id, login="sam-example")
    desk.sandbox.control.set_account(known.unipile_account_id, status="OK")
    syncing.sync_accounts(desk.client, NOON)
    known.refresh_from_db()
    assert known.status == Status.CONNECTED
    link = desk.link(known)
    desk.sandbox.control.set_account(known.unipile_account_id, login="sam-example")

    connecting.note(link, known.unipile_account_id, "", NOON)
    connecting.finish(desk.client, link, NOON)

    known.refresh_from_db()
    assert (known.status, bool(known.other_login)) == (Status.DISCONNECTED, True)
    assert "ACoAA" not in link.outcome
    assert other.name not in link.outcome


def test_an_account_of_another_network_is_refused(desk: Desk) -> None:
    link = desk.link()
    whatsapp = {"object": "Account", "type": "WHATSAPP", "id": "w-1", "name": "A phone"}
    desk.sandbox.control.add_account("w-1", raw=whatsapp | {"sources": [{"status": "OK"}]})

    connecting.note(link, "w-1", "", NOON)
    connecting.finish(desk.client, link, NOON)

    assert "no LinkedIn account (Whatsapp)" in link.outcome
    assert not LinkedInAccount.objects.exists()


def test_a_member_twice_sends_once(desk: Desk, account: LinkedInAccount) -> None:
    """The one that was known first; the other says whose it is, once, and goes on after it."""
    desk.sandbox.control.set_account(account.unipile_account_id, login="nora-example")
    syncing.sync_accounts(desk.client, NOON)
    twin = an_account(account.workspace, name="Nora again")
    desk.sandbox.control.add_account(twin.unipile_account_id, login="nora-example")

    for _ in range(2):
        syncing.sync_accounts(desk.client, NOON)

    twin.refresh_from_db()
    assert (twin.status, twin.same_as) == (Status.DISCONNECTED, account)
    assert f"the same LinkedIn member as “{account}”" in Notice.objects.get().text
    account.refresh_from_db()
    assert account.status == Status.CONNECTED

    account.delete()
    syncing.sync_accounts(desk.client, NOON)
    twin.refresh_from_db()
    assert (twin.status, twin.same_as) == (Status.CONNECTED, None)


def test_the_notice_of_v1_counts_by_the_links_own_word(desk: Desk, client: Browser) -> None:
    link = desk.link()
    ConnectLink.objects.update(expires_at=timezone.now() + connecting.LINK_LASTS)
    notice = desk.sandbox.control.use_link(link.url)["notice"]

    def told(**changes: str) -> int:
        body = json.dumps(notice | changes)
        path = f"/{connecting.NOTICE_PATH}"
        # As Unipile sends JSON: under the name of a form.
        how = "application/x-www-form-urlencoded"
        return client.generic("POST", path, body, content_type=how).status_code

    assert told(name=f"{link.pk.hex}:forged") == 401
    assert told(name="") == 401
    link.refresh_from_db()
    assert link.told_id == ""
    assert [told(), told()] == [200, 200]
    link.refresh_from_db()
    assert link.told_id == notice["account_id"]
