"""What staff may type by mistake is refused in words, and nothing is half-done."""

import pytest
from django.test import Client

from campaigns.models import Campaign, SendingHours, Workspace
from tests.builders import a_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return a_workspace()


def refusal(desk: Client, workspace: Workspace, **values: str) -> str:
    """Return what is said of a campaign that must not be stored."""
    form = {
        "workspace": str(workspace.pk),
        "name": "Spring",
        "status": "draft",
        "follow_up_after_days": "3",
        **values,
    }
    page = desk.post("/admin/campaigns/campaign/add/", form)
    assert page.status_code == 200, "it was stored"
    assert not Campaign.objects.exists()
    return page.content.decode()


@pytest.mark.parametrize(
    "template",
    [
        "{% for x in first_name %}{{ x }}{% endfor %}",
        "{{ first_name.__class__ }}",
        "{{ first_name|center:99999999 }}",
        "{{ first_name() }}",
        "{{ first_name",
    ],
)
def test_a_message_that_loops_calls_or_reaches_out(
    desk: Client, workspace: Workspace, template: str
) -> None:
    assert "errorlist" in refusal(desk, workspace, message_template=template)


def test_a_start_that_is_no_date(desk: Client, workspace: Workspace) -> None:
    when = {"starts_at_0": "2026-02-30", "starts_at_1": "25:00"}

    assert "Enter a valid" in refusal(desk, workspace, **when)


def test_hours_in_no_time_zone(desk: Client) -> None:
    before = SendingHours.objects.count()
    form = {"name": "Never", "timezone": "Nowhere/City", "working_hours_start": "09:00"}

    page = desk.post("/admin/campaigns/sendinghours/add/", form)

    assert page.status_code == 200
    assert b"errorlist" in page.content
    assert SendingHours.objects.count() == before
