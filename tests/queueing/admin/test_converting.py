"""A text of another program's is offered converted, with the difference, and never silently."""

import re

import pytest
from django.test import Client

from tests.builders import a_campaign, a_workspace, an_account

pytestmark = pytest.mark.django_db


def test_a_note_is_converted_once_somebody_has_seen_it(desk: Client) -> None:
    workspace = a_workspace()
    campaign = a_campaign(workspace, an_account(workspace), status="draft")
    page = f"/admin/campaigns/campaign/{campaign.pk}/change/"
    form = {
        "workspace": workspace.pk,
        "name": campaign.name,
        "accounts": [account.pk for account in campaign.accounts.all()],
        "sending_hours": campaign.sending_hours_id,
        "follow_up_after_days": 3,
        "message_template": "Hi {firstName|there} at %COMPANY%",
        "change_reason": "Moved over",
        "steps-TOTAL_FORMS": 1,
        "steps-INITIAL_FORMS": 0,
        "steps-0-number": 1,
        "steps-0-text": "Hello again, {{firstName}}",
    }

    offered = desk.post(page, form).content.decode()

    marks = re.findall(r'type="checkbox" name="([\w-]*convert_\w+)" value="(\w+)"', offered)
    assert [name for name, _ in marks] == ["convert_message_template", "steps-0-convert_text"]
    assert "{firstName|there} → {{ first_name|default:&quot;there&quot; }}" in offered
    campaign.refresh_from_db()
    assert campaign.message_template == ""

    stale = {**form, **dict(marks), "message_template": "Hi {firstName}"}
    assert "Convert when I save" in desk.post(page, stale).content.decode()  # another text

    desk.post(page, {**form, **dict(marks)})

    campaign.refresh_from_db()
    assert campaign.message_template == 'Hi {{ first_name|default:"there" }} at {{ company }}'
    assert campaign.steps.get().text == "Hello again, {{ first_name }}"
