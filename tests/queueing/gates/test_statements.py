"""Statements that are built once say what the ORM says, whatever they are given."""

import pytest
from django.db import ProgrammingError, connection
from django.db.models import Q, TextField

from campaigns.models import LinkedInAccount
from queueing.gates.statements import Statement, execute, slot
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, an_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(account: LinkedInAccount) -> QueueItem:
    return an_item(a_campaign(account.workspace, account), account)


def prepared() -> set[str]:
    return {text for (text,) in execute("SELECT statement FROM pg_prepared_statements", {})}


def test_a_statement_finds_the_rows_that_the_query_finds(item: QueueItem) -> None:
    other = an_item(item.campaign, item.linkedin_account)
    QueueItem.objects.filter(pk=other.pk).update(error_message="100 % 'sure'")
    certain = QueueItem.objects.filter(error_message__contains="100 % 'sure'")
    with_all = certain.select_related("prospect", "campaign__sending_hours")
    statement = Statement(with_all.filter(pk=slot("item")))

    [found] = statement.instances(item=other.pk)

    assert (found, found.error_message) == (other, "100 % 'sure'")
    assert found.campaign.sending_hours == item.campaign.sending_hours
    assert statement.instances(item=item.pk) == []


def test_each_execution_has_values_of_its_own(item: QueueItem) -> None:
    due = QueueItem.objects.filter(Q(scheduled_for__lte=slot("now"))).values_list("pk")
    statement = Statement(due)

    assert statement.rows(now=item.scheduled_for) == [(item.pk,)]
    assert statement.rows(now=item.scheduled_for.replace(year=2000)) == []
    with pytest.raises(ProgrammingError):
        statement.rows()


def test_a_statement_is_prepared_but_behind_a_pooler(
    item: QueueItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, unkept = "SELECT 'kept', %(now)s::timestamptz", "SELECT 'unkept', %(now)s::timestamptz"

    execute(kept, {"now": NOON})
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert execute(unkept, {"now": NOON}) == [("unkept", NOON)]

    assert any("'kept'" in text for text in prepared())
    assert not any("'unkept'" in text for text in prepared())


def test_a_text_that_is_given_stays_a_text(item: QueueItem) -> None:
    named = QueueItem.objects.filter(person_key=slot("key", TextField())).values_list("pk")

    assert Statement(named).rows(key=item.person_key) == [(item.pk,)]
    assert Statement(named).rows(key="'; DROP TABLE send_queue; --%s") == []
