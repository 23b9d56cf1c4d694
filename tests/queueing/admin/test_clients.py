"""A client's page with its figures, its report on paper and by mail, and a colleague for it."""

import datetime as dt
import re
import smtplib
from collections.abc import Sequence

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.utils import timezone

from campaigns.models import Prospect, Workspace
from queueing.models import QueueItem, SendingStop
from queueing.numbers import Funnel
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db


def page_of(workspace: Workspace, page: str = "change") -> str:
    return f"/admin/campaigns/workspace/{workspace.pk}/{page}/"


def sent_to(workspace: Workspace, *ago: int, **person: object) -> None:
    """Store a campaign that has invited somebody so many days ago, each."""
    account = an_account(workspace)
    campaign = a_campaign(workspace, account, name="Founders")
    for days in ago:
        at = timezone.now() - dt.timedelta(days=days)
        invited = a_prospect(campaign, **person)
        an_item(campaign, account, prospect=invited, status=QueueItem.Status.SENT, sent_at=at)


def test_a_clients_page_shows_its_own_figures(desk: Client) -> None:
    ours, other = a_workspace(name="Harbor"), a_workspace()
    sent_to(ours, 1, 2, status=Prospect.Status.CONNECTED)
    sent_to(other, 1)

    page = desk.get(page_of(ours))

    assert page.context["client"].sent == 2
    assert page.context["client"].people.share == 100
    assert b"Founders" in page.content
    assert [line.people for line in page.context["client"].campaigns] == [2]


def test_anybody_of_the_team_stops_a_client_and_a_manager_lets_it_go_on() -> None:
    ours, other = a_workspace(name="Harbor"), a_workspace(name="Northwind")
    clerk = logged_in(a_user("otis", ours, other, group="Operator"))
    stop, go_on = f"/admin/stop/?workspace={ours.pk}", f"/admin/go-on/?workspace={ours.pk}"
    assert stop in clerk.get(page_of(ours)).content.decode()
    assert f'value="{ours.pk}" selected' in clerk.get(stop).content.decode()

    told = clerk.post(stop, {"workspace": str(ours.pk), "reason": "Wrong text"}, follow=True)

    assert "The sending of Harbor is stopped" in told.content.decode()
    assert SendingStop.objects.open().get().workspace == ours
    assert clerk.get(go_on).status_code == 403
    manager = logged_in(a_user("mona", ours, group="Manager"))
    assert go_on in manager.get(page_of(ours)).content.decode()
    manager.post(go_on, {"reason": "Text is right"})
    assert not SendingStop.objects.open().exists()


def test_a_report_counts_who_was_invited_in_its_days(desk: Client) -> None:
    ours = a_workspace()
    sent_to(ours, 1, 40, accepted_at=timezone.now(), accepted_source=Prospect.Source.RELATIONS)
    today = timezone.now().date()

    page = desk.get(page_of(ours, "report"))
    day = dt.timedelta(days=1)
    whole = {"first": f"{today - 60 * day}", "last": f"{today + day}"}
    longer = desk.get(page_of(ours, "report"), whole)

    (line,) = page.context["report"].lines
    assert (line.campaign, line.funnel) == ("Founders", Funnel(invited=1, accepted=1))
    assert longer.context["report"].total.funnel.invited == 2


@pytest.mark.parametrize(
    ("first", "last"), [("2026-07-08", "2026-07-01"), ("2020-01-01", "2026-01-01"), ("x", "\0")]
)
def test_a_period_that_cannot_be_is_said(desk: Client, first: str, last: str) -> None:
    page = desk.get(page_of(a_workspace(), "report"), {"first": first, "last": last})

    assert page.status_code == 200
    assert page.context["period"].errors


def test_a_report_goes_by_mail_and_into_the_log(desk: Client) -> None:
    ours = a_workspace(name="Harbor", notify_emails="ada@example.com")
    sent_to(ours, 1)
    assert b'value="ada@example.com"' in desk.get(page_of(ours, "report")).content

    desk.post(page_of(ours, "report"), {"to": "not an address"})
    desk.post(page_of(ours, "report"), {"to": "ada@example.com, bo@example.com"})

    (sent,) = mail.outbox
    assert sent.to == ["ada@example.com", "bo@example.com"]
    assert "Founders\n  invited 1," in sent.body
    assert "Mailed the report" in LogEntry.objects.get().change_message


def test_a_report_of_another_client_or_by_a_viewer_is_not_mailed() -> None:
    ours, other = a_workspace(), a_workspace()
    viewer = logged_in(a_user("vera", ours, group="Viewer"))

    assert viewer.get(page_of(ours, "report")).status_code == 200
    assert viewer.post(page_of(ours, "report"), {"to": "a@example.com"}).status_code == 403
    assert viewer.get(page_of(other, "report")).status_code == 404
    assert mail.outbox == []


def an_invitation(**values: object) -> dict[str, object]:
    operator = Group.objects.get(name="Operator")
    return {"email": "Otis@Example.com", "name": "Otis", "group": operator.pk, **values}


def test_a_colleague_is_invited_in_one_form(desk: Client) -> None:
    ours = a_workspace()

    desk.post("/admin/invite/", an_invitation(clients=[str(ours.pk)]))

    otis = User.objects.get(username="otis@example.com")
    assert (otis.is_staff, otis.is_superuser) == (True, False)
    assert list(otis.workspaces.all()) == [ours]
    assert [group.name for group in otis.groups.all()] == ["Operator"]
    link = re.search(r"https?://[^/]+(/password-reset/\S+)", str(mail.outbox[0].body))
    assert link
    assert b"new_password1" in Client().get(link[1], follow=True).content
    again = desk.post("/admin/invite/", an_invitation())
    assert b"has this address already" in again.content


def test_without_mail_the_way_in_is_shown_once(settings: object, desk: Client) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # type: ignore[attr-defined]

    page = desk.post("/admin/invite/", an_invitation())

    assert b"/password-reset/" in page.content
    assert page["Cache-Control"].startswith("max-age=0")


def test_only_who_may_add_users_invites() -> None:
    manager = logged_in(a_user("mona", a_workspace(), group="Manager"))

    assert manager.get("/admin/invite/").status_code == 403
    assert manager.post("/admin/invite/", an_invitation()).status_code == 403


def test_nobody_gives_a_colleague_more_than_they_have() -> None:
    ours, other = a_workspace(), a_workspace(name="Behind-the-wall")
    hires = a_user("hires", ours, group="Operator")
    hires.user_permissions.add(Permission.objects.get(codename="add_user"))
    browser, manager = logged_in(hires), Group.objects.get(name="Manager")

    page = browser.get("/admin/invite/").content
    assert (b"Operator" in page, b"Manager" in page, b"Behind-the-wall" in page) == (
        True,
        False,
        False,
    )
    for more in ({"group": manager.pk}, {"clients": [str(other.pk)]}):
        assert b"errorlist" in browser.post("/admin/invite/", an_invitation(**more)).content
    browser.post("/admin/invite/", an_invitation(clients=[str(ours.pk)]))
    assert list(User.objects.get(username="otis@example.com").workspaces.all()) == [ours]


def test_the_name_of_a_client_is_one_line_of_a_mail(desk: Client) -> None:
    ours = a_workspace(name="Harbor\r\nBcc: eve@example.com")

    desk.post(page_of(ours, "report"), {"to": "ada@example.com"})

    assert mail.outbox[0].subject.startswith("Harbor Bcc: eve@example.com: ")
    assert mail.outbox[0].recipients() == ["ada@example.com"]


class Refuses(BaseEmailBackend):
    """A mail server that takes no mail, and says for whom."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise smtplib.SMTPRecipientsRefused({email_messages[0].to[0]: (550, b"no such box")})


def test_the_log_names_nobody_whom_a_mail_server_refuses(
    desk: Client, settings: object, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refuses"  # type: ignore[attr-defined]

    told = desk.post(page_of(a_workspace(), "report"), {"to": "otis@example.com"}, follow=True)
    page = desk.post("/admin/invite/", an_invitation())

    assert b"did not take the report" in told.content
    assert b"/password-reset/" in page.content
    assert caplog.text.count("could not be mailed: SMTPRecipientsRefused") == 2
    assert "otis@example.com" not in caplog.text


def test_a_new_client_is_one_form_and_leads_to_its_page(desk: Client) -> None:
    a_campaign(a_workspace())  # not the first client, which leads on to its account
    assert b"New client" in desk.get("/admin/campaigns/workspace/add/").content

    values = {"name": "Harbor", "tier": "startup", "notify_emails": "", "members": []}
    answer = desk.post("/admin/campaigns/workspace/add/", values, follow=True)

    assert answer.redirect_chain[-1][0] == page_of(Workspace.objects.get(name="Harbor"))
    assert b"Write the first one" in answer.content


def test_the_inbox_counts_what_the_desk_shows(desk: Client) -> None:
    ours = a_workspace()
    a_campaign(ours, an_account(ours))

    cards = desk.get("/admin/").context["needs"]

    assert desk.get("/admin/inbox/").json() == {"count": len(cards)}
    assert len(cards) == 2, "nobody to write to, and nobody is told by mail"
    assert logged_in(a_user("nobody")).get("/admin/inbox/").status_code == 403
