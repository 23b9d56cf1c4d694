"""The check finds what differs, and nothing where all agrees."""

import re

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from campaigns.models import Campaign, Prospect
from queueing.looking import comparing
from queueing.models import QueueItem, Reply, SendAttempt
from queueing.numbers import checking
from queueing.sending import inbox
from tests.builders import NOON
from tests.queueing.after.conftest import World, campaign, world  # noqa: F401 - fixtures
from tests.queueing.numbers.conftest import DAY, invited, request

pytestmark = pytest.mark.django_db


def texts() -> list[str]:
    return [each.text for each in checking.check(QueueItem.objects.all(), None, NOON)]


def in_answers() -> None:
    for person in Prospect.objects.filter(replied_at__isnull=False):
        inbox.note([person.pk], person.replied_at or NOON)


def test_what_agrees_has_no_differences(crowd: Campaign) -> None:
    in_answers()

    assert texts() == []


def test_each_difference_is_named(crowd: Campaign) -> None:
    in_answers()
    person = Prospect.objects.filter(tag="interested").get()
    Reply.objects.filter(prospect=person).delete()
    odd = invited(crowd, DAY, status=Prospect.Status.CONNECTED)
    item = odd.queue_items.get()
    QueueItem.objects.filter(pk=item.pk).update(claimed_at=NOON)
    invited(crowd, DAY, accepted_at=NOON - 2 * DAY)
    uncounted = request(invited(crowd, DAY), NOON, kind="withdrawal", sent_at=None, status="failed")
    for number in (1, 2):
        SendAttempt.objects.create(
            item=uncounted, kind="send", number=number, started_at=NOON, finished_at=NOON,
            outcome="sent",
        )  # fmt: skip

    silent = invited(crowd, 3 * DAY, accepted_at=NOON - DAY)
    inbox.note([silent.pk], NOON)
    invited(crowd, DAY, status=Prospect.Status.QUEUED)
    waits = invited(crowd, 3 * DAY)
    Prospect.objects.filter(pk=waits.pk).update(accepted_at=NOON - DAY, accepted_source="hand")

    assert [re.split(r"\):? ", text)[1] for text in texts()] == [
        "counts as sent, and no call or look shows it.",
        "a call was answered as sent, and it does not count.",
        "two calls were answered as sent.",
        "has accepted, and nobody knows when.",
        "has accepted before the invitation went.",
        "was invited, and is listed as if nothing had gone.",
        "has accepted, and is listed as invited.",
        "is in Answers, and does not count as answered.",
        "has answered, and is not in Answers.",
    ]


def test_what_was_sent_in_no_week_is_named(crowd: Campaign) -> None:
    in_answers()
    invited(crowd, -9 * DAY)

    assert [text.partition(" the ")[0] for text in texts()] == ["By week"]


def test_what_linkedin_shows_is_compared(world: World) -> None:  # noqa: F811
    waits, accepts, declines = (world.invited() for _ in range(3))
    world.later(minutes=20)
    account = world.account

    def told() -> list[str]:
        found = comparing.compare(world.client, account, world.clock())
        assert found.trouble == ""
        return [each.text.rpartition(") ")[2] for each in found.differences]

    assert told() == []
    world.accept(accepts)
    world.sandbox.control.decline(account.unipile_account_id, declines.public_identifier)
    assert sorted(told()) == [
        "is among the connections, and does not count as accepted: the next look counts.",
        "waits here, and is neither pending nor connected there: declined, or taken back.",
    ]
    world.look()
    assert len(told()) == 1
    Prospect.objects.filter(pk=waits.pk).update(
        status="connected", accepted_at=world.clock(), accepted_source="hand"
    )
    assert "counts as accepted, and LinkedIn shows the invitation as pending." in told()
    QueueItem.objects.filter(prospect=waits).update(status="failed", sent_at=None)
    assert "is shown as invited by LinkedIn, and counts as failed here: look it up." in told()


def test_the_command_says_so_by_its_exit_code(crowd: Campaign, settings: Settings) -> None:
    with pytest.raises(CommandError, match="differences"):
        call_command("check_numbers", "--no-linkedin")
    in_answers()

    told = call_command("check_numbers", "--no-linkedin")

    assert told.splitlines()[0].startswith("Invited 7, accepted 4, answered 2, interested 1")
    assert told.endswith("No differences.")
    with pytest.raises(CommandError, match="--no-linkedin"):
        call_command("check_numbers")
