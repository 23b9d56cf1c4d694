"""Which pending items are of people never to be written to, for many items at once.

The same answer as `gates.on_do_not_contact_list`, asked from the other end: each entry of the list
is looked up among the items, so the cost is that of the list, not of the queue.
"""

import uuid
from collections.abc import Collection

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from queueing.models import QueueItemQuerySet

# OFFSET 0 keeps the planner from turning the question round and reading every person: entries are
# few, and each is a look into an index.
_OF_A_PROSPECT = """
    SELECT found.id FROM campaigns_donotcontact entry CROSS JOIN LATERAL (
        SELECT item.id FROM campaigns_prospect person
        JOIN send_queue item ON item.prospect_id = person.id
        WHERE person.{field} = entry.value AND person.{field} <> ''
            AND item.workspace_id = entry.workspace_id AND item.status = 'pending'
            AND item.kind <> 'withdrawal' OFFSET 0
    ) found WHERE entry.kind = '{kind}'{{bound}}"""
# An item's key is its person's slug, until the look-up before a send tells a newer one: then it was
# claimed. Such are few, so these are looked up on the list instead. (The gate that lets an item be
# sent relies on none of this: it asks for all the names of the one item.)
_OF_A_FORMER_SLUG = """
    SELECT item.id FROM (
        SELECT id, workspace_id, prospect_id FROM send_queue
        WHERE status = 'pending' AND claimed_at IS NOT NULL AND kind <> 'withdrawal' OFFSET 0
    ) item
    CROSS JOIN LATERAL (
        SELECT public_identifier FROM campaigns_prospect WHERE id = item.prospect_id OFFSET 0
    ) person
    CROSS JOIN LATERAL (
        SELECT FROM campaigns_donotcontact entry WHERE entry.workspace_id = item.workspace_id
            AND entry.kind = 'person' AND entry.value = person.public_identifier{bound} OFFSET 0
    ) entry"""
_OF_AN_ITEM = """
    SELECT found.id FROM campaigns_donotcontact entry CROSS JOIN LATERAL (
        SELECT item.id FROM send_queue item
        WHERE item.{field} = entry.value AND item.{field} <> ''
            AND item.workspace_id = entry.workspace_id AND item.status = 'pending'
            AND item.kind <> 'withdrawal' OFFSET 0
    ) found WHERE entry.kind = 'person'{{bound}}"""
_WAYS = (
    _OF_AN_ITEM.format(field="person_key"),
    _OF_AN_ITEM.format(field="linkedin_user_id"),
    _OF_A_FORMER_SLUG,
    _OF_A_PROSPECT.format(field="linkedin_user_id", kind="person"),
    _OF_A_PROSPECT.format(field="company_key", kind="company"),
)


def barred(
    items: QueueItemQuerySet, workspaces: Collection[uuid.UUID] | None = None
) -> QueueItemQuerySet:
    """Return those pending items whose person or company is on the workspace's list.

    :param workspaces: those whose lists need be read; None for all.
    """
    bound = "" if workspaces is None else " AND entry.workspace_id = ANY(%s)"
    values = () if workspaces is None else [list(workspaces)] * len(_WAYS)
    sql = " UNION ALL ".join(way.format(bound=bound) for way in _WAYS)
    condition = RawSQL(  # noqa: S611 - every value is a parameter
        f"send_queue.id IN ({sql})", values, output_field=BooleanField()
    )
    return items.pending().filter(condition)
