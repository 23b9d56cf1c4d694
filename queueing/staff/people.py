"""What staff do about people, whether they are queued or not."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from campaigns.models import Prospect
from queueing.models import QueueItem
from queueing.staff import items, log
from queueing.staff.barring import bar, names_of
from queueing.staff.triage import NeverContact, Skip

STILL_OPEN = (QueueItem.Status.PENDING, QueueItem.Status.FAILED, QueueItem.Status.SENDING)


def never_contact(
    people: Iterable[Prospect],
    by: User,
    reason: str,
    now: dt.datetime,
    *,
    companies: bool = False,
) -> items.Result:
    """Put people on the do-not-contact lists of their workspaces, and skip what waits for them.

    What takes an invitation back goes on.
    The list holds them in every campaign of the workspace, at import, planning and sending.

    :param companies: their companies too.
    :returns: what became of their items.
    """
    by_workspace: dict[uuid.UUID, list[Prospect]] = defaultdict(list)
    for person in people:
        by_workspace[person.campaign.workspace_id].append(person)
    result = items.Result()
    for workspace, persons in by_workspace.items():
        _bar(workspace, persons, by, reason, companies=companies)
        waiting = QueueItem.objects.filter(
            Q(person_key__in=names_of(workspace, persons)) | Q(prospect__in=persons),
            workspace=workspace,
            status__in=STILL_OPEN,
        ).exclude(kind=QueueItem.Kind.WITHDRAWAL)
        of_these = items.act(NeverContact(), waiting, by, now, reason=reason)
        result = items.Result(result.done + of_these.done, result.left + of_these.left)
    return result


def _bar(
    workspace: uuid.UUID, persons: Sequence[Prospect], by: User, reason: str, *, companies: bool
) -> None:
    with transaction.atomic():
        bar(workspace, persons, reason, companies=companies)
        Prospect.objects.filter(
            pk__in=[person.pk for person in persons],
            status__in=[Prospect.Status.NEW, Prospect.Status.FAILED],
        ).update(
            status=Prospect.Status.SKIPPED, status_reason=f"Never contact, says {by}: {reason}"
        )
        log.note(by, persons, "Never contact", reason)


@transaction.atomic
def correct_identity(person: Prospect, former_slug: str) -> None:
    """Save a person whose address was corrected, without what was found under the former one.

    A retry of an item that has ended then looks up, and invites, whom the address names now.
    """
    if person.public_identifier and person.public_identifier != former_slug:
        person.linkedin_user_id = ""
    person.resolved_with = person.resolved_at = None
    person.is_same_person = False
    person.save()
    ended = [QueueItem.Status.FAILED, QueueItem.Status.SKIPPED]
    person.queue_items.filter(status__in=ended, sent_at__isnull=True).update(
        linkedin_user_id="", person_key=person.person_key
    )


def person_has_ended(person: Prospect, by: User, reason: str, now: dt.datetime) -> str:
    """Let nobody write to somebody whom a hand has set to have ended, in any campaign.

    What waits for them, or has failed, is skipped, under every name that is known of them; and so
    are they where another campaign of the workspace has them still before it, or in doubt: what
    comes back from there is skipped by rule. A call under way ends by itself.

    :returns: what became of all that, in words; nothing where there is none.
    """
    if person.status not in Prospect.ENDED:
        return ""
    workspace = person.campaign.workspace_id
    names = names_of(workspace, [person])
    told = f"{person.get_status_display().lower()}: {reason}"
    found = QueueItem.objects.filter(
        Q(prospect=person) | Q(person_key__in=names) | Q(linkedin_user_id__in=names),
        workspace=workspace,
        status__in=STILL_OPEN,
    )
    parts = []
    if found.exists():
        skipped = items.act(Skip(), found, by, now, reason=told).sentence("skipped")
        parts.append(f"Of the queue's items of this person, {skipped}")
    if number := _end_elsewhere(person, names, by, told):
        parts.append(f"In other campaigns this person is skipped, too: {number:,}.")
    return " ".join(parts)


@transaction.atomic
def _end_elsewhere(person: Prospect, names: Collection[str], by: User, told: str) -> int:
    rows = Prospect.objects.filter(
        Q(public_identifier__in=names) | Q(linkedin_user_id__in=names),
        campaign__workspace=person.campaign.workspace_id,
        status__in=[Prospect.Status.NEW, Prospect.Status.QUEUED, Prospect.Status.FAILED],
    )
    others = list(rows.exclude(pk=person.pk).select_for_update(no_key=True, of=("self",)))
    Prospect.objects.filter(pk__in=[other.pk for other in others]).update(
        status=Prospect.Status.SKIPPED, status_reason=f"Skipped by {by}: {told}"
    )
    log.note(by, others, "Skipped", told)
    return len(others)
