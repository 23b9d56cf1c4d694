"""How the queries are shaped that large queues are asked."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

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


@pytest.mark.parametrize("model", ["queueitem", "failedsend", "unconfirmedsend"])
def test_a_page_is_found_before_what_its_rows_refer_to(admin_client: Client, model: str) -> None:
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account)
    an_item(campaign, account, status=Status.FAILED)
    an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON)

    sql = sql_of(lambda: admin_client.get(f"/admin/queueing/{model}/"), 'AS "pk" FROM "send_queue"')

    assert "JOIN" not in sql
