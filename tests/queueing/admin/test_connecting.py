"""Connecting an account from the admin, clicked through; and ids that are typed by hand."""

import re

import pytest
import requests
from django.test import Client
from pytest_django import Settings

from campaigns.models import LinkedInAccount
from queueing.models import ConnectLink
from sandbox.testing import Sandbox
from tests.builders import a_workspace, an_account
from tests.queueing.admin.conftest import a_user, logged_in
from tests.queueing.admin.test_accounts import do, save

pytestmark = pytest.mark.django_db
LIST = "/admin/campaigns/linkedinaccount/"


@pytest.fixture
def unipile(sandbox: Sandbox, settings: Settings) -> Sandbox:
    """The sandbox, as what the admin asks."""
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    settings.UNIPILE_API_VERSION = "v1"
    settings.SITE_URL = "http://testserver"
    return sandbox


def log_in(url: str, choice: str = "approve", login: str = "nora-example") -> str:
    """Push a button of the page that a link leads to; return where the browser goes."""
    with requests.Session() as browser:
        browser.trust_env = False
        assert choice in browser.get(url, timeout=30).text
        form = {"choice": choice, "login": login}
        answer = browser.post(url, form, allow_redirects=False, timeout=30)
    return answer.headers["location"].removeprefix("http://testserver")


def test_an_account_is_connected_from_the_list(desk: Client, unipile: Sandbox) -> None:
    workspace = a_workspace(name="Example Ltd")
    assert f"{LIST}connect/" in desk.get(LIST).content.decode()

    made = desk.post(f"{LIST}connect/", {"workspace": workspace.pk}, follow=True)
    link = ConnectLink.objects.get()
    assert link.url in made.content.decode()
    back = desk.get(log_in(link.url), follow=True)
    assert "Somebody has logged in: look now" in back.content.decode()  # V1 has told nothing yet
    here = back.redirect_chain[-1][0]
    asked = desk.post(here, {"look": "1"}).content.decode()
    assert "linkedin.com/in/nora-example" in asked
    taken = re.search(r'name="take" value="([^"]+)"', asked)
    assert taken is not None
    done = desk.post(here, {"take": taken[1]}, follow=True).content.decode()

    account = LinkedInAccount.objects.get()
    assert "is connected, and can send" in done
    assert (account.workspace, account.warm_up_started_on) == (workspace, None)


def test_the_owner_ends_on_a_page_without_a_login(desk: Client, unipile: Sandbox) -> None:
    account = an_account(a_workspace())
    unipile.control.add_account(account.unipile_account_id, login="nora-example")
    do(desk, account, "connect")
    link = ConnectLink.objects.get()
    stranger = Client()

    failed = stranger.get(log_in(link.url, "fail")).content.decode()
    worked = stranger.get(log_in(link.url))

    assert "was not connected" in failed
    assert "Your LinkedIn account is connected" in worked.content.decode()
    assert account.name not in failed + worked.content.decode()
    assert stranger.get("/connected/?state=forged&account_id=acc_1").status_code == 404


def test_links_are_made_and_seen_by_those_who_may(unipile: Sandbox, desk: Client) -> None:
    account = an_account(a_workspace())
    unipile.control.add_account(account.unipile_account_id)
    do(desk, account, "connect")
    link = ConnectLink.objects.get()
    of_another = logged_in(a_user("of-another", a_workspace(), group="Manager"))
    operator = logged_in(a_user("operator", account.workspace, group="Operator"))

    assert of_another.get(f"{LIST}connect/{link.pk}/").status_code == 404
    assert operator.get(f"{LIST}connect/{link.pk}/").status_code == 200
    assert operator.get(f"{LIST}connect/").status_code == 403


def test_an_id_that_is_typed_is_asked_for(desk: Client, unipile: Sandbox) -> None:
    account = an_account(a_workspace(), name="Nora Example")
    unipile.control.add_account(account.unipile_account_id, login="nora-example")
    unipile.control.add_account("acc_same-member", login="nora-example")
    sources = {"sources": [{"status": "OK"}]}
    phone = {"object": "Account", "type": "WHATSAPP", "id": "acc_phone", "name": "A phone"}
    unipile.control.add_account("acc_phone", raw=phone | sources)
    unipile.control.add_account("acc_free")
    LinkedInAccount.objects.update(owner_slug="nora-example")
    other = an_account(account.workspace, name="Other")

    told = [
        save(desk, other, unipile_account_id=given)
        for given in ("acc_phone", "acc_nobodys", "acc_same-member", "acc_free")
    ]

    assert "This is no LinkedIn account (Whatsapp)" in told[0]
    assert "Unipile knows no account of this id" in told[1]
    assert "the same LinkedIn member as “Nora Example”" in told[2]
    assert "set to Sales Navigator, and Unipile reports Free" in told[3]
    other.refresh_from_db()
    assert other.unipile_account_id == "acc_free"


def test_an_id_is_saved_where_unipile_cannot_be_asked(desk: Client) -> None:
    account = an_account(a_workspace())

    told = save(desk, account, unipile_account_id="acc_unasked")

    account.refresh_from_db()
    assert account.unipile_account_id == "acc_unasked"
    assert "Unipile could not be asked about it" in told


def test_the_card_of_a_lost_account_leads_to_a_link(desk: Client) -> None:
    lost = an_account(a_workspace(), status="disconnected")

    assert f"{LIST}{lost.pk}/do/connect/" in desk.get("/admin/").content.decode()
