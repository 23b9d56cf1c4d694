"""What staff do: follow-ups on a campaign's page, and tags on answers."""

import pytest
from django.contrib.auth.models import User

from campaigns.models import Campaign, Prospect, Step
from queueing.models import QueueItem
from queueing.planning import ends
from queueing.staff import tags
from tests.queueing.after.conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("bo", is_staff=True)


def test_who_is_out_of_office_is_written_to_again(world: World, staff: User) -> None:
    person = world.connected()
    world.answers(person, "I am away until Monday.")
    world.run()
    item = world.message()
    assert item.error_code == "has_answered"
    person.refresh_from_db()
    world.later(minutes=5)

    tags.tag(person, Prospect.Tag.OUT_OF_OFFICE, staff, "auto-reply", world.clock())

    person.refresh_from_db()
    assert person.status == Prospect.Status.CONNECTED
    assert person.goes_on_at == world.clock() + Prospect.AWAY_FOR
    assert world.look() == {}
    item.refresh_from_db()
    assert (item.status, item.error_code) == (QueueItem.Status.PENDING, "")
    assert item.scheduled_for == person.goes_on_at
    world.later(days=6, hours=23)
    world.run()
    assert world.wrote() == []
    world.later(hours=3)
    world.run()
    assert world.wrote() == ["Hello Ada!"]


def test_what_waits_of_who_is_out_of_office_is_put_off_and_ends_with_another_tag(
    world: World, staff: User
) -> None:
    person = world.connected()
    world.answers(person, "I am away until Monday.")
    world.look()
    person.refresh_from_db()
    world.later(minutes=5)
    tags.tag(person, Prospect.Tag.OUT_OF_OFFICE, staff, "auto-reply", world.clock())
    item = world.message()
    assert item.scheduled_for == world.clock() + Prospect.AWAY_FOR

    tags.tag(person, Prospect.Tag.NOT_NOW, staff, "no", world.clock())
    ends.skip_what_has_ended(world.clock())

    item.refresh_from_db()
    assert (item.status, item.error_code) == (QueueItem.Status.SKIPPED, "person_ended")


def test_a_real_answer_after_that_stops_them(world: World, staff: User) -> None:
    person = world.connected()
    world.answers(person, "I am away.")
    world.look()
    world.later(minutes=5)
    person.refresh_from_db()
    tags.tag(person, Prospect.Tag.OUT_OF_OFFICE, staff, "auto-reply", world.clock())
    world.later(hours=2)
    world.answers(person, "Back again, and gladly!")

    assert world.look() == {"answered": 1}

    person.refresh_from_db()
    assert person.status == Prospect.Status.REPLIED
    assert person.replied_at is not None
    assert person.last_replied_at == world.clock()


def test_any_other_tag_leaves_the_follow_ups_ended(world: World, staff: User) -> None:
    person = world.connected()
    world.answers(person)
    world.look()
    person.refresh_from_db()

    tags.tag(person, Prospect.Tag.INTERESTED, staff, "wants a call", world.clock())

    person.refresh_from_db()
    assert (person.status, person.tag) == (Prospect.Status.REPLIED, Prospect.Tag.INTERESTED)


def test_follow_ups_are_rows_of_the_campaigns_page(
    campaign: Campaign, admin_client: object
) -> None:
    page = admin_client.get(f"/admin/campaigns/campaign/{campaign.pk}/change/")  # type: ignore[attr-defined]

    assert "Hello {{ first_name }}!" in page.content.decode()


@pytest.mark.parametrize("text", ["Hello {first_name}", "Hello {{ frist_name }}", "x" * 8001])
def test_a_text_that_nobody_could_be_sent_is_refused(campaign: Campaign, text: str) -> None:
    step = Step(campaign=campaign, number=2, delay_days=3, text="Hello", text_b=text)

    with pytest.raises(Exception, match="text_b"):
        step.full_clean()
