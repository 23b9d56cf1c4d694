"""Everybody's own clock: guessed once, changed by hand, and on every page."""

import datetime as dt
import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone

from campaigns.hours import clocks, zones
from campaigns.models import Campaign, Desk, LinkedInAccount, SendingHours
from campaigns.pages import clock
from queueing.desk import needs as of_the_desk
from queueing.models import Notice, QueueItem
from queueing.telling import notices
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in
from tests.queueing.admin.test_budgets import MODELS, list_of, more, pages

BERLIN, NEW_YORK = zones.zone("Europe/Berlin"), zones.zone("America/New_York")


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (dt.timedelta(hours=1, minutes=5), "today 7:05 pm"),
        (dt.timedelta(hours=7), "tomorrow 1:00 am"),  # 23:00 in UTC
        (dt.timedelta(hours=-19), "yesterday 11:00 pm"),
        (dt.timedelta(days=5), "Mon 13 Jul, 6:00 pm"),
        (dt.timedelta(days=365), "Thu 8 Jul 2027, 6:00 pm"),
        (dt.timedelta(hours=-6), "today 12:00 pm"),
    ],
)
def test_an_instant_is_said_as_people_say_it(after: dt.timedelta, told: str) -> None:
    assert clocks.said(NOON + after, BERLIN, NOON) == told


def test_texts_hold_instants_and_say_the_readers() -> None:
    text = "Rests until 2026-07-09 02:30 UTC (since 2026-02-30 10:00 UTC), in 2026-07-09"

    told = clocks.in_text(text, NEW_YORK, NOON)

    assert told == "Rests until today 10:30 pm (since 2026-02-30 10:00 UTC), in 2026-07-09"


def in_berlin(browser: Client, user: User) -> Client:
    Desk.objects.update_or_create(user=user, defaults={"timezone": "Europe/Berlin"})
    return browser


def seen(page: str) -> str:
    """Return what people see of a page: no attributes, no scripts."""
    page = re.sub(r"<(script|style|datalist)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", " ", page))


@pytest.mark.django_db
def test_no_page_says_utc(desk: Client, boss: User) -> None:
    more(1)
    account = LinkedInAccount.objects.earliest("name")
    account.rest(timezone.now() + dt.timedelta(days=3), "before: until 2026-07-08 16:00 UTC")
    account.save()
    Campaign.objects.filter(status="active").update(starts_at=NOON)
    SendingHours.objects.update(timezone="America/Chicago")  # some are those of UTC itself
    in_berlin(desk, boss)
    addresses = [*map(list_of, MODELS), *pages(), "/admin/stop/", "/admin/go-on/", "/admin/clock/"]

    told = {address: seen(desk.get(address).content.decode()) for address in addresses}

    assert {address for address, text in told.items() if "UTC" in text} == set()
    assert all("in Berlin" in told[address] for address in map(list_of, MODELS))


@pytest.mark.django_db
def test_a_browsers_zone_is_taken_once() -> None:
    user = User.objects.create_superuser("ada")
    browser = logged_in(user)
    assert b"in New York" in browser.get("/admin/").content  # that of the default hours
    browser.cookies["browser_zone"] = "Asia%2FTokyo"

    first = browser.get("/admin/").content
    browser.cookies["browser_zone"] = "Europe%2FBerlin"  # on a journey

    assert b"in Tokyo" in first
    assert b"in Tokyo" in browser.get("/admin/").content


@pytest.mark.django_db
def test_a_clock_is_changed_by_hand_and_leads_back(desk: Client, boss: User) -> None:
    page = "/admin/queueing/queueitem/?status__exact=pending"

    wrong = desk.post("/admin/clock/", {"timezone": "CET+1", "back": page})
    answer = desk.post("/admin/clock/", {"timezone": "Asia/Tokyo", "back": page})
    elsewhere = desk.post("/admin/clock/", {"timezone": "UTC", "back": "//evil.example/"})

    assert b"is no IANA time zone" in wrong.content
    assert answer["Location"] == page
    assert elsewhere["Location"] == "/admin/"
    assert Desk.objects.get(user=boss).timezone == "UTC"


@pytest.mark.django_db
def test_what_is_typed_and_filtered_is_by_the_readers_clock(desk: Client, boss: User) -> None:
    account = an_account(a_workspace())
    item = an_item(
        a_campaign(account.workspace, account),
        account,
        scheduled_for=dt.datetime(2026, 7, 8, 22, 30, tzinfo=dt.UTC),  # in Berlin the next day
    )
    in_berlin(desk, boss)
    queue = "/admin/queueing/queueitem/"

    on_the_9th = desk.get(f"{queue}?planned_from=2026-07-09").context["cl"].result_count
    on_the_8th = desk.get(f"{queue}?planned_until=2026-07-08").context["cl"].result_count
    sheet = desk.get(f"{queue}export/csv/").content.decode()
    rest = {"until": "2099-01-01T12:00", "reason": "Holiday"}
    desk.post(f"/admin/campaigns/linkedinaccount/{account.pk}/do/rest/", rest)

    assert (on_the_9th, on_the_8th) == (1, 0)
    assert "planned for (Europe/Berlin)" in sheet
    assert "2026-07-09 00:30" in sheet
    account.refresh_from_db()
    assert account.paused_until == dt.datetime(2099, 1, 1, 11, tzinfo=dt.UTC)
    assert item.scheduled_for.hour == 22


@pytest.mark.django_db
def test_a_time_has_utc_and_the_clients_clock_behind_it() -> None:
    with timezone.override(BERLIN):
        shown = clock.shown(NOON, "America/New_York")

    assert "in New York · 2026-07-08 16:00 UTC" in str(shown)
    assert "6:00 pm</time>" in str(shown)


@pytest.mark.django_db
def test_mails_are_by_the_clock_of_the_clients_hours() -> None:
    workspace = a_workspace(notify_emails="ada@example.com")
    Notice.objects.create(
        workspace=workspace,
        kind=Notice.Kind.ACCOUNT_CHANGED,
        text="Nora rests until 2026-07-09 02:30 UTC",
        created_at=NOON,
    )

    notices.send_digests(NOON)

    assert "- Nora rests until today 10:30 pm (New York time)" in mail.outbox[0].body


@pytest.mark.django_db
def test_a_mail_ends_with_the_cards_of_the_first_page() -> None:
    workspace = a_workspace(notify_emails="ada@example.com")
    account = an_account(workspace, name="Nora", status="restricted", changed_at=NOON)
    campaign = a_campaign(workspace, account)
    failed, _ = (an_item(campaign, account, status="failed") for _ in range(2))
    notices.item_failed(failed.pk, "Refused", "", NOON)

    notices.send_digests(NOON)

    told = mail.outbox[0].body.splitlines()
    assert told[0] == f"SendQ has 1 notice about {workspace}."
    assert told[3].endswith(f"/admin/queueing/queueitem/{failed.pk}/change/")
    needs, failed_card, its_page, lost, its_account = told[-5:]
    cards = of_the_desk.of([workspace.pk], NOON).now
    assert needs == "Needs you: 2"
    assert failed_card.startswith(f"- {cards[0].title} (since ")
    assert its_page.endswith(f"?meaning=ours&workspace__id__exact={workspace.pk}")
    assert lost == f"- LinkedIn restricts Nora (since today 12:00 pm · {workspace})"
    assert its_account.endswith(f"/linkedinaccount/{account.pk}/do/reconnect/")


@pytest.mark.django_db
def test_a_viewer_may_change_their_own_clock() -> None:
    viewer = a_user("viewer", group="Viewer")

    logged_in(viewer).post("/admin/clock/", {"timezone": "Asia/Tokyo"})

    assert Desk.objects.get(user=viewer).timezone == "Asia/Tokyo"
    assert not QueueItem.objects.exists()
