import datetime as dt
import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from campaigns.hours import zones
from campaigns.models import LinkedInAccount, Prospect, Workspace
from queueing.desk import status
from queueing.gates import Gate
from queueing.management import sample
from queueing.models import ProcessRun, QueueItem, Reply
from queueing.numbers import Stage, checking
from queueing.numbers.people import follow_up_is_due, people_at
from queueing.sending import runs
from queueing.unipile import Client
from tests.builders import NOON, a_workspace
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db


def test_sample_mirrors_the_replaced_system() -> None:
    assert sample.load(NOON)

    assert Counter(QueueItem.objects.values_list("status", flat=True)) == {
        "sent": 21,
        "pending": 17,
        "failed": 1,
        "unconfirmed": 1,
    }
    assert QueueItem.objects.due(NOON).count() == 17
    assert set(LinkedInAccount.objects.values_list("account_type", flat=True)) == {
        "free",
        "sales_navigator",
    }
    sent = Prospect.objects.filter(status=Prospect.Status.CONNECTION_REQUEST_SENT)
    assert sent.filter(follow_up_due_at__isnull=False).count() == 5


def test_sample_shows_people_in_every_state_and_its_numbers_agree() -> None:
    sample.load(NOON)

    told = {stage: Prospect.objects.filter(people_at(stage)).count() for stage in Stage}
    stands = set(Prospect.objects.values_list("status", flat=True))

    assert min(told.values()) > 0, told
    assert stands == {*Prospect.Status.values} - {"new"}
    assert Prospect.objects.filter(follow_up_is_due(NOON)).count() == 1
    assert Reply.objects.waiting(NOON).count() == 2
    assert checking.check(QueueItem.objects.all(), None, NOON) == []


def test_sample_dates_what_happened_when_it_did() -> None:
    sample.load(NOON)
    yesterday = NOON - dt.timedelta(days=1)

    failed = QueueItem.objects.get(status="failed")

    assert failed.updated_at == failed.send_attempts.get().started_at == yesterday
    assert failed.created_at < yesterday
    days = {
        day.date: day.failed
        for day in status.by_day(QueueItem.objects.all(), NOON, zones.zone("UTC"))
    }
    assert {date for date, number in days.items() if number} == {yesterday.date()}


def test_sample_is_loaded_once() -> None:
    assert sample.load(NOON)
    assert not sample.load(NOON)
    assert QueueItem.objects.count() == 40


def test_sample_leaves_real_data_alone() -> None:
    a_workspace(name="Real")

    assert "nothing was loaded" in str(call_command("load_sample"))

    assert list(Workspace.objects.values_list("name", flat=True)) == ["Real"]


@pytest.mark.django_db(transaction=True)
def test_first_run_sends_in_the_middle_of_a_holiday_night(client_of_unipile: Client) -> None:
    christmas_night = NOON.replace(month=12, day=25, hour=7)
    sample.load(christmas_night)

    result = runs.run(
        ProcessRun.Trigger.COMMAND, MovedClock(christmas_night), client=client_of_unipile
    )

    assert result["processed"] == 2, result


def test_queue_status_and_explanations() -> None:
    sample.load(NOON)

    found = json.loads(call_command("queue_status", "--json"))
    explained = json.loads(call_command("explain_item", found["next"][0]["id"], "--json"))

    assert found["counts"]["pending"] == 17
    assert len(found["next"]) == 5
    assert [row["error_code"] for row in found["failed"]] == ["invalid_recipient"]
    assert {row["daily_limit"] for row in found["accounts"]} == {20, 100}
    assert len(explained["gates"]) == len(Gate)


def test_commands_name_the_wrong_argument() -> None:
    with pytest.raises(CommandError, match="--workspace: there is no workspace “Nowhere”"):
        call_command("queue_status", "--workspace", "Nowhere")
    with pytest.raises(CommandError, match="id: “x” is no UUID"):
        call_command("explain_item", "x")
