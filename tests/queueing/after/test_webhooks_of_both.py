"""From the sandbox's own webhooks to what they come to, in the words of either version."""

import pytest
from django.conf import LazySettings
from django.test import Client as Browser

from campaigns.models import LinkedInAccount, Prospect
from queueing.looking import events
from queueing.models import WebhookEvent
from queueing.telling import Fence
from queueing.unipile import receiver
from tests.conftest import BOTH
from tests.queueing.after.conftest import World
from tests.queueing.unipile.test_calls import Hookland, hookland

__all__ = ["hookland"]

pytestmark = [pytest.mark.django_db, BOTH]


def pass_on(world: World, hookland: Hookland, spoken: str) -> dict[str, int]:
    """Hand what the sandbox told to the receiver, and work it off."""
    world.sandbox.control.deliveries()
    for headers, body in hookland.told:
        kind = headers.pop("content-type")
        done = Browser().generic(
            "POST", f"/{events.WEBHOOK_PATH}", body, content_type=kind, headers=headers
        )
        assert done.status_code == 200
    hookland.told.clear()
    WebhookEvent.objects.filter(handled_at__isnull=True).update(
        received_at=world.clock(), try_at=world.clock()
    )
    fence = Fence(world.clock())
    done_with = events.work_off(world.client, receiver(spoken), world.clock, fence)
    assert fence.aside == []
    return dict(done_with)


def test_what_happens_is_told_kept_and_worked_off(
    world: World, hookland: Hookland, spoken: str, settings: LazySettings
) -> None:
    made = world.client.register_webhooks(hookland.url, "a-secret")
    settings.UNIPILE_WEBHOOK_SECRETS = ["one-of-before", made.secret or "a-secret"]
    settings.UNIPILE_API_VERSION = spoken
    world.sandbox.control.settings(webhook_copies=2)
    person = world.invited()
    world.accept(person)
    accepted = pass_on(world, hookland, spoken)
    person.refresh_from_db()
    assert person.status == Prospect.Status.CONNECTED
    assert person.accepted_source == Prospect.Source.WEBHOOK
    assert accepted["told before"] == accepted["worked off"]

    world.later(hours=1)
    world.answers(person, "Gladly!")
    pass_on(world, hookland, spoken)
    person.refresh_from_db()
    assert person.status == Prospect.Status.REPLIED

    world.sandbox.control.set_account(world.account.unipile_account_id, status="CREDENTIALS")
    pass_on(world, hookland, spoken)
    world.account.refresh_from_db()
    assert world.account.status == LinkedInAccount.Status.DISCONNECTED


def test_what_was_changed_on_the_way_is_not_kept(
    world: World, hookland: Hookland, spoken: str, settings: LazySettings
) -> None:
    world.client.register_webhooks(hookland.url, "a-secret")
    settings.UNIPILE_WEBHOOK_SECRETS, settings.UNIPILE_API_VERSION = ["another"], spoken
    person = world.invited()
    world.accept(person)
    world.sandbox.control.deliveries()

    for headers, body in hookland.told:
        done = Browser().generic("POST", f"/{events.WEBHOOK_PATH}", body, headers=headers)
        assert done.status_code == 401

    assert hookland.told
    assert not WebhookEvent.objects.exists()
