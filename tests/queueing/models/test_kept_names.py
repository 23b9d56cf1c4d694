"""Names, choices and defaults that data, scripts and people outside the code rely on."""

import datetime as dt
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import NOT_PROVIDED

from campaigns.models import SendingHours, default_hours
from queueing.models import QueueItem

pytestmark = pytest.mark.django_db

# Names that data, scripts and people outside the code use.
FIELDS = {
    "campaigns.Workspace": "id name tier daily_cr_limit sending_hours members notify_emails",
    "campaigns.SendingHours": "id name workspace timezone working_hours_start working_hours_end "
    "skip_weekends skip_holidays holiday_country holiday_subdivision",
    "campaigns.ClosedDay": "id sending_hours date",
    "campaigns.LinkedInAccount": "id workspace name unipile_account_id account_type daily_limit "
    "weekly_limit min_gap_seconds status paused_until pause_reason warm_up_started_on",
    "campaigns.Campaign": "id workspace name status accounts sending_hours message_template "
    "follow_up_after_days starts_at",
    "campaigns.Prospect": "id campaign first_name last_name headline company location profile_url "
    "public_identifier linkedin_user_id variables status follow_up_due_at",
    "campaigns.DoNotContact": "id workspace kind value reason",
    "queueing.QueueItem": "id kind workspace campaign prospect linkedin_account linkedin_user_id "
    "person_key message scheduled_for sent_at status error_code error_message attempts claimed_at "
    "claim_token invitation_id created_at updated_at",
    "queueing.SendAttempt": "id item kind number started_at finished_at outcome http_status "
    "error_code detail",
    "queueing.ProcessRun": "id trigger started_at finished_at counts message",
    "queueing.SendingStop": "id workspace stopped_by reason stopped_at lifted_by lifted_at",
}
CHOICES = {
    ("campaigns.Workspace", "tier"): "startup sme enterprise",
    ("campaigns.LinkedInAccount", "account_type"): "free premium sales_navigator",
    ("campaigns.LinkedInAccount", "status"): "connected disconnected restricted",
    ("campaigns.Campaign", "status"): "draft active paused completed archived",
    ("campaigns.Prospect", "status"): "new queued connection_request_sent connected replied "
    "skipped failed",
    ("campaigns.DoNotContact", "kind"): "person company",
    ("queueing.QueueItem", "kind"): "connection_request message withdrawal",
    ("queueing.QueueItem", "status"): "pending sending sent failed skipped unconfirmed",
    ("queueing.SendAttempt", "kind"): "send lookup",
    ("queueing.ProcessRun", "trigger"): "schedule command http admin",
}
DEFAULTS = {
    ("campaigns.SendingHours", "timezone"): "America/New_York",
    ("campaigns.SendingHours", "working_hours_start"): dt.time(7),
    ("campaigns.SendingHours", "working_hours_end"): dt.time(18),
    ("campaigns.SendingHours", "skip_weekends"): True,
    ("campaigns.SendingHours", "skip_holidays"): True,
    ("campaigns.SendingHours", "holiday_country"): "US",
    ("campaigns.Campaign", "follow_up_after_days"): 3,
    ("campaigns.Campaign", "status"): "draft",
    ("campaigns.Prospect", "status"): "new",
    ("queueing.QueueItem", "kind"): "connection_request",
    ("queueing.QueueItem", "status"): "pending",
    ("queueing.QueueItem", "attempts"): 0,
}
MAY_BE_EMPTY = {
    "campaigns.Workspace": "daily_cr_limit sending_hours",
    "campaigns.SendingHours": "workspace",
    "campaigns.LinkedInAccount": "daily_limit weekly_limit min_gap_seconds paused_until "
    "warm_up_started_on",
    "campaigns.Campaign": "sending_hours starts_at",
    "campaigns.Prospect": "follow_up_due_at",
    "queueing.QueueItem": "sent_at claimed_at claim_token",
    "queueing.SendAttempt": "finished_at http_status",
    "queueing.ProcessRun": "finished_at",
    "queueing.SendingStop": "workspace lifted_by lifted_at",
}


@pytest.mark.parametrize("label", FIELDS)
def test_names_are_kept(label: str) -> None:
    model = apps.get_model(label)

    missing = []
    for name in FIELDS[label].split():
        try:
            model._meta.get_field(name)
        except FieldDoesNotExist:
            missing.append(name)

    assert missing == []
    assert isinstance(model._meta.pk, models.UUIDField)
    empty = {f.name for f in model._meta.concrete_fields if f.null}
    assert empty >= set(MAY_BE_EMPTY.get(label, "").split())


@pytest.mark.parametrize(("label", "field"), CHOICES)
def test_choices_are_kept(label: str, field: str) -> None:
    choices = apps.get_model(label)._meta.get_field(field).choices

    assert [value for value, _ in choices or ()] == CHOICES[label, field].split()


@pytest.mark.parametrize(("label", "field"), DEFAULTS)
def test_defaults_are_kept(label: str, field: str) -> None:
    default = apps.get_model(label)._meta.get_field(field).default

    assert default is not NOT_PROVIDED
    assert default == DEFAULTS[label, field]


def test_the_table_of_the_queue_keeps_its_name() -> None:
    assert QueueItem._meta.db_table == "send_queue"


def test_a_migration_makes_the_default_hours() -> None:
    SendingHours.objects.all().delete()

    import_module("campaigns.migrations.0002_default_hours").make_default_hours(apps, None)

    hours = SendingHours.objects.get(workspace=None)
    assert hours == default_hours()
    assert (hours.timezone, hours.skip_weekends, hours.skip_holidays) == (
        "America/New_York",
        True,
        True,
    )
