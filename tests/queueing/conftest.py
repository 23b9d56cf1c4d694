"""What most tests of the queue begin with; some have an account or a campaign of their own."""

import csv
from pathlib import Path

import pytest

from campaigns.models import Campaign, LinkedInAccount
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_workspace, an_account
from tests.queueing.old_queue.old_export import COLUMNS, Old


@pytest.fixture
def account(sandbox: Sandbox) -> LinkedInAccount:
    account = an_account(a_workspace())
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


@pytest.fixture
def old(tmp_path: Path) -> Old:
    """Write an export and return its path."""

    def write(*rows: dict[str, str], header: list[str] = COLUMNS) -> Path:
        path = tmp_path / "send_queue.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, header, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write
