"""One page for a person: every campaign of the client, the check that decides, notes."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db


def page_of(person: Prospect, page: str = "change") -> str:
    return f"/admin/campaigns/prospect/{person.pk}/{page}/"


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace(name="Harbor"), name="Nora")


def test_a_person_is_shown_across_the_campaigns_of_one_client(
    desk: Client, account: LinkedInAccount
) -> None:
    spring = a_campaign(account.workspace, account, name="Spring")
    autumn = a_campaign(account.workspace, account, name="Autumn", status=Campaign.Status.PAUSED)
    elsewhere = a_campaign(a_workspace(), name="Elsewhere")
    before = a_prospect(spring, public_identifier="ada", status=Prospect.Status.SKIPPED)
    an_item(spring, account, prospect=before, status=QueueItem.Status.SKIPPED)
    person = a_prospect(autumn, public_identifier="ada", status=Prospect.Status.QUEUED)
    an_item(autumn, account, prospect=person, scheduled_for=NOON)
    a_prospect(elsewhere, public_identifier="ada")

    page = desk.get(page_of(person))

    found = {each.person.campaign.name: each for each in page.context["in_campaigns"]}
    assert set(found) == {"Spring", "Autumn"}
    ((_, why),) = found["Autumn"].items
    assert why is not None
    assert "paused" in str(why.decides)
    assert len(why.others) == len(why.report.states) - 1
    assert "Elsewhere" not in page.content.decode()
    assert page_of(before) in page.content.decode()


def test_notes_and_who_has_it_are_of_the_person_in_every_campaign(
    desk: Client, boss: User, account: LinkedInAccount
) -> None:
    rows = [
        a_prospect(a_campaign(account.workspace, account), public_identifier="ada")
        for _ in range(2)
    ]

    desk.post(page_of(rows[0], "say"), {"say": "note", "text": "Met <b>her</b> in May"})
    desk.post(page_of(rows[0], "say"), {"say": "note", "text": "  "})
    desk.post(page_of(rows[0], "say"), {"say": "take"})

    page = desk.get(page_of(rows[1]))
    assert [note.text for note in page.context["notes"]] == ["Met <b>her</b> in May"]
    assert page.context["taken_by"] == boss
    assert "Met &lt;b&gt;her&lt;/b&gt; in May" in page.content.decode()
    desk.post(page_of(rows[1], "say"), {"say": "give_back"})
    assert desk.get(page_of(rows[0])).context["taken_by"] is None


def test_a_viewer_reads_notes_and_strangers_do_not(account: LinkedInAccount) -> None:
    person = a_prospect(a_campaign(account.workspace, account))
    viewer = logged_in(a_user("vera", account.workspace, group="Viewer"))
    stranger = logged_in(a_user("sven", a_workspace(), group="Operator"))

    assert viewer.get(page_of(person)).status_code == 200
    assert viewer.post(page_of(person, "say"), {"say": "take"}).status_code == 403
    assert stranger.post(page_of(person, "say"), {"say": "take"}).status_code == 404


def test_a_persons_page_folds_what_stands_above_and_keeps_at_hand_what_is_set(
    desk: Client, account: LinkedInAccount
) -> None:
    campaign = a_campaign(account.workspace, account)
    fresh, invited = a_prospect(campaign), a_prospect(campaign, status=Prospect.Status.QUEUED)
    an_item(
        campaign, account, prospect=invited, status=QueueItem.Status.SENT, sent_at=NOON, attempts=1
    )

    for person, at_hand in ((fresh, {"tag", "status"}), (invited, {"tag"})):
        form = desk.get(page_of(person)).context["adminform"]
        opened, *folded = list(form)
        assert set(opened.fields) == at_hand
        assert [each.is_collapsible for each in folded] == [True, True]
        shown = [*opened.fields, *(name for each in folded for name in each.fields)]
        assert len(shown) == len(set(shown))
        assert {"first_name", "company", "campaign", "profile_url", "created_at"} <= set(shown)


def test_a_refused_field_is_not_folded_away(desk: Client, account: LinkedInAccount) -> None:
    person = a_prospect(a_campaign(account.workspace, account))

    page = desk.post(page_of(person), {"variables": "not JSON"})

    folded = {each.name: each.is_collapsible for each in page.context["adminform"]}
    assert folded["Name, company and columns"] is False
