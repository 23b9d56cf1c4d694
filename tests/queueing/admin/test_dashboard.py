"""The dashboard: its figures are those of the lists behind them, and stop at the walls."""

import datetime as dt
import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from campaigns.hours import zones
from campaigns.models import Campaign, DoNotContact, LinkedInAccount, Workspace
from queueing.admin.dashboard import context
from queueing.desk import dashboard, status
from queueing.models import ProcessRun, QueueItem
from queueing.telling import Fence
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

Status, Account = QueueItem.Status, LinkedInAccount.Status
FRAGMENT = "/admin/dashboard/"
pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def a_busy_workspace(now: dt.datetime) -> Workspace:
    """Something of everything that the dashboard counts."""
    workspace = a_workspace()
    account = an_account(workspace, name="Nora Example")
    resting = an_account(workspace, paused_until=now + DAY, pause_reason="limit")
    gone = an_account(workspace, status=Account.DISCONNECTED)
    an_account(workspace, status=Account.RESTRICTED, paused_until=now + DAY)
    campaign = a_campaign(workspace, account, resting, gone)
    paused = a_campaign(workspace, account, status=Campaign.Status.PAUSED)
    for place, sender in ((campaign, account), (campaign, resting), (campaign, gone)):
        an_item(place, sender, scheduled_for=now - DAY)
    an_item(paused, account, scheduled_for=now - DAY)
    an_item(campaign, account, scheduled_for=now + DAY)
    barred = an_item(campaign, account, scheduled_for=now - DAY)
    DoNotContact.objects.create(workspace=workspace, kind="person", value=barred.person_key)
    for days_ago in (0, 1, 1, 20):
        an_item(campaign, account, status=Status.SENT, sent_at=now - days_ago * DAY)
    an_item(campaign, account, status=Status.FAILED)
    an_item(campaign, account, status=Status.FAILED)
    an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=now - DAY)
    return workspace


def gathered(now: dt.datetime) -> dashboard.Dashboard:
    everything = QueueItem.objects.all(), LinkedInAccount.objects.all()
    return dashboard.gather(*everything, now, zones.zone("UTC"))


def listed(browser: Client, url: str) -> int:
    answer = browser.get(url)
    assert answer.status_code == 200, url  # a filter that is not known is redirected
    count: int = answer.context["cl"].result_count
    return count


def test_figures_are_those_of_the_lists(desk: Client, boss: User) -> None:
    now = timezone.now()
    a_busy_workspace(now)
    a_busy_workspace(now)

    shown = context(boss, now)

    assert len(shown["waiting"]) >= 5
    for figure in shown["waiting"]:
        assert listed(desk, figure.url) == figure.number, figure.label
    assert listed(desk, shown["pending_url"]) == shown["figures"].pending == 12
    assert listed(desk, shown["unconfirmed_url"]) == shown["figures"].unconfirmed.count == 2
    assert listed(desk, shown["failed_today_url"]) == shown["today"].failed == 4
    for bar in shown["bars"]:
        if bar.day.sent or bar.day.failed:
            assert listed(desk, bar.sent_url) == bar.day.sent
            assert listed(desk, bar.failed_url) == bar.day.failed
    assert (shown["sent"], shown["failed"]) == (6, 4)


def said(shown: dict[str, Any]) -> list[str]:
    return [card.need.title for card in shown["needs"]]


def test_what_has_no_card_of_its_own_is_counted_and_linked(desk: Client, boss: User) -> None:
    now = timezone.now()
    for _ in range(5):
        a_campaign(a_workspace())
    for _ in range(14):
        late = {"status": Campaign.Status.DRAFT, "starts_at": now - DAY}
        a_prospect(a_campaign(Workspace.objects.earliest("pk"), **late))

    shown = context(boss, now)

    rest = {card.need.title: card.button.url for card in shown["needs"] if not card.need.of}
    assert "2 more campaigns have nobody to write to" in rest
    assert "Nobody is told by mail of failures for 2 more clients" in rest
    assert "2 more campaigns did not start in time" in rest
    assert len([each for each in said(shown) if "nobody to write to" in each]) == 4
    for url in rest.values():
        assert desk.get(url).status_code == 200


def test_what_needs_somebody_is_a_card_with_one_button(desk: Client, boss: User) -> None:
    now = timezone.now()
    workspace = a_busy_workspace(now)
    late = a_campaign(workspace, status=Campaign.Status.DRAFT, starts_at=now - DAY, name="Late")
    for _ in range(3):
        a_prospect(late)

    shown = context(boss, now)

    gone = LinkedInAccount.objects.get(status=Account.DISCONNECTED)
    first, *others = said(shown)
    assert first == "“Late” did not start when it should: it has no account"
    assert f"{gone} is logged out of LinkedIn" in others
    assert "2 people failed by a fault of SendQ's" in others
    assert "1 person waits for a decision: on the do-not-contact list" in others
    assert any(each.startswith("Nobody is told by mail") for each in others)
    assert shown["figures"].needs.stuck == 3 + 1 + 1
    for card in shown["needs"]:
        assert card.button is not None, card.need.title
        assert desk.get(card.button.url.partition("#")[0]).status_code == 200, card.button.url
    (retry,) = (each.button for each in shown["needs"] if each.need.kind == "failed")
    asked = {"action": retry.post, "select_across": "1", "_selected_action": str(uuid.UUID(int=0))}
    page = desk.post(retry.url, asked).content.decode()
    assert "2 will be retried." in page


def test_a_card_is_taken_put_off_and_brought_back(desk: Client, boss: User) -> None:
    now = timezone.now()
    workspace = a_busy_workspace(now)
    need = next(card.need for card in context(boss, now)["needs"] if card.need.kind == "account")
    stranger = logged_in(a_user("stranger", a_workspace(), group="Operator"))

    def say(browser: Client, word: str) -> dict[str, Any]:
        browser.post("/admin/card/", {"key": need.key, "say": word})
        return context(boss, now)

    say(stranger, "put_off")
    assert need.title in said(context(boss, now))
    taken = next(each for each in say(desk, "take")["needs"] if each.need.key == need.key)
    assert (taken.is_mine, taken.facts[-1]) == (True, "you have it")
    put_off = say(desk, "put_off")
    assert need.title not in said(put_off)
    assert [card.need.title for card in put_off["put_off"]] == [need.title]
    assert need.title in said(say(desk, "bring_back"))
    viewer = a_user("mona", workspace, group="Viewer")
    assert need.title in said(say(logged_in(viewer), "put_off")), "a viewer changes nothing"
    assert context(viewer, now)["needs"]
    assert b'value="put_off"' in desk.get("/admin/").content, "at once, not a minute later"
    assert b'value="put_off"' not in logged_in(viewer).get("/admin/dashboard/").content
    assert b'value="put_off"' in desk.get("/admin/dashboard/").content


def test_the_day_at_a_glance(boss: User) -> None:
    account = an_account(a_workspace(notify_emails="ada@example.com"))
    campaign = a_campaign(account.workspace, account)
    an_item(campaign, account, status=Status.SENT, sent_at=NOON - dt.timedelta(hours=1))
    an_item(campaign, account, scheduled_for=NOON + dt.timedelta(hours=1))
    an_item(campaign, account, scheduled_for=NOON + dt.timedelta(hours=2))
    an_item(campaign, account, scheduled_for=NOON + 3 * DAY)

    shown = context(boss, NOON)

    today = shown["today"]
    assert (today.sent, today.planned, today.to_go) == (1, 3, 2)
    assert today.last_at == NOON + dt.timedelta(hours=2)
    assert today.next_at == NOON + dt.timedelta(hours=1)
    assert today.empty_on == NOON + 3 * DAY
    assert shown["needs"] == []


def test_a_day_on_which_nothing_goes_says_why(boss: User) -> None:
    account = an_account(a_workspace())
    office = a_campaign(account.workspace, account, sending_hours=None)  # Mon to Fri, New York
    an_item(office, account, scheduled_for=NOON)
    saturday = NOON + 3 * DAY

    today = context(boss, saturday)["today"]

    assert today.next_at == dt.datetime(2026, 7, 13, 11, tzinfo=dt.UTC)
    assert today.why_not_now == "weekend"
    assert today.to_go == 0


def test_who_goes_next_is_not_who_waits_for_monday(boss: User) -> None:
    account = an_account(a_workspace())
    office = a_campaign(account.workspace, account, sending_hours=None)  # Mon to Fri, New York
    always = a_campaign(account.workspace, account)
    saturday = NOON + 3 * DAY
    an_item(office, account, scheduled_for=NOON)
    first = an_item(always, account, scheduled_for=saturday + dt.timedelta(hours=1))

    today = context(boss, saturday)["today"]

    assert today.next.item == first
    assert today.next_at == saturday + dt.timedelta(hours=1)


def test_figures_stop_at_the_walls(db: None) -> None:
    now = timezone.now()
    own, _other = a_busy_workspace(now), a_busy_workspace(now)
    viewer = a_user("viewer", own, group="Viewer")
    outsider = a_user("outsider", group="Viewer")

    shown, nothing = context(viewer, now), context(outsider, now)

    assert (len(shown["needs"]), shown["figures"].pending, shown["sent"]) == (4, 6, 3)
    assert all(card.button is None for card in shown["needs"] if card.need.kind != "held")
    assert {line.usage.account.workspace for line in shown["figures"].lines} == {own}
    assert nothing["needs"] == nothing["waiting"] == nothing["figures"].lines == []


def test_fragment_is_for_those_who_see_the_queue(client: Client) -> None:
    assert client.get(FRAGMENT).status_code == 302
    client.force_login(User.objects.create_user("nobody"))
    assert client.get(FRAGMENT).status_code == 302
    assert logged_in(a_user("clerk")).get(FRAGMENT).status_code == 403
    assert b'id="dashboard"' not in logged_in(a_user("other")).get("/admin/").content

    answer = logged_in(a_user("viewer", group="Viewer")).get(FRAGMENT)

    assert b"Nothing needs you" in answer.content
    assert "no-store" in answer["Cache-Control"]


def test_first_page_holds_the_fragment_without_inline_code(desk: Client) -> None:
    a_busy_workspace(timezone.now())

    page = desk.get("/admin/").content.decode()

    assert 'data-url="/admin/dashboard/"' in page
    assert "Nora Example" in page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def test_names_are_text(desk: Client) -> None:
    workspace = a_workspace()
    account = an_account(workspace, name="<b>Nora</b>")
    item = an_item(a_campaign(workspace, account), account)
    item.prospect.first_name = "<img src=x onerror=alert(1)>"
    item.prospect.save()

    page = desk.get(FRAGMENT).content.decode()

    assert "<img" not in page
    assert "<b>Nora" not in page
    assert "<b>Nora</b>" in unescape(page)


def test_accounts_say_what_they_sent_and_when_they_send_next(settings: Settings) -> None:
    settings.SEND_QUEUE_CRON = "*/30 * * * *"
    workspace = a_workspace()
    account = an_account(workspace, daily_limit=20)
    office = a_campaign(workspace, account, sending_hours=None)  # 7 to 18 in New York
    an_item(office, account, scheduled_for=NOON.replace(hour=23))
    an_item(office, account, status=Status.SENT, sent_at=NOON)

    figures = gathered(NOON)
    (line,) = figures.lines

    assert (line.usage.facts.sent_today, line.usage.facts.daily.value) == (1, 20)
    assert line.zone == "America/New_York"
    assert line.next_send == dt.datetime(2026, 7, 9, 11, tzinfo=dt.UTC)  # 7:00 there
    assert line.usage.facts.next_day_at == dt.datetime(2026, 7, 9, tzinfo=dt.UTC)


def test_the_next_send_is_a_run_inside_the_hours(settings: Settings) -> None:
    settings.SEND_QUEUE_CRON = "*/30 * * * *"
    workspace = a_workspace()
    account = an_account(workspace, min_gap_seconds=1200)
    office = a_campaign(workspace, account, sending_hours=None)  # 7 to 18 in New York
    an_item(office, account, scheduled_for=NOON)
    closing = dt.datetime(2026, 7, 8, 22, tzinfo=dt.UTC)
    an_item(office, account, status=Status.SENT, sent_at=closing - dt.timedelta(minutes=25))

    now = closing - dt.timedelta(minutes=20)  # the gap ends before they close, no run comes by then
    figures = gathered(now)

    assert figures.lines[0].next_send == dt.datetime(2026, 7, 9, 11, tzinfo=dt.UTC)


def test_an_account_that_needs_somebody_says_so_and_stands_first() -> None:
    workspace = a_workspace()
    fine = an_account(workspace, name="A")
    gone = an_account(workspace, name="B", status=Account.DISCONNECTED)
    an_item(a_campaign(workspace, fine, gone), gone)

    figures = gathered(NOON)

    assert [line.usage.account for line in figures.lines] == [gone, fine]
    assert figures.lines[0].next_send is None
    assert figures.lines[0].waits_for == "its account to be reconnected"


def test_days_are_those_of_whoever_reads() -> None:
    workspace = a_workspace()
    account = an_account(workspace)
    campaign = a_campaign(workspace, account)
    for hour in (3, 5):  # before and after midnight in New York
        sent_at = NOON.replace(hour=hour)
        an_item(campaign, account, status=Status.SENT, sent_at=sent_at)

    days = status.by_day(QueueItem.objects.all(), NOON, zones.zone("America/New_York"))

    assert len(days) == 14
    assert [(day.date.day, day.sent) for day in days[-2:]] == [(7, 1), (8, 1)]


@pytest.mark.parametrize(("hours_ago", "late"), [(3, True), (0, False)])
def test_late_ticker_is_a_banner(desk: Client, hours_ago: int, late: bool) -> None:
    now = timezone.now()
    account = an_account(a_workspace())
    an_item(a_campaign(account.workspace, account), account, scheduled_for=now - DAY)
    ProcessRun.objects.create(trigger="schedule", started_at=now - dt.timedelta(hours=hours_ago))

    assert (b"The ticker is late" in desk.get(FRAGMENT).content) is late


def test_a_cluster_that_runs_by_other_settings_is_a_banner(
    desk: Client, settings: Settings
) -> None:
    assert b"The cluster runs" not in desk.get(FRAGMENT).content

    settings.SEND_QUEUE_CRON = "*/5 * * * *"  # it was started before

    page = desk.get(FRAGMENT).content.decode()
    assert "at “*/30 * * * *”, SEND_QUEUE_CRON is “*/5 * * * *”" in page


def test_queries_do_not_grow_with_the_queue(
    boss: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    for _ in range(4):
        a_busy_workspace(now)

    with django_assert_max_num_queries(52):
        context(boss, now)


def test_a_limit_that_runs_cannot_reach_is_shown(desk: Client, settings: Settings) -> None:
    settings.SEND_QUEUE_CRON = "0 * * * *"
    workspace = a_workspace()
    too_much = an_account(workspace, name="Too much", daily_limit=25)
    enough = an_account(workspace, name="Enough", daily_limit=24)
    idle = an_account(workspace, name="Idle", daily_limit=25)
    a_campaign(workspace, too_much, enough)
    a_campaign(workspace, idle, status=Campaign.Status.PAUSED)

    page = desk.get("/admin/")

    lines = {line.usage.account: line.most_a_day for line in page.context["figures"].lines}
    assert lines == {too_much: 24, enough: None, idle: None}
    assert page.content.decode().count("only 24 a day can go") == 1


def test_an_empty_desk_leads_through_the_first_steps(desk: Client) -> None:
    empty = desk.get("/admin/").content.decode()
    workspace = a_workspace()
    begun = desk.get(FRAGMENT).content.decode()
    stranger = logged_in(a_user("stranger", group="Viewer")).get("/admin/").content.decode()
    a_campaign(workspace, an_account(workspace))
    under_way = desk.get(FRAGMENT).content.decode()

    assert 'href="/admin/campaigns/workspace/add/">Make a client' in empty
    assert 'href="/admin/campaigns/prospect/import/">Import people' in empty
    assert "Make a client, or a team of your own <strong>done</strong>" in begun
    assert "ask a manager" in stranger
    assert "First steps" not in under_way


def test_what_was_set_aside_is_named_inside_the_walls(db: None) -> None:
    now = timezone.now()
    workspace = a_workspace()
    for number, of in enumerate((workspace, a_workspace())):
        with Fence(now).around(f"The answer about Ada Example {number}", of.pk):
            raise ValueError("poison")
    Fence(now - 2 * DAY)._tell("The queue of Nora Example", workspace.pk, None, ValueError("old"))

    page = logged_in(a_user("viewer", workspace, group="Viewer")).get(FRAGMENT).content.decode()

    assert "Set aside in the last 24 hours" in page
    assert "Ada Example 0" in page
    assert "Ada Example 1" not in page
    assert "Nora" not in page
