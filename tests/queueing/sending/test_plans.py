"""How the database answers what each claim asks of a large queue: from indexes, unsorted."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.models import Kind
from queueing.sending import choosing, claiming
from tests.many_rows import NOW, fill

pytestmark = pytest.mark.django_db
ACCOUNTS, ROWS = 100, 8_000


@pytest.fixture
def accounts(db: None) -> list[LinkedInAccount]:
    fill(ROWS, ACCOUNTS)
    return list(LinkedInAccount.objects.select_related("workspace").order_by("name")[:8])


@pytest.fixture(autouse=True)
def in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send statements with their values, as behind a pooler: what is prepared shows no text."""
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)


def plans_of(work: Callable[[], object], table: str) -> list[str]:
    """Return the plans of all that is read from a table meanwhile."""
    with CaptureQueriesContext(connection) as captured:
        work()
    plans = []
    for query in captured.captured_queries:
        if query["sql"].lstrip("(").startswith("SELECT") and f'FROM "{table}"' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert plans
    return plans


def only_from_indexes(plan: str, table: str) -> bool:
    return not re.search(rf"Seq Scan on {table}\b", plan) and f" on {table}" in plan


def test_whom_an_account_writes_to_next_is_the_first_row_of_an_index(
    accounts: list[LinkedInAccount],
) -> None:
    plans = plans_of(lambda: choosing.next_open_items(accounts, NOW), "campaigns_linkedinaccount")

    (plan,) = [each for each in plans if "send_queue" in each]
    assert "item_pending_in_turn" in plan
    assert only_from_indexes(plan, "send_queue")
    # Of a person's own items alone.
    assert set(re.findall(r"Sort Key: \w+\.(.*)", plan)) <= {"claimed_at DESC"}


def test_use_is_counted_from_what_counts_alone(accounts: list[LinkedInAccount]) -> None:
    for kind in Kind.values:
        plans = plans_of(partial(gates.usages, accounts, NOW, kind=kind), "send_queue")

        for plan in plans:
            assert only_from_indexes(plan, "send_queue"), plan


def test_a_claim_reads_no_table_from_end_to_end(accounts: list[LinkedInAccount]) -> None:
    turns = [claiming.Turn(account.pk, Kind.CONNECTION_REQUEST) for account in accounts]

    def claim() -> None:
        with transaction.atomic():
            assert len(claiming.claim_all(turns, None, NOW)) == len(turns)
            transaction.set_rollback(True)

    for plan in plans_of(claim, "send_queue"):
        assert only_from_indexes(plan, "send_queue"), plan
