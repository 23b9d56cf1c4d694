"""Answers: who is in the list, the conversation as it stands, and what is done about it."""

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from campaigns.models import Prospect
from queueing.models import Card, Kind, QueueItem, Reply
from queueing.sending import news
from queueing.staff import owning, replies
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account
from tests.queueing.admin.conftest import a_user, logged_in
from tests.queueing.after.conftest import World
from tests.queueing.numbers.conftest import DAY, invited, message

pytestmark = pytest.mark.django_db
LIST = "/admin/queueing/reply/"


@pytest.fixture
def browser(db: None) -> Client:
    """A browser in which a superuser is logged in."""
    return logged_in(User.objects.create_superuser("boss"))


def an_answer(person: Prospect, at: dt.datetime = NOON) -> Reply:
    names = [person.public_identifier]
    news.answered(person.campaign.workspace_id, names, at, Prospect.Source.MESSAGES, at)
    return Reply.objects.get(prospect=person)


@pytest.fixture
def person() -> Prospect:
    workspace = a_workspace()
    return invited(a_campaign(workspace, an_account(workspace)), 9 * DAY)


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("bo", is_staff=True)


def test_an_answer_is_to_the_last_text_before_it(person: Prospect) -> None:
    message(person, NOON - 3 * DAY)
    second = message(person, NOON - 2 * DAY, step=2)
    message(person, NOON + DAY, step=3)

    reply = an_answer(person)

    assert (reply.item, reply.linkedin_account) == (second, second.linkedin_account)
    assert (reply.at, reply.done) == (NOON, False)


def test_what_is_told_again_brings_nothing_back_and_a_newer_answer_does(
    person: Prospect, staff: User
) -> None:
    reply = an_answer(person)
    replies.end(reply, staff)

    an_answer(person)
    assert not Reply.objects.waiting(NOON).exists()
    replies.snooze(reply, NOON + DAY, staff)
    assert not Reply.objects.waiting(NOON).exists()
    assert Reply.objects.waiting(NOON + DAY).exists()

    an_answer(person, NOON + dt.timedelta(hours=1))
    assert Reply.objects.waiting(NOON).get().at == NOON + dt.timedelta(hours=1)


def test_who_answers_two_campaigns_is_one_answer(person: Prospect) -> None:
    other = a_campaign(person.campaign.workspace, person.campaign.accounts.get())
    again = a_prospect(other, public_identifier=person.public_identifier)
    reached = message(again, NOON - 4 * DAY)

    news.answered(
        other.workspace_id, [person.public_identifier], NOON, Prospect.Source.MESSAGES, NOON
    )

    assert Reply.objects.get().item == reached


def test_who_has_a_person_has_their_answer(person: Prospect, staff: User) -> None:
    owning.give(person, staff, staff)

    reply = an_answer(person)

    assert reply.taken_by == staff
    replies.give_back(reply, staff)
    assert Reply.objects.get().taken_by is None
    assert Card.objects.get().taken_by is None


@pytest.mark.parametrize(
    ("tag", "is_done"),
    [("interested", False), ("later", False), ("not_now", True), ("wrong_person", True)],
)
def test_a_tag_that_calls_for_no_answer_is_done(
    person: Prospect, staff: User, tag: str, is_done: bool
) -> None:
    reply = an_answer(person)

    replies.tag(reply, tag, staff, NOON)

    reply.refresh_from_db()
    assert (reply.prospect.tag, reply.done) == (tag, is_done)


def test_the_list_stops_at_the_wall_and_asks_few_questions(
    person: Prospect, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    own = person.campaign.workspace
    an_answer(person)
    hidden = a_workspace()
    an_answer(invited(a_campaign(hidden, an_account(hidden)), 9 * DAY, last_name="Hidden"))
    clerk = logged_in(a_user("clerk", own, group="Viewer"))

    with django_assert_max_num_queries(24):
        page = clerk.get(LIST)

    assert [row.prospect for row in page.context["cl"].result_list] == [person]
    assert b"Hidden" not in page.content
    other = Reply.objects.exclude(prospect=person).get()
    assert clerk.get(f"{LIST}{other.pk}/change/").status_code == 404
    assert clerk.post(f"{LIST}{other.pk}/say/", {"say": "done"}).status_code == 404


def test_who_may_only_look_changes_nothing(person: Prospect) -> None:
    reply = an_answer(person)
    viewer = logged_in(a_user("clerk", person.campaign.workspace, group="Viewer"))
    operator = logged_in(a_user("otis", person.campaign.workspace, group="Operator"))

    page = viewer.get(f"{LIST}{reply.pk}/change/").content.decode()

    assert "could not be read now" in page  # there is no Unipile here
    assert 'value="done"' not in page
    assert viewer.post(f"{LIST}{reply.pk}/say/", {"say": "done"}).status_code == 403
    for said in ("take", "snooze", "reopen", "tag", "nothing", "done"):
        data = {"say": said, "days": "3", "tag": "later"}
        assert operator.post(f"{LIST}{reply.pk}/say/", data).status_code == 302
    reply.refresh_from_db()
    assert (reply.done, reply.taken_by and reply.taken_by.username) == (True, "otis")
    assert reply.prospect.tag == "later"


def test_an_answer_is_written_once_and_goes_like_every_message(
    world: World,
    browser: Client,
    settings: Settings,
) -> None:
    person = world.connected()
    world.answers(person, "Gladly! When?")
    assert world.look() == {"answered": 1}
    reply = Reply.objects.get()
    assert (reply.text, reply.item.kind) == ("Gladly! When?", Kind.CONNECTION_REQUEST)
    world.answers(person, "Tuesday would do.")
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = world.sandbox.url, world.sandbox.api_key
    world.later(minutes=3)
    Reply.objects.update(read_at=None)

    page = browser.get(f"{LIST}{reply.pk}/change/").content.decode()  # read as it stands
    assert "Tuesday would do." in page
    answer = {"say": "write", "key": str(uuid.uuid4()), "text": "Tuesday at ten, then."}
    for _ in range(2):
        assert browser.post(f"{LIST}{reply.pk}/say/", answer).status_code == 302
    another = answer | {"text": "No, Wednesday."}  # after Back: said to be queued, it would be lost
    assert b"this one is not" in browser.post(f"{LIST}{reply.pk}/say/", another).content

    item = QueueItem.objects.get(by_hand=True)
    item.scheduled_for = world.clock()
    item.save()
    world.run()
    item.refresh_from_db()
    assert world.wrote() == ["Tuesday at ten, then."]
    assert (item.status, item.send_attempts.count(), item.pinned) == ("sent", 2, True)
    reply.refresh_from_db()
    assert reply.done


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  ", "This field is required"),
        ("x" * 8001, "at most 8000 characters"),
        ("Hi {{ first_name }}", "Nobody fills in {{ first_name }} in an answer"),
        ("Hi {firstName}", "Nobody fills in {firstName} in an answer"),
    ],
)
def test_a_text_that_cannot_go_is_refused_and_kept_in_the_form(
    person: Prospect,
    browser: Client,
    text: str,
    told: str,
) -> None:
    reply = an_answer(person)

    answer = {"say": "write", "key": str(uuid.uuid4()), "text": text}
    page = browser.post(f"{LIST}{reply.pk}/say/", answer).content.decode()

    assert told in page
    assert not QueueItem.objects.filter(by_hand=True).exists()


def test_nobody_is_written_to_whose_id_is_not_known(person: Prospect, staff: User) -> None:
    reply = an_answer(person)

    with pytest.raises(replies.CannotWriteError, match="LinkedIn itself"):
        replies.write(reply, "Hello", uuid.uuid4(), staff, timezone.now())
