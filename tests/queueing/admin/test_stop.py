"""The global stop: on every page, by those who may, with a reason."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from queueing.models import SendingStop
from tests.builders import NOON, a_workspace
from tests.queueing.admin.conftest import a_user, logged_in

STOP, GO_ON = "/admin/stop/", "/admin/go-on/"
pytestmark = pytest.mark.django_db


def a_stop(**values: object) -> SendingStop:
    return SendingStop.objects.create(**{"reason": "Wrong text", "stopped_at": NOON, **values})


def test_sending_is_stopped_and_goes_on(desk: Client, boss: User) -> None:
    assert b"goes into the log" in desk.get(STOP).content
    stopped = desk.post(STOP, {"reason": "Wrong text"}, follow=True)
    assert b"All sending is stopped" in stopped.content
    assert b"by boss since" in stopped.content

    assert b"Sending goes on" in desk.post(GO_ON, {"reason": "Right now"}, follow=True).content

    stop = SendingStop.objects.get()
    assert (stop.reason, stop.stopped_by, stop.lifted_by) == ("Wrong text", boss, boss)
    said = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(said) == ["Stopped all sending: Wrong text", "Let all sending go on: Right now"]


@pytest.mark.parametrize("reason", ["", "   "])
@pytest.mark.parametrize("url", [STOP, GO_ON])
def test_a_reason_is_asked_for(desk: Client, url: str, reason: str) -> None:
    if url == GO_ON:
        a_stop()

    answer = desk.post(url, {"reason": reason})

    assert b"Say why" in answer.content
    assert SendingStop.objects.open().exists() == (url == GO_ON)


def test_pressed_twice_it_is_stopped_once(desk: Client) -> None:
    desk.post(STOP, {"reason": "Wrong text"})
    again = desk.post(STOP, {"reason": "Wrong text"}, follow=True)

    assert b"stopped already" in again.content
    assert SendingStop.objects.count() == 1


def test_a_stale_page_never_does_the_opposite(desk: Client) -> None:
    a_stop(lifted_at=NOON + dt.timedelta(hours=1))

    answer = desk.post(GO_ON, {"reason": "Right now"}, follow=True)

    assert b"not stopped any more" in answer.content
    assert not SendingStop.objects.open().exists()


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
@pytest.mark.parametrize("url", [STOP, GO_ON])
def test_who_works_for_no_client_presses_nothing(group: str, url: str) -> None:
    clerk = logged_in(a_user("clerk", group=group))

    assert clerk.get(url).status_code == 403
    assert clerk.post(url, {"reason": "Holiday"}).status_code == 403
    assert not SendingStop.objects.exists()
    assert STOP.encode() not in clerk.get("/admin/").content


def test_who_may_not_see_the_queue_presses_nothing() -> None:
    stranger = logged_in(a_user("stranger", a_workspace()))

    assert stranger.get(STOP).status_code == 403
    assert stranger.post(STOP, {"reason": "Holiday"}).status_code == 403


def test_a_manager_stops_and_lifts_what_is_of_their_workspaces_alone() -> None:
    ours, theirs = a_workspace(name="Ours"), a_workspace(name="Theirs")
    manager = logged_in(a_user("manager", ours, group="Manager"))

    assert b"Theirs" not in manager.get(STOP).content
    manager.post(STOP, {"reason": "x", "workspace": str(theirs.pk)})
    assert not SendingStop.objects.filter(workspace=theirs).exists()
    manager.post(STOP, {"reason": "Wrong text"})
    assert SendingStop.objects.get().workspace == ours
    a_stop(workspace=theirs, reason="Their affair")
    a_stop(reason="For all to see")
    page = manager.get(GO_ON).content
    assert b"Their affair" not in page
    manager.post(GO_ON, {"reason": "x", "workspace": str(theirs.pk)})
    manager.post(GO_ON, {"reason": "Right now"})

    left = SendingStop.objects.open().values_list("reason", flat=True)
    assert set(left) == {"Their affair", "For all to see"}
    shown = manager.get("/admin/").content
    assert b"For all to see" in shown
    assert b"Their affair" not in shown
    assert b"Their affair" not in manager.get("/admin/queueing/sendingstop/").content


def test_a_manager_of_none_stops_nobody() -> None:
    manager = logged_in(a_user("manager", group="Manager"))

    assert manager.get(STOP).status_code == 403
    assert manager.post(STOP, {"reason": "x"}).status_code == 403


def test_a_superuser_stops_one_and_all_beside_each_other(desk: Client) -> None:
    one = a_workspace(name="One")
    desk.post(STOP, {"reason": "One only", "workspace": str(one.pk)})
    desk.post(STOP, {"reason": "All of it"})
    assert SendingStop.objects.open().count() == 2

    desk.post(GO_ON, {"reason": "x"})

    assert SendingStop.objects.open().get().workspace == one


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    answer = client.post(STOP, {"reason": "Holiday"})

    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]
    assert not SendingStop.objects.exists()


def test_every_page_shows_the_stop_and_who_pressed_it_and_why() -> None:
    manager = a_user("manager", group="Manager")
    a_stop(stopped_by=manager, reason="<script>x</script>" + "long " * 2000)
    browser = logged_in(manager)

    for url in ("/admin/", "/admin/campaigns/campaign/", "/admin/password_change/"):
        page = browser.get(url).content.decode()
        assert 'by manager since <time datetime="2026-07-08T16:00:00+00:00"' in page
        assert "</time>: &lt;script&gt;x&lt;/script&gt;" in page
        assert GO_ON not in page, "who could not have set it does not lift it"


def test_a_stop_of_sendq_itself_says_so(desk: Client, client: Client) -> None:
    a_stop(stopped_by=None, reason="The API key is refused")

    assert b"by SendQ itself" in desk.get("/admin/").content
    assert b"API key" not in client.get("/admin/login/").content
