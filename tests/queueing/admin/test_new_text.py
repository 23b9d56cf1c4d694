"""The text of who waits: asked for after a change, given where it fits, edited one by one."""

import pytest
from django.test import Client

from campaigns.messages import edition_of
from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from queueing import planning
from queueing.admin.previews import previews
from queueing.models import Kind, QueueItem
from tests.builders import NOON, a_prospect, a_queueable, an_item, queued
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


def test_a_changed_follow_up_is_given_to_who_waits_and_one_taken_out_goes_to_nobody(
    desk: Client, campaign: Campaign
) -> None:
    steps = [
        Step.objects.create(
            campaign=campaign, number=number, delay_days=1, text="Hi {{first_name}}"
        )
        for number in (1, 2)
    ]
    Prospect.objects.update(status="connected")
    requests = QueueItem.objects.order_by("pk")
    requests.update(kind="message", step=1, message="Hi Ada")
    QueueItem.objects.filter(pk=requests[1].pk).update(step=2, edition=edition_of(steps[1].text))
    maybe = QueueItem.objects.get(step=1)
    forms = {f"steps-{index}-text": step.text for index, step in enumerate(steps)}

    page = save(desk, campaign, **forms | {"steps-0-text": "Dear {{ first_name }}"}, **WHY)

    assert "1 person waits with the text" in page
    assert "Dear Ada" in page
    address = f"/admin/campaigns/campaign/{campaign.pk}/do/new-text/"
    QueueItem.objects.filter(pk=maybe.pk).update(tried_at=NOON)
    given = desk.post(address, {"reason": "Warmer"}, follow=True).content.decode()
    assert "1 a message of which a try may have arrived" in given
    QueueItem.objects.filter(pk=maybe.pk).update(tried_at=None)
    desk.post(address, {"reason": "Warmer"}, follow=True)
    assert sorted(QueueItem.objects.values_list("step", "message")) == [
        (1, "Dear Ada"),
        (2, "Hi Ada"),
    ]

    save(desk, campaign, **{"steps-1-DELETE": "on"}, **WHY)

    assert sorted(QueueItem.objects.values_list("step", "status", "error_code")) == [
        (1, "pending", ""),
        (2, "skipped", "step_removed"),
    ]


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


def test_a_follow_up_that_somebody_has_keeps_its_number(desk: Client, campaign: Campaign) -> None:
    """By its number a person gets each one once."""
    item = queued(campaign)[0]
    step = Step.objects.create(campaign=campaign, number=1, delay_days=1, text="Hello")
    form = {"steps-0-text": "Hello", "steps-0-number": 2}
    assert "keeps its number" not in save(desk, campaign, **form, **WHY)
    an_item(
        campaign,
        item.linkedin_account,
        prospect=item.prospect,
        kind=Kind.MESSAGE,
        step=2,
        message="Hello",
    )

    assert "keeps its number" in save(desk, campaign, **form | {"steps-0-number": 3}, **WHY)

    step.refresh_from_db()
    assert step.number == 2
