"""The commands: 0 done, 1 failed, 2 wrong usage; results on stdout, all else on stderr."""

import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import get_commands, load_command_class
from django.utils import timezone

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours, Workspace
from queueing.models import ProcessRun, QueueItem, SendAttempt, SendingStop
from sandbox.testing import Sandbox
from tests import processes
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db(transaction=True)


class Done:
    """What a command left behind: its exit code and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def manage(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command as `manage.py` does, in this process."""

    def manage(name: str, *arguments: object) -> Done:
        command = load_command_class(get_commands()[name], name)
        code = 0
        capsys.readouterr()
        try:
            command.run_from_argv(["manage.py", name, *map(str, arguments)])
        except SystemExit as end:
            code = end.code  # type: ignore[assignment]
        return Done(code, *capsys.readouterr())

    return manage


@pytest.fixture
def account(settings: LazySettings, sandbox: Sandbox) -> LinkedInAccount:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    account = an_account(a_workspace(name="Example & Co"), unipile_account_id="ada-1")
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account, name="Spring")


@pytest.fixture
def item(campaign: Campaign, account: LinkedInAccount) -> QueueItem:
    return an_item(campaign, account)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("First name,Profile URL\nAda,https://www.linkedin.com/in/ada-example\n")
    return path


NOBODY = str(uuid.UUID(int=7))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("process_send_queue --limit 0", "argument --limit: “0” is no whole number from 1 on"),
        ("process_send_queue --limit -3", "argument --limit"),
        ("process_send_queue --limit many", "argument --limit"),
        ("process_send_queue --concurrency 0", "argument --concurrency"),
        ("process_send_queue --concurrency 1.5", "argument --concurrency"),
        ("process_send_queue --account nobody", "--account: there is no account “nobody”"),
        (f"process_send_queue --account {NOBODY}", "--account: there is no account"),
        ("process_send_queue --account nobody --dry-run", "--account: there is no account"),
        ("process_send_queue --trigger moon", "argument --trigger: invalid choice"),
        ("process_send_queue --fast", "unrecognized arguments: --fast"),
        ("process_pending_prospects --limit x", "argument --limit"),
        ("process_pending_prospects now", "unrecognized arguments: now"),
        ("enqueue_campaign", "the following arguments are required: NAME"),
        ("enqueue_campaign Autumn", "There is no campaign “Autumn”"),
        ("enqueue_campaign Spring --workspace X", "no campaign “Spring” in the workspace “X”"),
        ("import_prospects people.csv", "the following arguments are required: --campaign"),
        ("import_prospects --campaign Spring", "the following arguments are required: FILE"),
        ("import_prospects --campaign Spring nothing.csv", "There is no file “nothing.csv”"),
        ("import_prospects --campaign Autumn nothing.csv", "There is no campaign “Autumn”"),
        ("queue_status --workspace Nowhere", "--workspace: there is no workspace “Nowhere”"),
        ("queue_status --all", "unrecognized arguments: --all"),
        ("explain_item x", "id: “x” is no UUID"),
        ("execute_scheduled_campaigns now", "unrecognized arguments: now"),
        ("reconcile_send_queue now", "unrecognized arguments: now"),
        ("sync_accounts now", "unrecognized arguments: now"),
        ("look_for_answers now", "unrecognized arguments: now"),
    ],
)
def test_wrong_usage_is_2_and_does_nothing(
    manage: Any, item: QueueItem, sandbox: Sandbox, arguments: str, words: str
) -> None:
    done = manage(*arguments.split())

    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert sandbox.control.calls() == []
    assert not ProcessRun.objects.exists()


@pytest.mark.parametrize(
    "command",
    [
        "process_send_queue",
        "process_pending_prospects",
        "reconcile_send_queue",
        "sync_accounts",
        "look_for_answers",
    ],
)
def test_without_a_unipile_to_talk_to_it_is_1(
    manage: Any, item: QueueItem, settings: LazySettings, command: str
) -> None:
    settings.UNIPILE_DSN = settings.UNIPILE_API_KEY = ""

    done = manage(command)

    assert (done.code, done.out) == (1, "")
    assert "The sandbox is not running. Start it with `make run`" in done.err
    item.refresh_from_db()
    assert item.status == QueueItem.Status.PENDING


def test_a_name_of_two_campaigns_is_asked_about(manage: Any, campaign: Campaign) -> None:
    a_campaign(a_workspace(name="Other"), name="Spring")

    done = manage("enqueue_campaign", "Spring")

    assert done.code == 2
    assert "Add --workspace NAME" in done.err


def test_process_send_queue_says_what_it_did(manage: Any, item: QueueItem) -> None:
    done = manage("process_send_queue")

    assert (done.code, done.out) == (0, "CR sent. 0 messages remaining in queue\n")
    assert (manage("process_send_queue").out, ProcessRun.objects.count()) == (
        "No messages due\n",
        2,
    )


@pytest.mark.parametrize("by", ["unipile_account_id", "pk"])
def test_one_account_is_named_by_either_id(
    manage: Any, item: QueueItem, sandbox: Sandbox, by: str
) -> None:
    other = an_account(item.workspace)
    an_item(item.campaign, other)

    done = manage("process_send_queue", "--account", getattr(item.linkedin_account, by), "--json")

    assert [result["id"] for result in done.json()["results"]] == [str(item.pk)]


def test_a_limit_is_kept(manage: Any, item: QueueItem, sandbox: Sandbox) -> None:
    other = an_account(item.workspace)
    sandbox.control.add_account(other.unipile_account_id, "free")
    an_item(item.campaign, other)

    assert manage("process_send_queue", "--limit", "1", "--json").json()["processed"] == 1


def rows() -> list[Any]:
    """Everything that a run could have changed."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (QueueItem, Prospect, LinkedInAccount, ProcessRun, SendAttempt, SendingStop)
    ]


def test_a_dry_run_changes_nothing(manage: Any, item: QueueItem, sandbox: Sandbox) -> None:
    closed = an_account(item.workspace, daily_limit=0)
    an_item(item.campaign, closed)
    before = rows()

    in_words = manage("process_send_queue", "--dry-run")
    as_json = manage("process_send_queue", "--dry-run", "--json")

    assert in_words.out == f"Would send 1:\n{item.prospect} (Spring)\n"
    assert as_json.json() == {
        "dry_run": True,
        "would_send": [{"id": str(item.pk), "name": str(item.prospect)}],
    }
    assert (in_words.code, as_json.code) == (0, 0)
    assert rows() == before
    assert sandbox.control.calls() == []


def test_a_dry_run_needs_no_unipile(manage: Any, item: QueueItem, settings: LazySettings) -> None:
    settings.UNIPILE_DSN = settings.UNIPILE_API_KEY = ""

    assert manage("process_send_queue", "--dry-run").code == 0


def test_a_dry_run_of_an_import_changes_nothing(
    manage: Any, campaign: Campaign, people: Path
) -> None:
    done = manage("import_prospects", "--campaign", "Spring", people, "--dry-run")

    assert done.code == 0
    assert "Would add 1" in done.out
    assert not Prospect.objects.exists()


def test_a_file_that_cannot_be_used_is_1(manage: Any, campaign: Campaign, people: Path) -> None:
    people.write_text("")

    done = manage("import_prospects", "--campaign", "Spring", people)

    assert (done.code, done.out) == (1, "")
    assert "Nothing was imported." in done.err


def test_from_file_to_queue(manage: Any, campaign: Campaign, people: Path) -> None:
    imported = manage("import_prospects", "--campaign", "Spring", people)
    looked_up = manage("process_pending_prospects")
    queued = manage("enqueue_campaign", "Spring")
    again = manage("enqueue_campaign", "Spring", "--json")

    assert [done.code for done in (imported, looked_up, queued, again)] == [0, 0, 0, 0]
    assert "Added 1 to “Spring”" in imported.out
    assert looked_up.out == "1 resolved\n"
    assert queued.out.startswith("Queued 1, from ")
    assert (again.json()["queued"], again.json()["first_at"]) == (0, None)
    assert QueueItem.objects.get().linkedin_user_id.startswith("ACoAA")


def test_a_campaign_that_cannot_send_is_1(manage: Any, account: LinkedInAccount) -> None:
    campaign = a_campaign(account.workspace, name="Spring")  # has no account
    a_prospect(campaign)

    done = manage("enqueue_campaign", "Spring")

    assert (done.code, done.out) == (1, "")
    assert "The campaign has no account to send from" in done.err


def test_a_campaign_that_ended_is_1(manage: Any, campaign: Campaign) -> None:
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)

    done = manage("enqueue_campaign", "Spring")

    assert (done.code, done.out) == (1, "")
    assert "is archived" in done.err


def test_campaigns_whose_time_has_come_are_started(manage: Any, campaign: Campaign) -> None:
    a_prospect(campaign)
    Campaign.objects.update(
        status=Campaign.Status.DRAFT, starts_at=timezone.now() - dt.timedelta(hours=1)
    )

    done = manage("execute_scheduled_campaigns", "--json")

    assert (done.code, done.json()["started"], done.json()["queued"]) == (0, ["Spring"], 1)
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.ACTIVE


def test_a_campaign_that_cannot_be_started_is_1(manage: Any, account: LinkedInAccount) -> None:
    campaign = a_campaign(
        account.workspace, status="draft", starts_at=timezone.now() - dt.timedelta(hours=1)
    )
    a_prospect(campaign)

    done = manage("execute_scheduled_campaigns")

    assert (done.code, done.out) == (1, "")
    assert "Not started" in done.err
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.DRAFT


def test_queue_status_of_one_workspace(manage: Any, item: QueueItem) -> None:
    other = an_account(a_workspace())
    an_item(a_campaign(other.workspace, other), other)
    QueueItem.objects.filter(pk=item.pk).update(
        status=QueueItem.Status.FAILED, error_message="LinkedIn does not know this person."
    )

    done = manage("queue_status", "--workspace", "Example & Co", "--json")

    found = done.json()
    assert (found["counts"]["failed"], found["counts"]["pending"]) == (1, 0)
    assert found["failed"][0]["error_message"] == "LinkedIn does not know this person."
    assert [row["name"] for row in found["accounts"]] == [item.linkedin_account.name]


def test_queue_status_in_words(manage: Any, item: QueueItem) -> None:
    done = manage("queue_status")

    assert done.code == 0
    assert "  pending            1\n" in done.out
    assert f"{item.prospect} (Spring): It goes with the next run" in done.out
    assert "today 0/100 (account type), 7 days 0/200 (account type)" in done.out


def test_queue_status_of_nothing(manage: Any) -> None:
    Workspace.objects.all().delete()

    assert manage("queue_status").out.count("  none\n") == 3


def test_processes_in_a_pipe_print_their_result_and_nothing_else(
    sandbox: Sandbox, campaign: Campaign, people: Path
) -> None:
    env = processes.environment(sandbox)
    steps = [
        ["import_prospects", "--campaign", "Spring", str(people), "--json"],
        ["process_pending_prospects"],
        ["enqueue_campaign", "Spring", "--json"],
        ["execute_scheduled_campaigns", "--json"],
        ["process_send_queue", "--json"],
        ["queue_status", "--json"],
    ]

    printed = []
    for step in steps:
        process = processes.start_anew(env, "manage.py", *step)
        out, err = process.communicate(timeout=400)
        assert (process.returncode, err) == (0, ""), step
        printed.append(out)

    found = [json.loads(out) for out in printed if out.startswith("{")]
    assert [len(out.splitlines()) for out in printed] == [1] * len(steps)
    assert len(found) == len(steps) - 1
    assert found[-1]["counts"]["sent"] == 1


def test_what_is_logged_does_not_spoil_the_json(sandbox: Sandbox, item: QueueItem) -> None:
    SendingHours.objects.update(timezone="Mars/Olympus")  # past every check of ours

    process = processes.start(processes.environment(sandbox), "process_send_queue", "--json")
    out, err = process.communicate(timeout=400)

    assert process.returncode == 0
    assert json.loads(out)["held"] == {"hours_open": 1}
    assert "ERROR" in err
    assert "Mars/Olympus" in err
