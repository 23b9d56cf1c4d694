"""What is asked of large queues is answered by the indexes that are there for it."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from queueing import counting
from queueing.barring import barred
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db

Status = QueueItem.Status


def sql_of(ask: Callable[[], object], naming: str) -> str:
    """Return the one query asked that names this."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    (found,) = [query["sql"] for query in captured.captured_queries if naming in query["sql"]]
    return str(found)


def plan(sql: str) -> str:
    """Return how a query is answered where reading rows is out of the question."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "indexscan"):  # an index alone is none of these
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_an_entry_that_names_nobody_here_reads_no_person() -> None:
    sql = sql_of(lambda: list(barred(QueueItem.objects.all())), "campaigns_donotcontact")

    assert "Index Only Scan using prospect_once_in_campaign" in plan(sql)


def test_what_was_sent_and_what_is_in_doubt_are_counted_by_an_index_each() -> None:
    accounts = [an_account(a_workspace())]
    sql = sql_of(lambda: counting.by_account(accounts, NOON, NOON), "send_queue")

    found = plan(sql)

    assert "Index Only Scan using item_sent_by_account" in found
    assert "item_in_doubt" in found


@pytest.mark.parametrize("model", ["queueitem", "failedsend", "unconfirmedsend"])
def test_a_page_is_found_before_what_its_rows_refer_to(admin_client: Client, model: str) -> None:
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account)
    an_item(campaign, account, status=Status.FAILED)
    an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON)

    sql = sql_of(lambda: admin_client.get(f"/admin/queueing/{model}/"), 'AS "pk" FROM "send_queue"')

    assert "JOIN" not in sql
