"""Who is taken back is shown before it begins, for each number of days."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from tests.builders import a_campaign, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db


def test_days_are_chosen_after_their_preview(desk: Client) -> None:
    workspace = a_workspace(withdraw_after_days=28)
    account = an_account(workspace)
    campaign = a_campaign(workspace, account)
    for days in (10, 25, 50):
        at = timezone.now() - dt.timedelta(days=days, hours=1)
        item = an_item(campaign, account, status="sent", sent_at=at, claimed_at=at)
        item.prospect.status = "connection_request_sent"
        item.prospect.save()
    url = f"/admin/campaigns/campaign/{campaign.pk}/do/withdraw/"

    page = desk.get(url)

    shown = {days: one.number for days, one in page.context["previews"]}
    assert shown == {7: 3, 14: 2, 21: 2, 28: 1, 42: 1, 60: 0, 90: 0}
    assert page.context["form"]["days"].value() == 28  # as the workspace has it
    assert "Today that is 1:" in page.content.decode()
    desk.post(url, {"days": "8", "reason": "not shown"})
    campaign.refresh_from_db()
    assert campaign.withdraw_after_days is None
    desk.post(url, {"days": "42", "reason": "as agreed"})
    campaign.refresh_from_db()
    assert campaign.withdraw_after_days == 42
