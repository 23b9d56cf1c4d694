"""Put people on their workspace's do-not-contact list, under every name that is known of them."""

import uuid
from collections.abc import Collection, Iterable

from django.db.models import Q

from campaigns.models import DoNotContact, Prospect
from queueing.models import QueueItem

Kind = DoNotContact.Kind


def bar(
    workspace: uuid.UUID, people: Collection[Prospect], reason: str, *, companies: bool = False
) -> None:
    """Bar people from a workspace; a name that is on its list already stays as it is.

    :param companies: their companies too.
    """
    entries = {(Kind.PERSON, name) for name in names_of(workspace, people)}
    if companies:
        entries |= {(Kind.COMPANY, person.company_key) for person in people if person.company_key}
    DoNotContact.objects.bulk_create(
        (
            DoNotContact(workspace_id=workspace, kind=kind, value=value, reason=reason)
            for kind, value in sorted(entries)
        ),
        ignore_conflicts=True,
    )


def names_of(workspace: uuid.UUID, people: Iterable[Prospect]) -> set[str]:
    """Return the slugs and ids under which these people are known in a workspace.

    Any of them may be all that a later list says of somebody: those of the file, those that a
    look-up told, and those that are known of the same person in another campaign.
    """
    given = {
        name for person in people for name in (person.public_identifier, person.linkedin_user_id)
    } - {""}
    items = QueueItem.objects.filter(
        Q(prospect__in=[person.pk for person in people])
        | Q(person_key__in=given)
        | Q(linkedin_user_id__in=given)
        | Q(prospect__public_identifier__in=given)
        | Q(prospect__linkedin_user_id__in=given),
        workspace=workspace,
    )
    told = items.order_by().values_list(
        "person_key",
        "linkedin_user_id",
        "prospect__public_identifier",
        "prospect__linkedin_user_id",
    )
    return {*given, *(name for names in told for name in names)} - {""}
