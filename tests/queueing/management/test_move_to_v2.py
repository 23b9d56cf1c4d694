"""An installation that moves to V2 in the middle of a campaign: nobody twice, nobody lost."""

import datetime as dt
import uuid
from collections import Counter

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from campaigns.models import Campaign, LinkedInAccount, Step
from queueing.looking import reconciling, syncing
from queueing.models import Kind, ProcessRun, QueueItem, WebhookEvent
from queueing.planning import withdrawals
from queueing.sending import runs
from queueing.unipile import Client, connect
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


@pytest.fixture
def account(sandbox: Sandbox, clock: MovedClock, client_of_unipile: Client) -> LinkedInAccount:
    """An account that V1 knows, and whose owner it has told."""
    sandbox.control.freeze(clock().isoformat())
    account = an_account(a_workspace(), unipile_account_id="old-id")
    sandbox.control.add_account("old-id", "sales_navigator")
    syncing.sync_accounts(client_of_unipile, clock())
    account.refresh_from_db()
    assert account.owner_id
    return account


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


@pytest.fixture
def v2(sandbox: Sandbox) -> Client:
    return connect(sandbox.url, sandbox.api_key, "v2")


def say_v2(settings: LazySettings, sandbox: Sandbox) -> None:
    """Give the installation the settings of V2, as its operator does before the command."""
    sandbox.control.settings(api="v2")
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    settings.UNIPILE_API_VERSION = "v2"


def run(client: Client, clock: MovedClock, sandbox: Sandbox, times: int) -> None:
    for _ in range(times):
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
        reconciling.reconcile(client, clock)
        clock.advance(minutes=40)
        sandbox.control.freeze(clock().isoformat())


def test_a_campaign_goes_on_with_v2(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    v2: Client,
    sandbox: Sandbox,
    clock: MovedClock,
    settings: LazySettings,
) -> None:
    items = [an_item(campaign, account) for _ in range(6)]
    run(client_of_unipile, clock, sandbox, 2)
    sandbox.control.fault("answer", type="request_timeout", route="invite", when="after")
    run(client_of_unipile, clock, sandbox, 1)
    before = Counter(QueueItem.objects.values_list("status", flat=True))
    say_v2(settings, sandbox)
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=v2)  # before the move nothing goes
    assert len(sandbox.control.effects()) == 3
    assert QueueItem.objects.filter(status=Status.FAILED).count() == 0

    told = call_command("move_to_v2")
    account.refresh_from_db()
    syncing.sync_accounts(v2, clock())
    run(v2, clock, sandbox, 5)
    clock.advance(days=1)  # what was tried before the move waits so long
    run(v2, clock, sandbox, 2)

    assert "1 of our accounts moved" in str(told)
    assert before == {Status.SENT: 2, Status.UNCONFIRMED: 1, Status.PENDING: 3}
    assert account.unipile_account_id == "acc_old-id"
    per_person = Counter(one["person"] for one in sandbox.control.effects())
    assert set(per_person.values()) == {1}
    assert per_person.keys() == {item.prospect.public_identifier for item in items}
    assert {item.status for item in QueueItem.objects.all()} == {Status.SENT}


def test_messages_and_withdrawals_go_on_with_v2(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    v2: Client,
    sandbox: Sandbox,
    clock: MovedClock,
    settings: LazySettings,
) -> None:
    """Of each kind one is in doubt across the move, having arrived, and one waits."""
    for person in ("ada-example", "milo-example"):
        sandbox.control.set_degree("old-id", person, "FIRST_DEGREE")
        to_withdraw_or_write(campaign, account, sandbox, person, Kind.MESSAGE)
    sandbox.control.invite_by_hand("old-id", "cleo-example", "zoe-example")
    pending = client_of_unipile.sent_invitations("old-id").invitations
    ids = {one.public_identifier: one.id for one in pending}
    for person in ("cleo-example", "zoe-example"):
        item = to_withdraw_or_write(campaign, account, sandbox, person, Kind.WITHDRAWAL)
        QueueItem.objects.filter(pk=item.pk).update(invitation_id=ids[person])
    for route in ("first_message", "cancel"):
        sandbox.control.fault("answer", type="request_timeout", route=route, when="after")
    run(client_of_unipile, clock, sandbox, 1)
    before = Counter(QueueItem.objects.values_list("kind", "status"))
    say_v2(settings, sandbox)

    call_command("move_to_v2")
    account.refresh_from_db()
    syncing.sync_accounts(v2, clock())
    run(v2, clock, sandbox, 4)

    assert before == {
        (kind, status): 1
        for kind in (Kind.MESSAGE, Kind.WITHDRAWAL)
        for status in (Status.UNCONFIRMED, Status.PENDING)
    }
    assert {item.status for item in QueueItem.objects.all()} == {Status.SENT}
    written = Counter(one["person"] for one in sandbox.control.messages())
    assert written == {"ada-example": 1, "milo-example": 1}
    assert v2.sent_invitations("acc_old-id").invitations == ()
    assert sandbox.control.effects() == []  # nobody was invited


def to_withdraw_or_write(
    campaign: Campaign, account: LinkedInAccount, sandbox: Sandbox, person: str, kind: Kind
) -> QueueItem:
    prospect = a_prospect(campaign, public_identifier=person)
    return QueueItem.objects.create(
        kind=kind,
        workspace=campaign.workspace,
        campaign=campaign,
        prospect=prospect,
        person_key=person,
        linkedin_account=account,
        linkedin_user_id=sandbox.control.provider_id("old-id", person),
        message="Hello" if kind == Kind.MESSAGE else "",
        by_hand=kind == Kind.MESSAGE,
        scheduled_for=NOON,
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"skip": 1, "put": {"total_count": 7}},  # it changes under the walk
        {"put": {"data": [{"object": "RelationRequest"}]}},  # an entry cannot be read
    ],
)
def test_what_an_incomplete_list_leaves_open_is_held_and_told(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    settings: LazySettings,
    capsys: pytest.CaptureFixture[str],
    fault: dict[str, object],
) -> None:
    waits = an_item(campaign, account)
    item = to_withdraw_or_write(campaign, account, sandbox, "zoe-example", Kind.WITHDRAWAL)
    QueueItem.objects.filter(pk=item.pk).update(invitation_id="7400000000000000001")
    sandbox.control.invite_by_hand("old-id", "ada-example", "milo-example")
    say_v2(settings, sandbox)
    sandbox.control.settings(page_cap=1)
    sandbox.control.fault("edit", route="sent", **fault)

    call_command("move_to_v2")

    told = capsys.readouterr()
    assert "its pending invitations were not told whole" in told.err
    assert "1 withdrawals put back" in told.out
    item.refresh_from_db()
    waits.refresh_from_db()
    assert (item.status, item.error_code) == (Status.SKIPPED, withdrawals.ENDED)
    assert (waits.linkedin_user_id, waits.prospect.resolved_at) == ("", None)


def test_a_dry_run_says_all_and_changes_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    settings: LazySettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stale = sandbox.control.provider_id("sandbox-account-free", "ada-example")
    an_item(campaign, account, linkedin_user_id=stale)
    event = WebhookEvent.objects.create(received_at=NOON, try_at=NOON, body="{}")
    dead = an_item(
        campaign,
        an_account(account.workspace),
        status=Status.SENDING,
        claim_token=uuid.uuid4(),
        claimed_at=NOON - dt.timedelta(hours=1),
    )
    say_v2(settings, sandbox)

    with pytest.raises(CommandError):  # the other account is none of V2's
        call_command("move_to_v2", "--dry-run")

    account.refresh_from_db()
    assert account.unipile_account_id == "old-id"
    assert QueueItem.objects.get(linkedin_account=account).linkedin_user_id == stale
    event.refresh_from_db()
    dead.refresh_from_db()
    assert (event.handled_at, dead.status) == (None, Status.SENDING)
    assert "old-id becomes acc_old-id (1 looked up before they go, 1 forgotten ids)" in (
        capsys.readouterr().out
    )


def test_what_webhooks_of_before_tell_is_read_instead(
    account: LinkedInAccount, campaign: Campaign, sandbox: Sandbox, settings: LazySettings
) -> None:
    Step.objects.create(campaign=campaign, number=1, text="Shall we talk?", delay_days=1)
    event = WebhookEvent.objects.create(received_at=NOON, try_at=NOON, body="{}")
    say_v2(settings, sandbox)

    call_command("move_to_v2")

    account.refresh_from_db()
    event.refresh_from_db()
    assert account.look_back_from == NOON  # and until that is read, nothing of it goes
    assert event.handled_at is not None
    assert "read instead" in event.outcome


def test_an_account_that_v2_lacks_is_named_and_sends_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    v2: Client,
    sandbox: Sandbox,
    clock: MovedClock,
    settings: LazySettings,
) -> None:
    sandbox.control.set_account("old-id", login="somebody-else")
    item = an_item(campaign, account)
    say_v2(settings, sandbox)

    with pytest.raises(CommandError, match="0 of our accounts moved, 1 not"):
        call_command("move_to_v2")

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=v2)
    item.refresh_from_db()
    account.refresh_from_db()
    assert (item.status, sandbox.control.effects()) == (Status.PENDING, [])
    assert account.status == LinkedInAccount.Status.DISCONNECTED
    assert "move_to_v2" in account.pause_reason


def test_with_the_settings_of_before_there_is_nothing_to_move(
    account: LinkedInAccount, sandbox: Sandbox, settings: LazySettings
) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key

    assert "UNIPILE_API_VERSION" in str(call_command("move_to_v2"))
