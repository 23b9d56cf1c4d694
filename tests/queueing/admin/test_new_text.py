"""The text of who waits: asked for after a change, given where it fits, edited one by one."""

import pytest
from django.test import Client

from campaigns.models import Campaign, LinkedInAccount
from queueing import planning
from queueing.admin.previews import previews
from queueing.models import QueueItem
from tests.builders import NOON, a_prospect, a_queueable
from tests.queueing.admin.test_reasons import WHY, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """Two people wait with the campaign's text; one of them has a company."""
    campaign = a_queueable(message_template="Hi {{ first_name }}")
    a_prospect(campaign, company="Example Engines")
    planning.enqueue(campaign, NOON)
    return campaign


def texts() -> list[str]:
    return sorted(QueueItem.objects.values_list("message", flat=True))


def test_a_changed_message_asks_what_becomes_of_who_waits(desk: Client, campaign: Campaign) -> None:
    new = 'Hello {{ first_name }}, of {{ company|default:"late" }}'

    page = save(desk, campaign, message_template=new, **WHY)

    assert "2 people wait with the text" in page
    assert "Hello Ada, of Example Engines" in page
    assert "Give all 2 the new text" in page
    assert texts() == ["Hi Ada", "Hi Ada"]
    address = f"/admin/campaigns/campaign/{campaign.pk}/do/new-text/"
    given = desk.post(address, {"reason": "Warmer"}, follow=True).content.decode()
    assert "2 given the new text." in given
    assert texts() == ["Hello Ada, of Example Engines", "Hello Ada, of late"]
    assert "Change the text of who waits" not in given


def test_whom_it_does_not_fit_keeps_their_text(desk: Client, campaign: Campaign) -> None:
    page = save(desk, campaign, message_template="You are at {{ company }}?", **WHY)
    assert "It does not fit all" in page

    address = f"/admin/campaigns/campaign/{campaign.pk}/do/new-text/"
    given = desk.post(address, {"reason": "Shorter"}, follow=True).content.decode()

    assert "1 given the new text, 1 not: 1 without a value" in given
    assert texts() == ["Hi Ada", "You are at Example Engines?"]
    campaign.refresh_from_db()
    accounts = list(LinkedInAccount.objects.all())
    assert sorted(note.text for note in previews(campaign, accounts)) == texts()


def test_no_other_change_asks(desk: Client, campaign: Campaign) -> None:
    assert "people wait with the text" not in save(desk, campaign, name="Other", **WHY)


def test_one_text_is_edited_and_keeps_its_turn(desk: Client, campaign: Campaign) -> None:
    item = QueueItem.objects.earliest("pk")
    form = {"action": "edit_text", "_selected_action": str(item.pk), "item": str(item.pk)}
    asked = desk.post("/admin/queueing/queueitem/", form)
    assert "Hi Ada" in asked.content.decode()

    form |= {"progress": asked.context["progress"], "text": "Dear {{ first_name }}", "reason": "x"}
    desk.post("/admin/queueing/queueitem/", form)

    changed = QueueItem.objects.get(pk=item.pk)
    assert changed.message == "Dear Ada"
    assert changed.status == QueueItem.Status.PENDING
    assert QueueItem.objects.exclude(pk=item.pk).get().message == "Hi Ada"
