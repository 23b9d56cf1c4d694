"""Who has a person: said once, on their page or in Answers, for all campaigns of the client."""

from django.contrib.auth.models import User
from django.db import transaction

from campaigns.models import Prospect
from queueing.models import Card, Reply, key_of_person
from queueing.sending import news
from queueing.staff import log


@transaction.atomic
def give(person: Prospect, to: User | None, by: User) -> None:
    """Let somebody have a person, or nobody, and log it."""
    workspace = person.campaign.workspace_id
    names = {person.public_identifier, person.linkedin_user_id}
    ids = news.people_named(workspace, names) | {person.pk}
    rows = Prospect.objects.filter(pk__in=ids, campaign__workspace=workspace)
    key = key_of_person(workspace, rows.values_list("created_at", "pk"))
    Card.objects.update_or_create(key=key, defaults={"taken_by": to})
    Reply.objects.filter(prospect__in=ids).update(taken_by=to)
    log.note(by, [person], "Took it" if to else "Gave it back")
