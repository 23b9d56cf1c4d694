"""What somebody is written: by whom, in which words, and from which column."""

import pytest

from campaigns.models import Prospect, Step
from queueing import planning
from queueing.admin.previews import previews
from queueing.models import Kind, QueueItem
from queueing.planning import steps
from tests.builders import NOON, a_campaign, a_prospect, a_queueable, a_workspace, an_account
from tests.queueing.planning.test_steps import who_accepted

pytestmark = pytest.mark.django_db


def test_a_note_names_who_sends_it() -> None:
    workspace = a_workspace()
    accounts = [an_account(workspace, name=name) for name in ("Dr. Nora Example", "Bo Founder")]
    campaign = a_campaign(workspace, *accounts, message_template="It is {{ sender_first_name }}")
    for _ in range(4):
        a_prospect(campaign)

    planning.enqueue(campaign, NOON)

    items = QueueItem.objects.select_related("linkedin_account")
    first_names = {"Dr. Nora Example": "Nora", "Bo Founder": "Bo"}
    assert {item.linkedin_account.name for item in items} == set(first_names)
    for item in items:
        assert item.message == f"It is {first_names[item.linkedin_account.name]}"


def test_the_preview_is_what_is_queued() -> None:
    campaign = a_queueable(
        people=5, message_template="{Hello|Hi|Good day} {{ first_name }}", varies_words=True
    )
    notes = previews(campaign, list(campaign.accounts.all()))
    shown = {note.prospect.pk: note.text for note in notes}

    planning.enqueue(campaign, NOON)

    queued = dict(QueueItem.objects.values_list("prospect", "message"))
    assert {key: queued[key] for key in shown} == shown


def test_a_text_that_nobody_fills_in_refuses_the_campaign_by_name() -> None:
    campaign = a_queueable(message_template="Hi {{ first_name }}")
    Step.objects.create(campaign=campaign, number=2, delay_days=1, text="Hello [First Name]!")

    with pytest.raises(planning.CannotEnqueueError, match=r"message 2 .* “\[First Name\]”"):
        planning.enqueue(campaign, NOON)

    assert not QueueItem.objects.exists()


def test_a_column_is_the_text_of_a_step() -> None:
    workspace = a_workspace()
    account = an_account(workspace)
    campaign = a_campaign(workspace, account)
    Step.objects.create(campaign=campaign, number=1, delay_days=1, text="{{ first_message }}")
    texts = {"Hello Ada,\nas promised.": "pending", "Hello {name}": "failed", "x" * 8001: "failed"}
    for text in texts:
        who_accepted(campaign, account, variables={"first_message": text})

    steps.plan_follow_ups(NOON)

    items = QueueItem.objects.filter(kind=Kind.MESSAGE).select_related("prospect")
    found = {item.prospect.variables["first_message"]: item.status for item in items}
    assert found == texts
    sent = items.get(status="pending")
    assert sent.message == "Hello Ada,\nas promised."
    assert Prospect.objects.count() == len(texts)
