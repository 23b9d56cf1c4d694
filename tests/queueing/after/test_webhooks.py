"""Webhooks: who is let in, what is kept, and what is worked off; told by the sandbox over HTTP."""

import datetime as dt
import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client as Browser

from campaigns.models import LinkedInAccount, Prospect
from queueing.looking import events
from queueing.models import WebhookEvent
from queueing.telling import Fence
from queueing.unipile import receiver
from tests.builders import NOON
from tests.queueing.after.conftest import World

pytestmark = pytest.mark.django_db
ADDRESS = f"/{events.WEBHOOK_PATH}"
Source = Prospect.Source


@pytest.fixture(autouse=True)
def _secrets(settings: LazySettings) -> None:
    settings.UNIPILE_WEBHOOK_SECRETS = ["new-secret", "old-secret"]


def tell(told: Any, secret: str = "new-secret", **more: Any) -> int:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    form = "application/x-www-form-urlencoded"  # so does Unipile, whatever it sends
    headers = {"Unipile-Auth": secret} if secret else {}
    done = Browser().generic("POST", ADDRESS, body, content_type=form, headers=headers, **more)
    return done.status_code


def relation(world: World, person: Prospect, **more: Any) -> dict[str, Any]:
    return {
        "event": "new_relation",
        "account_id": world.account.unipile_account_id,
        "account_type": "LINKEDIN",
        "user_public_identifier": person.public_identifier,
        "user_provider_id": world.sandbox.control.provider_id(
            world.account.unipile_account_id, person.public_identifier
        ),
        **more,
    }


def message(world: World, person: Prospect, message_id: str, **more: Any) -> dict[str, Any]:
    by_id = relation(world, person)["user_provider_id"]
    return {
        "event": "message_received",
        "account_id": world.account.unipile_account_id,
        "account_info": {"user_id": "ACoAAowner"},
        "message_id": message_id,
        "chat_id": chat_of(world, by_id),
        "message": "Gladly!",
        "sender": {"attendee_provider_id": by_id},
        "is_sender": False,
        "is_group": False,
        **more,
    }


def chat_of(world: World, person_id: str) -> str:
    conversation = world.client.messages_with(world.account.unipile_account_id, person_id)
    return conversation.chat_ids[0]


def last_message(world: World, person: Prospect) -> str:
    by_id = relation(world, person)["user_provider_id"]
    uid = world.account.unipile_account_id
    return world.client.messages_with(uid, by_id).messages[-1].id


def work(world: World) -> dict[str, int]:
    WebhookEvent.objects.filter(handled_at__isnull=True).update(
        received_at=world.clock(), try_at=world.clock()
    )
    fence = Fence(world.clock())
    done = events.work_off(world.client, receiver("v1"), world.clock, fence)
    assert fence.aside == []
    return dict(done)


@pytest.mark.parametrize("secret", ["new-secret", "old-secret"])
def test_what_comes_with_a_secret_is_kept(secret: str) -> None:
    assert tell({"event": "new_relation"}, secret) == 200

    assert json.loads(WebhookEvent.objects.get().body) == {"event": "new_relation"}


@pytest.mark.parametrize("secret", ["", "wrong", "new-secret,old-secret"])
def test_what_comes_without_one_is_not(secret: str) -> None:
    assert tell({"event": "new_relation"}, secret) == 401
    assert not WebhookEvent.objects.exists()


def test_with_no_secret_set_nobody_is_let_in(settings: LazySettings) -> None:
    settings.UNIPILE_WEBHOOK_SECRETS = []

    assert tell({}, "") == 401


def test_what_is_huge_or_no_post_is_refused() -> None:
    assert tell(b"x" * 300_000) == 413
    assert Browser().get(ADDRESS).status_code == 405
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b'{"event": 7}', b"a\x00b", b"a=b&c=d"])
def test_what_is_no_event_is_kept_and_does_no_harm(world: World, body: bytes) -> None:
    assert tell(body) == 200

    work(world)

    row = WebhookEvent.objects.get()
    assert row.handled_at is not None
    assert row.body == ""


def test_an_acceptance_told_twice_is_one(world: World) -> None:
    person = world.invited()
    world.accept(person)
    for _ in range(2):
        tell(relation(world, person))

    assert work(world) == {"worked off": 1, "told before": 1}

    person.refresh_from_db()
    assert person.status == Prospect.Status.CONNECTED
    assert person.accepted_source == Source.WEBHOOK
    assert not WebhookEvent.objects.exclude(body="").exists()


def test_the_earliest_time_of_an_acceptance_is_kept(world: World) -> None:
    person = world.invited()
    accepted_at = world.clock() + dt.timedelta(minutes=5)
    world.later(minutes=5)
    world.accept(person)
    world.later(hours=7)
    tell(relation(world, person))
    work(world)

    world.look()

    person.refresh_from_db()
    assert (person.accepted_at, person.accepted_source) == (accepted_at, Source.RELATIONS)


def test_only_the_account_that_invited_is_credited(world: World) -> None:
    person = world.invited()
    LinkedInAccount.objects.update(unipile_account_id="another")
    told = relation(world, person, account_id="nobody-knows-it") | {"user_provider_id": "ACoAA"}
    tell(told)

    work(world)

    person.refresh_from_db()
    assert person.accepted_at is None


def test_an_answer_that_is_told_stops_the_person(world: World) -> None:
    person = world.connected()
    world.answers(person, "Gladly!")
    tell(message(world, person, last_message(world, person)))

    work(world)

    person.refresh_from_db()
    assert person.status == Prospect.Status.REPLIED
    assert WebhookEvent.objects.get().outcome == "answered"


def test_our_own_message_told_as_theirs_is_no_answer(world: World) -> None:
    person = world.connected()
    world.run()
    world.later(minutes=5)
    tell(message(world, person, last_message(world, person)))

    work(world)

    person.refresh_from_db()
    assert person.status == Prospect.Status.CONNECTED


def test_a_message_that_does_not_show_yet_is_tried_again_and_its_key_stays_free(
    world: World,
) -> None:
    person = world.connected()
    world.run()
    tell(message(world, person, "not-there-yet"))

    assert work(world) == {"put off": 1}

    row = WebhookEvent.objects.get()
    assert (row.key, row.tries, row.handled_at) == ("", 1, None)
    assert row.try_at > world.clock()


def test_what_fails_on_and_on_is_tried_less_and_less_often_and_is_named(world: World) -> None:
    person = world.connected()
    world.run()
    tell(message(world, person, "m-1"))
    world.sandbox.control.fault("close", times=0)
    assert events.trouble(world.clock()) == ""

    waits = []
    for _ in range(13):
        row = WebhookEvent.objects.get()
        world.clock.now = max(row.try_at, world.clock())
        fence = Fence(world.clock())
        assert events.work_off(world.client, receiver("v1"), world.clock, fence) == {"put off": 1}
        row.refresh_from_db()
        waits.append(row.try_at - world.clock())

    assert (row.key, row.handled_at) == ("", None)
    assert row.body
    assert waits[:3] == [dt.timedelta(minutes=number) for number in (1, 2, 4)]
    assert waits[-1] == events.LAST_RETRY
    assert events.trouble(world.clock()).startswith("1 webhook of Unipile's")
    events.forget(world.clock() + events.KEPT_FOR)
    assert not WebhookEvent.objects.exists()


def test_the_same_two_who_part_and_meet_again_are_another_event() -> None:
    told = {"event": "new_relation", "account_id": "a", "user_provider_id": "ACoAA1"}
    day, next_day = NOON, NOON + dt.timedelta(days=1)

    def key(now: dt.datetime, **more: str) -> str:
        return receiver("v1").parse(json.dumps({**told, **more}).encode(), now).key

    assert key(day) == key(day + dt.timedelta(hours=2)) != key(next_day)
    assert key(day, timestamp=day.isoformat()) == key(next_day, timestamp=day.isoformat())
    assert key(day, timestamp=day.isoformat()) != key(day, timestamp=next_day.isoformat())


def test_an_old_relation_told_late_is_no_acceptance_of_a_new_invitation(world: World) -> None:
    person = world.invited()
    long_ago = world.clock() - dt.timedelta(days=9)
    tell(relation(world, person, timestamp=long_ago.isoformat()))

    work(world)

    person.refresh_from_db()
    assert person.accepted_at is None


def test_a_status_is_a_hint_and_the_account_is_asked(world: World) -> None:
    uid = world.account.unipile_account_id
    tell({"AccountStatus": {"account_id": uid, "account_type": "LINKEDIN", "message": "ERROR"}})

    work(world)

    world.account.refresh_from_db()
    assert world.account.status == LinkedInAccount.Status.CONNECTED
    world.sandbox.control.set_account(uid, status="CREDENTIALS")
    world.later(minutes=2)
    told = {"account_id": uid, "account_type": "LINKEDIN", "message": "CREDENTIALS"}
    tell({"AccountStatus": told})
    work(world)
    world.account.refresh_from_db()
    assert world.account.status == LinkedInAccount.Status.DISCONNECTED
