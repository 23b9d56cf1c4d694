"""The header of every page: one search, a client that lists are narrowed to, a menu by rights."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from campaigns.models import Desk, Workspace
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db


def a_person(name: str, workspace: Workspace) -> str:
    account = an_account(workspace, name=f"Sender of {name[::-1]}")
    person = a_prospect(a_campaign(workspace, account), first_name=name, last_name="Stone")
    an_item(person.campaign, account, prospect=person)
    return f"/admin/campaigns/prospect/{person.pk}/change/"


def test_one_that_is_found_alone_is_opened(desk: Client) -> None:
    page = a_person("Zora", a_workspace())
    a_person("Milo", a_workspace())

    assert desk.get("/admin/find/?q=zor")["Location"] == page
    assert desk.get("/admin/find/?q=linkedin.com/in/nobody-at-all").status_code == 200
    both = desk.get("/admin/find/?q=stone").content.decode()
    assert "Zora Stone" in both
    assert "planned for <time" in both
    assert "Sender of oliM" in desk.get("/admin/find/?q=sender").content.decode()
    assert desk.get("/admin/find/?q=%00%27").status_code == 200


def test_a_search_stops_at_the_walls() -> None:
    own = a_workspace()
    a_person("Zora", a_workspace())
    viewer = logged_in(a_user("viewer", own, group="Viewer"))

    page = viewer.get("/admin/find/?q=zora").content.decode()

    assert "Nothing was found" in page
    assert "Nothing was found" in viewer.get("/admin/find/?q=sender").content.decode()


def test_lists_are_narrowed_to_the_chosen_client_and_pages_are_not(
    desk: Client, boss: User
) -> None:
    first, second = a_workspace(), a_workspace()
    a_person("Zora", first)
    other = a_person("Milo", second)

    desk.post("/admin/client/", {"client": str(first.pk), "back": "/admin/"})

    people = desk.get("/admin/campaigns/prospect/").content.decode()
    assert "Zora Stone" in people
    assert "Milo Stone" not in people
    assert desk.get("/admin/").context["figures"].pending == 1
    assert desk.get(other).status_code == 200
    assert desk.get("/admin/find/?q=milo")["Location"] == other

    desk.post("/admin/client/", {"client": "", "back": "/admin/"})
    assert "Milo Stone" in desk.get("/admin/campaigns/prospect/").content.decode()
    assert Desk.objects.get(user=boss).client is None


def test_nobody_chooses_a_client_behind_a_wall() -> None:
    own, other = a_workspace(), a_workspace()
    a_person("Zora", other)
    viewer = a_user("viewer", own, group="Viewer")
    browser = logged_in(viewer)

    browser.post("/admin/client/", {"client": str(other.pk), "back": "/admin/"})
    Desk.objects.filter(user=viewer).update(client=other)  # was a member once

    assert "Zora" not in browser.get("/admin/campaigns/prospect/").content.decode()


def test_the_menu_shows_what_somebody_may_see() -> None:
    viewer = logged_in(a_user("viewer", a_workspace(), group="Viewer"))

    page = viewer.get("/admin/").content.decode()

    assert ">Campaigns</a>" in page
    assert "/admin/queueing/queueitem/" in page
    assert "/admin/auth/user/" not in page
    assert "/admin/django_q/" not in page
