"""The pages that staff see, on a calm, a busy and the worst day, at every width, light and dark.

To be looked at, no test runs it: `pytest -q tests/browser/matrix.py`. The pictures go to the folder
that MATRIX names, else to `.matrix`.
"""

import datetime as dt
import os
from pathlib import Path
from typing import Literal

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours, Workspace
from queueing.management import sample_after
from queueing.models import ProcessRun, QueueItem
from tests.browser.conftest import Desk
from tests.browser.pictures import upload
from tests.browser.test_every_page import COLOURS_HAVE_CHANGED

TO = Path(os.environ.get("MATRIX", ".matrix"))
HEIGHT = 900
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
Account, Status, State = LinkedInAccount.Status, QueueItem.Status, Campaign.Status

CLIENTS = {
    "Harbor & Co": ("Dana Harbor", "Eve Harbor", "Fritz Harbor", "Kate Harbor"),
    "Northwind Manufacturing and Logistics International": ("Nils Northwind", "Otis Northwind"),
    "Kestrel": ("Kai Kestrel", "Lou Kestrel", "Maximiliane-Alexandra von Kestrel-Hohenfels"),
    "Quill": ("Quinn Quill",),
}
CAMPAIGNS = ("CFOs in fintech, East Coast", "Plant managers Q4", "Hospital procurement")
NAMES = ("Ada", "Bob", "Chloé", "Dev", "Esra", "Femi", "Greta", "Hugo", "Ines", "Jun", "Kofi")
PEOPLE = 183  # of each campaign
FAILURES = (
    ("invalid_recipient", "LinkedIn does not let this person be invited."),
    ("too_many_characters", "The note is longer than LinkedIn takes."),
    ("somebody_else", "LinkedIn shows Robert Miller at this address."),
    ("person_gone", "Whether a try arrived cannot be seen."),
)


def fill(now: dt.datetime, *, lost: int) -> None:
    """Store four clients with ten campaigns and 1,830 people; so many accounts are lost."""
    hours = SendingHours.objects.get(name=SendingHours.DEFAULT_NAME)
    hours.working_hours_start = hours.working_hours_end = dt.time(0)
    hours.skip_weekends = hours.skip_holidays = False
    hours.save()
    number = 0
    for name, owners in CLIENTS.items():
        client = Workspace.objects.create(name=name, notify_emails="desk@example.com")
        accounts = [
            LinkedInAccount.objects.create(
                workspace=client,
                name=owner,
                unipile_account_id=f"acc_{owner}",
                account_type=LinkedInAccount.Type.SALES_NAVIGATOR,
            )
            for owner in owners
        ]
        for title in CAMPAIGNS[: max(1, len(owners))]:
            people(campaign_of(client, title, accounts), accounts, number, now)
            number += 1
    drafts(now)
    for account in LinkedInAccount.objects.order_by("-name")[:lost]:
        account.status = Account.RESTRICTED if account.name < "L" else Account.DISCONNECTED
        account.changed_at = now - dt.timedelta(hours=5)
        account.save()


def campaign_of(
    client: Workspace, title: str, accounts: list[LinkedInAccount], state: str = State.ACTIVE
) -> Campaign:
    text = "Hi {{ first_name }}, I follow what {{ company }} does."
    campaign = Campaign.objects.create(
        workspace=client, name=title, status=state, message_template=text
    )
    campaign.accounts.set(accounts)
    return campaign


def drafts(now: dt.datetime) -> None:
    late = campaign_of(Workspace.objects.get(name="Quill"), "Big one", [], State.DRAFT)
    Campaign.objects.filter(pk=late.pk).update(starts_at=now - dt.timedelta(hours=3))
    Prospect.objects.bulk_create(
        person(late, f"big-{number}", Prospect.Status.NEW, number) for number in range(40)
    )
    paused = Campaign.objects.filter(name=CAMPAIGNS[2]).first()
    assert paused is not None
    Campaign.objects.filter(pk=paused.pk).update(status=State.PAUSED)


def person(campaign: Campaign, slug: str, state: str, number: int = 0, **more: object) -> Prospect:
    return Prospect(
        campaign=campaign,
        first_name=NAMES[number % len(NAMES)],
        last_name=f"Example-{number}",
        company=("Example Engines", "Muster GmbH", "Placeholder Ltd")[number % 3],
        profile_url=f"https://www.linkedin.com/in/{slug}",
        public_identifier=slug,
        status=state,
        **more,
    )


def people(
    campaign: Campaign, accounts: list[LinkedInAccount], start: int, now: dt.datetime
) -> None:
    """Store people: two thirds were invited in the last weeks, a few failed, the others wait."""
    rows, items, sent = [], [], 2 * PEOPLE // 3
    for number in range(PEOPLE):
        slug, account = f"person-{start}-{number}", accounts[number % len(accounts)]
        ago = dt.timedelta(hours=2 + 5 * (sent - number))
        state, values = Prospect.Status.QUEUED, {}
        item = {"status": Status.PENDING, "scheduled_for": now + dt.timedelta(hours=number - sent)}
        if number < sent:
            at, state = now - ago, Prospect.Status.CONNECTION_REQUEST_SENT
            item = {"status": Status.SENT, "sent_at": at, "claimed_at": at, "scheduled_for": at}
            if number % 3 == 0 and ago > dt.timedelta(days=1):
                state = Prospect.Status.CONNECTED
                values = {"accepted_at": at + dt.timedelta(days=1), "accepted_source": "relations"}
        elif number % 12 == 0:
            code, told = FAILURES[number // 12 % len(FAILURES)]
            item |= {"status": Status.FAILED, "error_code": code, "error_message": told}
            state = Prospect.Status.FAILED
        row = person(campaign, slug, state, number, **values)
        rows.append(row)
        common = {"workspace": campaign.workspace, "campaign": campaign, "prospect": row}
        items.append(
            QueueItem(linkedin_account=account, person_key=slug, message="Hi!", **common, **item)
        )
    Prospect.objects.bulk_create(rows)
    QueueItem.objects.bulk_create(items)


def days(name: str, now: dt.datetime) -> None:
    """Make the database that of a calm, a busy or the worst day."""
    fill(now, lost={"calm": 0, "busy": 1, "worst": 6}[name])
    if name == "calm":
        QueueItem.objects.filter(status=Status.FAILED).update(status=Status.SKIPPED)
        Campaign.objects.filter(name="Big one").update(starts_at=None)
    ProcessRun.objects.create(
        trigger="schedule",
        started_at=now - dt.timedelta(minutes=3),
        finished_at=now - dt.timedelta(minutes=3),
    )


@pytest.mark.browser
@pytest.mark.parametrize("day", ["calm", "busy", "worst"])
def test_days(empty: Desk, day: str) -> None:
    days(day, timezone.now())
    if day == "busy":
        campaign = Campaign.objects.filter(status=State.ACTIVE).latest("name")
        run = ProcessRun.objects.get()
        account = campaign.accounts.first()
        assert account is not None
        sample_after.load(campaign, account, run, timezone.now())
    shoot(empty, f"desk-{day}", reverse("admin:index"), (400, 1280, 1440, 1920))
    if day == "busy":
        for name, address in pages().items():
            shoot(empty, name, address)
        upload(empty)
        shoot(empty, "import-review", "")


def pages() -> dict[str, str]:
    """Return the pages that staff have open all day."""
    campaign = Campaign.objects.filter(steps__isnull=False)[0]
    draft = Campaign.objects.get(name="Big one")
    draft.accounts.add(*draft.workspace.accounts.all())
    item = QueueItem.objects.filter(status=Status.PENDING)[0]
    prospect = Prospect.objects.get(first_name="Elif")
    failed = QueueItem.objects.filter(status=Status.FAILED)[0]
    admin = "admin:campaigns_campaign"
    return {
        "queue-list": reverse("admin:queueing_queueitem_changelist") + "?status__exact=pending",
        "to-fix-list": reverse("admin:queueing_failedsend_changelist"),
        "maybe-list": reverse("admin:queueing_unconfirmedsend_changelist"),
        "answers-list": reverse("admin:queueing_reply_changelist"),
        "campaigns-list": reverse(f"{admin}_changelist"),
        "campaign": reverse(f"{admin}_change", args=[campaign.pk]),
        "draft": reverse(f"{admin}_change", args=[draft.pk]),
        "start": reverse(f"{admin}_deed", args=[draft.pk, "start"]),
        "forecast": reverse(f"{admin}_forecast", args=[campaign.pk]),
        "accounts-list": reverse("admin:campaigns_linkedinaccount_changelist"),
        "account": reverse(
            "admin:campaigns_linkedinaccount_change", args=[item.linkedin_account_id]
        ),
        "import": reverse("admin:campaigns_prospect_import"),
        "people-list": reverse("admin:campaigns_prospect_changelist"),
        "person": reverse("admin:campaigns_prospect_change", args=[prospect.pk]),
        "person-failed": reverse("admin:campaigns_prospect_change", args=[failed.prospect_id]),
        "item": reverse("admin:queueing_queueitem_change", args=[item.pk]),
        "client": reverse("admin:campaigns_workspace_change", args=[campaign.workspace_id]),
        "report": reverse("admin:campaigns_workspace_report", args=[campaign.workspace_id]),
        "numbers": reverse("numbers"),
        "find": reverse("find") + "?q=example",
        "hours": reverse("admin:campaigns_sendinghours_changelist"),
        "invite": reverse("invite"),
        "stop": reverse("stop_sending"),
    }


def shoot(desk: Desk, name: str, address: str, widths: tuple[int, ...] = (400, 1280, 1440)) -> None:
    if address:
        desk.open(address)
    TO.mkdir(exist_ok=True)
    for width in widths:
        desk.page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in SCHEMES:
            desk.page.emulate_media(color_scheme=scheme)
            desk.page.evaluate(COLOURS_HAVE_CHANGED)
            path = TO / f"{name}-{width}-{scheme}.png"
            desk.page.screenshot(path=path, full_page=not name.endswith("-list"))
