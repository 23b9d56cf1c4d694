"""Which pending items are of people never to be written to, for many items at once.

The same answer as `gates.on_do_not_contact_list`, asked from the other end: each entry of the list
is looked up among the people, so the cost is that of the list, not of the queue.
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
            AND item.workspace_id = entry.workspace_id AND item.status = 'pending' OFFSET 0
    ) found WHERE entry.kind = '{kind}'{{bound}}"""
# Most entries name nobody here, or somebody of another workspace: the unique index on slug and
# campaign tells, without reading a person. An item is of the workspace of its person's campaign:
# planning and moving over store it so, and a campaign with people stays in its workspace.
_OF_A_NAMESAKE = """
    SELECT item.id FROM (
        SELECT entry.workspace_id, entry.value, namesake.campaign_id
        FROM campaigns_donotcontact entry CROSS JOIN LATERAL (
            SELECT person.campaign_id FROM campaigns_prospect person
            WHERE person.public_identifier = entry.value AND person.public_identifier <> '' OFFSET 0
        ) namesake WHERE entry.kind = 'person'{bound} OFFSET 0
    ) entry
    JOIN campaigns_campaign campaign
        ON campaign.id = entry.campaign_id AND campaign.workspace_id = entry.workspace_id
    JOIN campaigns_prospect person ON person.campaign_id = campaign.id
        AND person.public_identifier = entry.value AND person.public_identifier <> ''
    JOIN send_queue item ON item.prospect_id = person.id
    WHERE item.workspace_id = entry.workspace_id AND item.status = 'pending'"""
_OF_AN_ITEM = """
    SELECT found.id FROM campaigns_donotcontact entry CROSS JOIN LATERAL (
        SELECT item.id FROM send_queue item
        WHERE item.{field} = entry.value AND item.{field} <> ''
            AND item.workspace_id = entry.workspace_id AND item.status = 'pending' OFFSET 0
    ) found WHERE entry.kind = 'person'{{bound}}"""
_WAYS = (
    _OF_AN_ITEM.format(field="person_key"),
    _OF_AN_ITEM.format(field="linkedin_user_id"),
    _OF_A_NAMESAKE,
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
