"""Which pending items are of people never to be written to, for many items at once.

The same answer as `gates.on_do_not_contact_list`, asked from the other end: each entry of the list
is looked up among the people, so the cost is that of the list, not of the queue.
"""

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from queueing.models import QueueItemQuerySet

_OF_A_PROSPECT = """
    SELECT item.id FROM campaigns_donotcontact entry
    JOIN campaigns_prospect person ON person.{field} = entry.value AND person.{field} <> ''
    JOIN send_queue item ON item.prospect_id = person.id AND item.workspace_id = entry.workspace_id
    WHERE entry.kind = '{kind}' AND item.status = 'pending'"""
_OF_AN_ITEM = """
    SELECT item.id FROM campaigns_donotcontact entry
    JOIN send_queue item ON item.{field} = entry.value AND item.{field} <> ''
        AND item.workspace_id = entry.workspace_id
    WHERE entry.kind = 'person' AND item.status = 'pending'"""
_BARRED = "send_queue.id IN ({})".format(
    " UNION ALL ".join(
        (
            _OF_AN_ITEM.format(field="person_key"),
            _OF_AN_ITEM.format(field="linkedin_user_id"),
            _OF_A_PROSPECT.format(field="public_identifier", kind="person"),
            _OF_A_PROSPECT.format(field="linkedin_user_id", kind="person"),
            _OF_A_PROSPECT.format(field="company_key", kind="company"),
        )
    )
)


def barred(items: QueueItemQuerySet) -> QueueItemQuerySet:
    """Return those pending items whose person or company is on the workspace's list."""
    condition = RawSQL(_BARRED, (), output_field=BooleanField())  # noqa: S611 - no value from outside
    return items.pending().filter(condition)
