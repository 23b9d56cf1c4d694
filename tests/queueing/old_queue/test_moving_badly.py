"""Moving over what is no good export, is interrupted, or is worked on meanwhile."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import transaction

from campaigns.importing import columns
from campaigns.importing.reading import read_table
from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem
from queueing.old_queue import moving
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account
from tests.conftest import MovedClock
from tests.processes import at_once
from tests.queueing.old_queue.old_export import (
    COLUMNS,
    Old,
    a_row,
    figures,
    item_of,
    moved,
    old_id,
    printed,
    states,
    user_id,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db: None) -> LinkedInAccount:
    return an_account(a_workspace(name="Example & Co"), unipile_account_id="acc-1")


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account, name="Spring", follow_up_after_days=5)


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"status": "lost"}, "status", "“lost” is none of pending, sending, sent, failed"),
        ({"status": ""}, "status", "empty"),
        ({"id": ""}, "id", "empty"),
        ({"scheduled_for": "tomorrow"}, "scheduled_for", "“tomorrow” is no time. Write it as 2025"),
        ({"scheduled_for": "0001-01-01 00:00+05"}, "scheduled_for", "is no time"),
        ({"scheduled_for": ""}, "scheduled_for", "empty, but the row is pending"),
        ({"updated_at": "24/11/2025"}, "updated_at", "“24/11/2025” is no time"),
        ({"status": "sent", "sent_at": "2025-13-01"}, "sent_at", "“2025-13-01” is no time"),
        ({"status": "sent", "sent_at": "2999-01-01"}, "sent_at", "in the future. Times without"),
        (
            {"status": "sent", "updated_at": "", "scheduled_for": ""},
            "sent_at",
            "empty, and no other column",
        ),
        ({"message": "x" * 301}, "message", "longer than 300 characters"),
        ({"message": "Hi {{ first_name }}"}, "message", "holds an unfilled variable: {{"),
        ({"message": "Hi {first_name}"}, "message", "holds an unfilled variable: {first_name}"),
        ({"linkedin_url": "", "linkedin_user_id": ""}, "linkedin_url", "no profile address"),
        ({"linkedin_url": "", "linkedin_user_id": "ACw1"}, "linkedin_user_id", "no LinkedIn user"),
    ],
)
def test_refused_rows_name_their_column_and_spare_the_others(
    old: Old, campaign: Campaign, values: dict[str, str], field: str, reason: str
) -> None:
    report = moved(old(a_row("ada", "pending") | values, a_row("ben", "sent")))

    (problem,) = report["problems"]
    assert (problem["row"], problem["field"]) == (2, field)
    assert reason in problem["reason"]
    assert states() == {"ben-example": "sent"}


def test_words_say_what_became_and_warn_of_who_can_still_be_invited(
    old: Old, campaign: Campaign, account: LinkedInAccount
) -> None:
    path = old(a_row("ada", "sent"), a_row("ben", "pending", linkedin_url=""), a_row("eve", "lost"))

    assert printed(path).splitlines() == [
        f"Added 2 to the queue of “Spring”, sent by “{account}”, and brought 0 up to date: 1 sent, "
        "1 pending. Of 3 rows, 0 were known, 1 refused.",
        f"1 of them have no profile address: only “{account}” recognises them. Export the "
        "prospects' linkedin_url with the queue.",
        "  row 4: status: “lost” is none of pending, sending, sent, failed, skipped, unconfirmed, "
        "processing, cancelled",
        "Whom the refused rows mean can still be invited: correct and import them before the "
        "campaign sends.",
    ]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ([name for name in COLUMNS if name != "sent_at"], "it has no column sent_at"),
        ([*COLUMNS, "status"], "The column “status” stands there twice"),
        (
            [name for name in COLUMNS if name not in {"linkedin_user_id", "linkedin_url"}],
            "No column was recognised as “Profile address",
        ),
    ],
)
def test_a_file_that_is_no_export_of_the_queue_is_refused(
    old: Old, campaign: Campaign, header: list[str], told: str
) -> None:
    with pytest.raises(CommandError, match=told) as refused:
        moved(old(a_row("ada", "sent"), header=header))

    assert refused.value.returncode == 1
    assert not QueueItem.objects.exists()


def test_wrong_usage(old: Old, campaign: Campaign, tmp_path: Path) -> None:
    path = old(a_row("ada", "sent"))
    an_account(a_workspace(), unipile_account_id="of-another")
    wrong = [
        ({"account": "nobody"}, path, "no account “nobody”"),
        ({"account": "of-another"}, path, "not of the campaign's workspace “Example & Co”"),
        ({"campaign": "Autumn"}, path, "no campaign “Autumn”"),
        ({}, tmp_path / "nothing.csv", "no file"),
    ]

    for names, file, told in wrong:
        with pytest.raises(CommandError, match=told) as refused:
            moved(file, **names)
        assert refused.value.returncode == 2
    assert not QueueItem.objects.exists()


def test_an_interrupted_import_leaves_nothing(
    old: Old, campaign: Campaign, account: LinkedInAccount
) -> None:
    rows = [a_row(f"person{n}", "sent") for n in range(1_500)]
    table = read_table(old(*rows))
    mapping = columns.guess(table.header, table.sample, {})
    seen = iter(range(1_400))

    def interrupt() -> None:
        if next(seen, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moving.move_over(table, mapping, campaign, account, NOON, on_row=interrupt)

    assert not QueueItem.objects.exists()
    assert not Prospect.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_adds_each_row_once(old: Old, campaign: Campaign) -> None:
    path = old(*(a_row(f"person{n}", "sent") for n in range(50)))

    reports = at_once([lambda: moved(path)] * 2)

    assert sorted(report["added"] for report in reports) == [0, 50]
    assert QueueItem.objects.count() == 50


@pytest.mark.django_db(transaction=True)
def test_an_item_that_is_being_worked_on_is_not_waited_for(old: Old, campaign: Campaign) -> None:
    moved(old(a_row("ada", "pending"), a_row("ben", "pending")))
    newer = old(a_row("ada", "sent"), a_row("ben", "sent"))

    with transaction.atomic():
        QueueItem.objects.select_for_update().get(pk=old_id("ada"))
        (report,) = at_once([lambda: moved(newer)])

    assert figures(report) == (0, 1, 0, 1)
    assert "import it again" in report["problems"][0]["reason"]
    assert figures(moved(newer)) == (0, 1, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_the_queue_goes_on_where_the_old_one_stopped(
    old: Old,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    account: LinkedInAccount,
    campaign: Campaign,
) -> None:
    sandbox.control.add_account("acc-1", "sales_navigator")
    ids = {name: sandbox.control.provider_id("acc-1", f"{name}-example") for name in ("ada", "ben")}
    client_of_unipile.invite("acc-1", ids["ben"], "Hi Ben")  # and then the old system stopped
    moved(
        old(
            a_row("ada", "sent", linkedin_user_id=ids["ada"]),
            a_row("ben", "sending", linkedin_user_id=ids["ben"]),
            a_row("eve", "pending", linkedin_user_id=""),
        )
    )

    for _ in range(3):
        reconciling.reconcile(client_of_unipile, clock)
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
        clock.advance(hours=1)

    assert states() == {"ada-example": "sent", "ben-example": "sent", "eve-example": "sent"}
    assert [effect["message"] for effect in sandbox.control.effects()] == ["Hi Ben", "Hi Eve"]


def test_who_waits_without_an_address_is_looked_up_before_the_request(
    old: Old, campaign: Campaign, account: LinkedInAccount
) -> None:
    moved(old(a_row("ada", "pending", linkedin_url=""), a_row("ben", "sent", linkedin_url="")))

    waits, was_sent = item_of("ada"), item_of("ben")
    assert (waits.linkedin_user_id, waits.person_key) == ("", user_id("ada"))
    assert (waits.prospect.linkedin_user_id, waits.prospect.resolved_with) == (
        user_id("ada"),
        account,
    )
    assert was_sent.linkedin_user_id == was_sent.person_key == user_id("ben")


def test_who_failed_without_an_address_is_looked_up_before_a_retry(
    old: Old, campaign: Campaign
) -> None:
    moved(old(a_row("ada", "failed", linkedin_url="")))

    assert (item_of("ada").linkedin_user_id, item_of("ada").person_key) == ("", user_id("ada"))


def test_what_ended_without_an_address_takes_the_one_of_a_later_row(
    old: Old, campaign: Campaign
) -> None:
    moved(
        old(
            a_row("ada", "failed", linkedin_url="", error_message="404: no such person"),
            a_row("ada", "skipped", id=str(old_id("eve"))),
        )
    )

    assert item_of("ada").prospect == item_of("eve").prospect
    assert {item_of("ada").person_key, item_of("eve").person_key} == {"ada-example"}
