"""While a text is typed: what real people get, how long it is for the longest, and who signs it."""

import pytest
from django.test import Client

from campaigns.models import Campaign, LinkedInAccount
from queueing.admin.previews import foreign_signature, typed, variables_of
from tests.builders import a_campaign, a_prospect, a_workspace, an_account
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db


def a_draft(*accounts: str) -> tuple[Campaign, list[LinkedInAccount]]:
    workspace = a_workspace()
    rows = [an_account(workspace, name=name) for name in accounts]
    campaign = a_campaign(workspace, *rows, status=Campaign.Status.DRAFT)
    a_prospect(campaign, first_name="Ada", company="Engines", variables={"shoe": "7"})
    a_prospect(campaign, first_name="Bartholomew", company="Ö", variables={"shoe": "7½ narrow"})
    return campaign, rows


def test_the_longest_real_person_counts_against_the_limit() -> None:
    campaign, accounts = a_draft("Nora Example")

    first = typed(campaign, accounts, "Hi {{ first_name }}")
    other = typed(campaign, accounts, "Hi {{ company }}")
    extra = typed(campaign, accounts, "{{ shoe }}")

    assert first.longest is not None
    assert (first.longest.text, first.limit) == ("Hi Bartholomew", accounts[0].note_limit)
    assert other.longest is not None
    assert other.longest.text == "Hi Engines"
    assert extra.longest is not None
    assert extra.longest.text == "7½ narrow"
    assert [note.text for note in first.notes] == ["Hi Ada", "Hi Bartholomew"]
    assert typed(campaign, accounts, "x" * 301).is_too_long
    assert not typed(campaign, accounts, "x" * 301, step=1).is_too_long


def test_the_shortest_limit_of_its_accounts_holds() -> None:
    campaign, accounts = a_draft("Nora Example", "Sam Example")
    accounts[1].account_type = LinkedInAccount.Type.FREE

    assert typed(campaign, accounts, "x" * 201).is_too_long


def test_columns_of_the_import_and_the_sender_are_offered() -> None:
    campaign, _ = a_draft("Nora Example")

    assert variables_of(campaign)[-2:] == ["sender_first_name", "shoe"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Shall we talk?\nBest, Nora", True),
        ("Shall we talk?\nnora", True),
        ("Nora and Sam of Example", False),
        ("Shall we talk?", False),
        ("Best, {{ sender_first_name }}", False),
    ],
)
def test_a_note_that_one_signs_and_others_send_is_told(text: str, names: bool) -> None:
    _, accounts = a_draft("Nora Example", "Sam Example")

    assert bool(foreign_signature(text, accounts)) == names
    assert not foreign_signature(text, accounts[:1])


def test_the_page_answers_while_one_types_and_keeps_nothing(desk: Client) -> None:
    campaign, _ = a_draft("Nora Example")
    page = f"/admin/campaigns/campaign/{campaign.pk}/text/"

    told = desk.post(page, {"text": "Hi {{ first_name }}", "of": "note"}).content.decode()
    wrong = desk.post(page, {"text": "Hi {{ nickname }}"}).content.decode()

    assert "<b>14 of 300</b> characters for Bartholomew" in told
    assert "Unknown variable: nickname" in wrong
    campaign.refresh_from_db()
    assert campaign.message_template == ""
    stranger = logged_in(a_user("vera", a_workspace(), group="Manager"))
    assert stranger.post(page, {"text": "x"}).status_code == 404
    assert (
        'data-variables="first_name last_name'
        in desk.get("/admin/campaigns/campaign/add/").content.decode()
    )
