"""What V2 alone tells: parts of an account, locks, removals, and events for trying things out."""

from typing import Any

import pytest
from django.conf import LazySettings

from campaigns.models import LinkedInAccount, Prospect
from queueing.looking import events
from queueing.models import WebhookEvent
from queueing.unipile import Version
from tests.queueing.after.conftest import World
from tests.queueing.after.test_webhooks_of_both import pass_on
from tests.queueing.unipile.test_calls import Hookland, hookland

__all__ = ["hookland"]

pytestmark = pytest.mark.django_db
Status = LinkedInAccount.Status


@pytest.fixture
def spoken() -> str:
    return Version.V2


@pytest.fixture
def told(world: World, hookland: Hookland, settings: LazySettings) -> Hookland:
    """An endpoint that is told what SendQ registers for."""
    made = world.client.register_webhooks(hookland.url, "")
    settings.UNIPILE_WEBHOOK_SECRETS, settings.UNIPILE_API_VERSION = [made.secret], Version.V2
    return hookland


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"v2_status": "degraded"}, Status.CONNECTED, ""),
        ({"v2_status": "partial"}, Status.CONNECTED, ""),
        ({"products": {"classic": "disconnected"}}, Status.DISCONNECTED, "classic: disconnected"),
        ({"locked": True}, Status.DISCONNECTED, "locked: see Unipile's dashboard"),
        ({"status": "ERROR"}, Status.CONNECTED, ""),
        ({}, Status.DISCONNECTED, "does not know this account"),
    ],
)
def test_what_becomes_of_an_account(
    world: World, told: Hookland, change: dict[str, Any], status: str, words: str
) -> None:
    account_id = world.account.unipile_account_id
    if change:
        world.sandbox.control.set_account(account_id, **change)
    else:
        world.sandbox.control.remove_account(account_id)

    assert pass_on(world, told, Version.V2) == {"worked off": 1}

    world.account.refresh_from_db()
    assert world.account.status == status
    assert words in world.account.pause_reason


def test_events_of_a_development_application_are_for_trying_alone(
    world: World, told: Hookland, settings: LazySettings
) -> None:
    """Where people are written to they are kept, and do nothing."""
    settings.IN_SANDBOX = False
    world.sandbox.control.settings(webhook_production=False)
    person = world.invited()
    world.accept(person)

    pass_on(world, told, Version.V2)

    person.refresh_from_db()
    assert person.status == Prospect.Status.CONNECTION_REQUEST_SENT
    (row,) = WebhookEvent.objects.all()
    assert (row.outcome, row.body) == (events.OF_DEVELOPMENT, "")
