"""The data: the promises that the database itself keeps."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from campaigns.models import (
    Campaign,
    ClosedDay,
    DoNotContact,
    LinkedInAccount,
    Prospect,
    Workspace,
)
from queueing.models import ProcessRun, QueueItem, SendAttempt, SendingStop
from tests.builders import (
    NOON,
    a_campaign,
    a_prospect,
    a_workspace,
    an_account,
    an_item,
    hours_all_day,
)

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
USER_ID = "ACoAAexample0000000000"


class Refused:
    """Expects that the database refuses a statement, by the constraint of this name."""

    def __init__(self, constraint: str) -> None:
        self._expected = pytest.raises(IntegrityError, match=constraint)
        self._savepoint = transaction.atomic()

    def __enter__(self) -> None:
        self._expected.__enter__()
        self._savepoint.__enter__()

    def __exit__(self, *exc: Any) -> bool | None:
        self._savepoint.__exit__(*exc)
        return self._expected.__exit__(*exc)


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


@pytest.fixture
def item(campaign: Campaign, account: LinkedInAccount) -> QueueItem:
    return an_item(campaign, account)


def change(item: QueueItem, **values: Any) -> None:
    """Write past every method of ours, as a script would."""
    QueueItem.objects.filter(pk=item.pk).update(**values)


def as_status(status: str) -> dict[str, Any]:
    """What an item of that status must have beside it."""
    return {
        "status": status,
        "sent_at": NOON if status == Status.SENT else None,
        "claim_token": uuid.uuid4() if status == Status.SENDING else None,
        "claimed_at": NOON if status in {Status.SENDING, Status.UNCONFIRMED} else None,
    }


def again(item: QueueItem, **values: Any) -> None:
    """Queue the person of an item once more, for another prospect, campaign and account."""
    account = an_account(item.workspace)
    campaign = a_campaign(item.workspace, account)
    rows = {
        "workspace": item.workspace,
        "campaign": campaign,
        "prospect": a_prospect(campaign),
        "linkedin_account": account,
        "person_key": item.person_key,
        "scheduled_for": NOON,
        **values,
    }
    QueueItem.objects.bulk_create([QueueItem(**rows)])


@pytest.mark.parametrize(
    "held_by", [Status.PENDING, Status.SENDING, Status.UNCONFIRMED, Status.SENT]
)
def test_nobody_is_queued_twice(item: QueueItem, held_by: str) -> None:
    change(item, **as_status(held_by))

    with Refused("nobody_twice_in_a_workspace"):
        again(item)


@pytest.mark.parametrize("let_go_by", [Status.FAILED, Status.SKIPPED])
def test_who_was_not_invited_can_be_queued_again(item: QueueItem, let_go_by: str) -> None:
    change(item, **as_status(let_go_by))

    again(item)

    assert QueueItem.objects.filter(person_key=item.person_key).count() == 2


def test_who_was_invited_and_skipped_since_is_held(item: QueueItem) -> None:
    change(item, status=Status.SKIPPED, sent_at=NOON)

    with Refused("nobody_twice_in_a_workspace"):
        again(item)


def test_an_item_cannot_come_back_beside_another(item: QueueItem) -> None:
    change(item, status=Status.FAILED)
    again(item)

    with Refused("nobody_twice_in_a_workspace"):
        change(item, status=Status.PENDING)


def test_another_workspace_may_queue_the_same_person(item: QueueItem) -> None:
    account = an_account(a_workspace())

    an_item(a_campaign(account.workspace, account), account, person_key=item.person_key)

    assert QueueItem.objects.filter(person_key=item.person_key).count() == 2


def test_an_account_does_not_queue_a_person_under_two_addresses(item: QueueItem) -> None:
    change(item, linkedin_user_id=USER_ID)

    with Refused("nobody_twice_by_an_account"):
        again(
            item,
            person_key="ada-under-another-slug",
            linkedin_account=item.linkedin_account,
            linkedin_user_id=USER_ID,
        )


def test_the_same_id_seen_by_another_account_is_another_person(item: QueueItem) -> None:
    change(item, linkedin_user_id=USER_ID)

    again(item, person_key="somebody-else", linkedin_user_id=USER_ID)

    assert QueueItem.objects.filter(linkedin_user_id=USER_ID).count() == 2


def test_one_call_in_flight_per_account(item: QueueItem) -> None:
    other = an_item(item.campaign, item.linkedin_account)
    change(item, **as_status(Status.SENDING))

    with Refused("one_call_in_flight_per_account"):
        change(other, **as_status(Status.SENDING))


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("item_status_known", {"status": "lost"}),
        ("item_kind_known", {"kind": "letter"}),
        ("item_names_a_person", {"person_key": ""}),
        ("send_queue_attempts_check", {"attempts": -1}),
        ("claim_token_while_sending", {"claim_token": uuid.UUID(int=1)}),
        ("claim_token_while_sending", {"status": "sending", "claimed_at": NOON}),
        ("claim_token_while_sending", {"status": "failed", "claim_token": uuid.UUID(int=1)}),
        ("claimed_at_while_in_doubt", {"status": "sending", "claim_token": uuid.UUID(int=1)}),
        ("claimed_at_while_in_doubt", {"status": "unconfirmed"}),
        ("sent_at_when_sent", {"status": "sent"}),
        ("sent_at_when_sent", {"sent_at": NOON}),
        ("sent_at_when_sent", {"status": "failed", "sent_at": NOON}),
        ("sent_at_when_sent", {"status": "unconfirmed", "claimed_at": NOON, "sent_at": NOON}),
    ],
)  # fmt: skip
def test_items_are_consistent(item: QueueItem, constraint: str, values: dict[str, Any]) -> None:
    with Refused(constraint):
        change(item, **values)


@pytest.mark.parametrize("status", Status.values)
def test_every_status_can_be_kept(item: QueueItem, status: str) -> None:
    change(item, **as_status(status))

    item.refresh_from_db()
    assert item.status == status


@pytest.mark.parametrize(
    ("constraint", "model", "values"),
    [
        ("workspace_tier_known", Workspace, {"tier": "gold"}),
        ("workspace_daily_cr_limit_check", Workspace, {"daily_cr_limit": -1}),
        ("account_type_known", LinkedInAccount, {"account_type": "gold"}),
        ("account_status_known", LinkedInAccount, {"status": "asleep"}),
        ("account_unipile_id_given", LinkedInAccount, {"unipile_account_id": ""}),
        ("linkedinaccount_daily_limit_check", LinkedInAccount, {"daily_limit": -1}),
        ("linkedinaccount_weekly_limit_check", LinkedInAccount, {"weekly_limit": -1}),
        ("linkedinaccount_min_gap_seconds_check", LinkedInAccount, {"min_gap_seconds": -1}),
        ("account_gap_within_a_week", LinkedInAccount, {"min_gap_seconds": 604_801}),
        ("campaign_status_known", Campaign, {"status": "running"}),
        ("campaign_follow_up_after_days_check", Campaign, {"follow_up_after_days": -1}),
        ("campaign_follow_up_within_a_year", Campaign, {"follow_up_after_days": 366}),
        ("prospect_status_known", Prospect, {"status": "asleep"}),
        ("prospect_slug_in_lower_case", Prospect, {"public_identifier": "Ada-Example"}),
        ("prospect_variables_are_an_object", Prospect, {"variables": ["industry"]}),
    ],
)
def test_rows_that_staff_write_are_held_to_their_rules(
    item: QueueItem, constraint: str, model: type[models.Model], values: dict[str, Any]
) -> None:
    assert model._default_manager.exists()

    with Refused(constraint):
        model._default_manager.update(**values)


def test_names_are_unique(campaign: Campaign, account: LinkedInAccount) -> None:
    hours = hours_all_day()
    with Refused("campaigns_workspace_name"):
        Workspace.objects.bulk_create([Workspace(name=campaign.workspace.name)])
    with Refused("campaign_name_unique_in_workspace"):
        Campaign.objects.bulk_create([Campaign(workspace=campaign.workspace, name=campaign.name)])
    with Refused("unipile_account_id"):
        an_account(a_workspace(), unipile_account_id=account.unipile_account_id)
    with Refused("sending_hours_name_unique_in_workspace"):
        hours_all_day(name=hours.name)


def test_a_prospect_is_once_in_a_campaign(campaign: Campaign) -> None:
    known = a_prospect(campaign, public_identifier="ada-example")

    with Refused("prospect_once_in_campaign"):
        Prospect.objects.bulk_create([Prospect(campaign=campaign, public_identifier="ada-example")])

    a_prospect(a_campaign(campaign.workspace), public_identifier=known.public_identifier)


def test_a_prospect_without_slug_is_once_in_a_campaign(campaign: Campaign) -> None:
    a_prospect(campaign, public_identifier="", linkedin_user_id=USER_ID)

    with Refused("prospect_without_slug_once_in_campaign"):
        Prospect.objects.bulk_create([Prospect(campaign=campaign, linkedin_user_id=USER_ID)])


def test_a_date_is_closed_once() -> None:
    day = ClosedDay.objects.create(sending_hours=hours_all_day(), date=dt.date(2026, 7, 8))

    with Refused("closed_day_once"):
        ClosedDay.objects.create(sending_hours=day.sending_hours, date=day.date, kind="open")
    with Refused("closed_day_kind_known"):
        ClosedDay.objects.update(kind="ajar")


def test_do_not_contact_entries_are_once_and_name_somebody() -> None:
    workspace = a_workspace()
    DoNotContact.objects.create(workspace=workspace, value="https://linkedin.com/in/Ada-Example")
    same = DoNotContact(workspace=workspace, value="ada-example")

    with Refused("do_not_contact_once"):
        DoNotContact.objects.bulk_create([same])
    with Refused("do_not_contact_kind_known"):
        DoNotContact.objects.update(kind="dog")
    with Refused("do_not_contact_value_given"):
        DoNotContact.objects.update(value="")


def test_one_stop_is_open_at_a_time() -> None:
    stop = SendingStop.objects.create(reason="Holiday", stopped_at=NOON)

    with Refused("one_open_stop_each"):
        SendingStop.objects.create(reason="Another", stopped_at=NOON)
    with Refused("stop_has_a_reason"):
        SendingStop.objects.update(reason="")

    SendingStop.objects.filter(pk=stop.pk).update(lifted_at=NOON)
    SendingStop.objects.create(reason="Another", stopped_at=NOON)
    assert SendingStop.objects.open().count() == 1


def an_attempt(item: QueueItem, **values: Any) -> SendAttempt:
    return SendAttempt.objects.create(
        **{"item": item, "kind": "send", "number": 1, "started_at": NOON, **values}
    )


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("attempt_number_once", {}),
        ("attempt_kind_known", {"number": 2, "kind": "wave"}),
        ("attempt_outcome_when_finished", {"number": 2, "finished_at": NOON}),
        ("attempt_outcome_when_finished", {"number": 2, "outcome": "sent"}),
        ("sendattempt_number_check", {"number": -1}),
    ],
)
def test_attempts_are_consistent(item: QueueItem, constraint: str, values: dict[str, Any]) -> None:
    an_attempt(item)

    with Refused(constraint):
        an_attempt(item, **values)


def test_a_run_has_a_known_trigger() -> None:
    with Refused("run_trigger_known"):
        ProcessRun.objects.create(trigger="moon", started_at=NOON)


def test_evidence_is_not_deleted(item: QueueItem) -> None:
    attempt = an_attempt(item)

    for doomed in (item, item.prospect, item.campaign, item.linkedin_account, attempt):
        with pytest.raises(ProtectedError):
            doomed.delete()
    with pytest.raises(ProtectedError):
        QueueItem.objects.all().delete()
    with pytest.raises(ProtectedError):
        SendAttempt.objects.all().delete()


def test_an_item_that_nobody_called_about_can_be_deleted(item: QueueItem) -> None:
    item.delete()

    assert not QueueItem.objects.exists()


def test_who_stopped_sending_is_kept() -> None:
    user = User.objects.create_user("ada")
    SendingStop.objects.create(stopped_by=user, reason="Holiday", stopped_at=NOON)

    with pytest.raises(ProtectedError):
        user.delete()


def test_saving_normalises_who_it_is(campaign: Campaign) -> None:
    of_address = Prospect.objects.create(
        campaign=campaign, profile_url="https://www.linkedin.com/in/Ada-%C3%89xample/"
    )
    entry = DoNotContact.objects.create(
        workspace=campaign.workspace, kind="company", value="  Example   & CO "
    )

    assert of_address.public_identifier == "ada-éxample"
    assert entry.value == "example & co"


def test_an_item_takes_the_key_of_its_person(campaign: Campaign, account: LinkedInAccount) -> None:
    by_id = a_prospect(campaign, public_identifier="", linkedin_user_id=USER_ID)

    assert an_item(campaign, account, prospect=by_id, person_key="").person_key == USER_ID
