"""From nothing to the first request: each page leads to the next, and none asks for a reason."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from campaigns.models import Campaign, LinkedInAccount, Prospect, Workspace
from queueing.models import QueueItem
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, hours_all_day

pytestmark = pytest.mark.django_db

State = Campaign.Status


def a_draft(*people: dict[str, str], **values: object) -> Campaign:
    workspace = a_workspace()
    campaign = a_campaign(
        workspace, an_account(workspace), status=State.DRAFT, **{"name": "Founders", **values}
    )
    for person in people:
        a_prospect(campaign, **person)
    return campaign


def start_of(campaign: Campaign) -> str:
    return f"/admin/campaigns/campaign/{campaign.pk}/do/start/"


def test_a_first_campaign_takes_five_forms_and_no_reason(
    desk: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    add = "/admin/campaigns/{}/add/"
    client = {"name": "Harbor", "tier": "startup", "notify_emails": "", "members": []}
    page = desk.post(add.format("workspace"), client)["Location"]
    harbor = Workspace.objects.get()
    assert page == f"{add.format('linkedinaccount')}?workspace={harbor.pk}"

    form = desk.get(page).context["adminform"].form
    account = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    account |= {"name": "Nora Example", "unipile_account_id": "acc_nora"}
    page = desk.post(page, account)["Location"]
    nora = LinkedInAccount.objects.get()
    assert page.startswith(f"{add.format('campaign')}?workspace={harbor.pk}")

    form = desk.get(page).context["adminform"].form
    assert str(form["workspace"].value()) == str(harbor.pk)
    assert list(map(str, form["accounts"].value())) == [str(nora.pk)]
    people = SimpleUploadedFile("people.csv", b"First Name,URL\nAda,linkedin.com/in/ada\n")
    campaign = {
        "name": "Founders",
        "workspace": harbor.pk,
        "accounts": [nora.pk],
        "sending_hours": hours_all_day().pk,
        "message_template": "Hello {{ first_name }}",
        "follow_up_after_days": "3",
        "people_file": people,
    }
    review = desk.post(page, campaign)["Location"]
    start = desk.post(review, {"confirm": "x", "checks": 1})["Location"]
    assert start == start_of(Campaign.objects.get())

    shown = desk.get(start)
    assert "Imported “people.csv”: 1 new." in shown.content.decode()
    assert shown.context["verdict"].goes == 1
    assert "reason" not in shown.context["form"].fields
    assert "Started. Queued 1" in desk.post(start, follow=True).content.decode()
    assert QueueItem.objects.get().prospect.first_name == "Ada"


def test_a_drafts_steps_stand_in_a_row(desk: Client) -> None:
    campaign = a_draft(message_template="Hello {{ first_name")

    steps = desk.get(f"/admin/campaigns/campaign/{campaign.pk}/change/").context["steps"]

    assert [step.words for step in steps] == ["Accounts", "Text", "People", "Start"]
    assert [step.is_done for step in steps] == [True, False, False, False]
    assert [step.is_now for step in steps] == [False, True, False, False]
    assert f"import/?campaign={campaign.pk}" in steps[2].url


def test_what_there_is_no_choice_of_is_chosen(desk: Client) -> None:
    nora = an_account(a_workspace())

    form = desk.get("/admin/campaigns/campaign/add/").context["adminform"].form

    assert form["workspace"].value() == str(nora.workspace_id)
    assert form["accounts"].value() == [nora.pk]
    made_up = desk.get("/admin/campaigns/campaign/add/?workspace=%00x&accounts=1")
    assert made_up.status_code == 200


@pytest.mark.parametrize(
    ("change", "says", "cure"),
    [
        ("accounts", "It has no account to send from.", "Choose accounts"),
        ("lost", "None of its accounts can send.", "Reconnect"),
        ("people", "Nobody new is in it.", "Import people"),
        ("text", "all 1 are left out or held", "Change the text"),
    ],
)
def test_where_nothing_would_go_its_cure_stands_in_the_place_of_the_button(
    desk: Client, change: str, says: str, cure: str
) -> None:
    campaign = a_draft({"first_name": ""}, message_template="Hello {{ first_name }}")
    if change == "accounts":
        campaign.accounts.clear()
    if change == "lost":
        campaign.accounts.update(status=LinkedInAccount.Status.DISCONNECTED)
    if change == "people":
        Prospect.objects.all().delete()

    page = desk.get(start_of(campaign))

    told = page.content.decode()
    assert says in told
    assert page.context["verdict"].cures[0].words.startswith(cure)
    assert 'type="submit" class="default"' not in told


def test_a_start_says_who_is_left_out_before_it_is_pressed(desk: Client) -> None:
    campaign = a_draft({}, {"first_name": ""}, message_template="Hello {{ first_name }}")

    page = desk.get(start_of(campaign))

    assert page.context["verdict"].goes == 1
    assert "Left out: <b>1</b>" in page.content.decode()
    assert 'type="submit" class="default"' in page.content.decode()
