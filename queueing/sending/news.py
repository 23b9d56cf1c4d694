"""News of a person: accepted, answered, withdrawn. One conditional update each, whoever brings it.

News comes late, twice and out of order. The earliest time is kept, with the source that told it;
what is told again changes nothing.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.db.models import Case, F, Min, Q, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import Kind, QueueItem, QueueItemQuerySet
from queueing.sending import inbox
from queueing.sending.judging import REINVITE_AFTER
from queueing.sending.verdicts import Verdict

Status = Prospect.Status


def record(item: QueueItem, verdict: Verdict, at: dt.datetime, now: dt.datetime) -> None:
    """Bring an item's person to what the verdict says; never back from a later state.

    :param at: when what was sent has gone.
    """
    if verdict.answered_at is not None:
        names = {item.person_key, item.linkedin_user_id}
        answered(item.workspace_id, names, verdict.answered_at, Prospect.Source.MESSAGES, now)
    if item.kind == Kind.WITHDRAWAL and verdict.status == QueueItem.Status.SENT:
        withdrawn(item.prospect_id, at)
    elif verdict.prospect_status:
        _record_status(item.prospect_id, verdict, at)
    is_request = item.kind == Kind.CONNECTION_REQUEST
    was_invited = verdict.arrived or not is_request  # else they were connected before
    if verdict.prospect_status == Status.CONNECTED and was_invited:
        accepted([item.prospect_id], now, Prospect.Source.PROFILE, now)


def _record_status(prospect_id: uuid.UUID, verdict: Verdict, at: dt.datetime) -> None:
    people = Prospect.objects.exclude(status__in=[Status.CONNECTED, Status.REPLIED])
    prospect = people.filter(pk=prospect_id).select_related("campaign").first()
    if prospect is None:
        return
    prospect.status = verdict.prospect_status
    if verdict.status == QueueItem.Status.SENT:
        prospect.follow_up_due_at = follow_up_due_at(prospect.campaign, at)
    else:
        prospect.status_reason = verdict.error_message
    prospect.save(update_fields=["status", "status_reason", "follow_up_due_at"])


def follow_up_due_at(campaign: Campaign, sent_at: dt.datetime) -> dt.datetime:
    """Return when the follow-up to a request sent now is due."""
    return sent_at + dt.timedelta(days=campaign.follow_up_after_days)


def requests_to(account: LinkedInAccount, names: Collection[str]) -> QueueItemQuerySet:
    """Return the requests that the account sent, or may have, to somebody of any of these names."""
    of_person = Q(linkedin_user_id__in=names) | Q(person_key__in=names)
    reached = Q(sent_at__isnull=False) | Q(tried_at__isnull=False)
    return QueueItem.objects.filter(
        of_person & reached, kind=Kind.CONNECTION_REQUEST, linkedin_account=account
    )


def accepted(people: Collection[uuid.UUID], at: dt.datetime, source: str, now: dt.datetime) -> int:
    """Note that people have accepted; return of how many that was news, or earlier.

    Counted whatever the campaign is, and whatever has become of the person since.

    :param people: those whom the account that tells of it has invited.
    """
    is_news = Q(accepted_at__isnull=True) | Q(accepted_at__gt=at)
    waits = Q(status__in=[Status.CONNECTION_REQUEST_SENT, Status.QUEUED])
    return Prospect.objects.filter(is_news, pk__in=people).update(
        accepted_at=min(at, now),
        accepted_source=source,
        status=Case(When(waits, then=Value(Status.CONNECTED)), default=F("status")),
    )


def people_named(workspace_id: uuid.UUID, names: Iterable[str]) -> set[uuid.UUID]:
    """Return who goes by any of these names in the workspace, in every campaign of it.

    By the names of their items, too: an id is good for one account, and links it with a slug.
    """
    known = {name for name in names if name}
    if not known:
        return set()
    items = QueueItem.objects.filter(
        Q(linkedin_user_id__in=known) | Q(person_key__in=known), workspace=workspace_id
    )
    rows = list(items.values_list("prospect", "person_key"))
    known |= {key for _, key in rows}
    named = Prospect.objects.filter(
        Q(public_identifier__in=known) | Q(linkedin_user_id__in=known),
        campaign__workspace=workspace_id,
    )
    return {prospect for prospect, _ in rows} | set(named.values_list("pk", flat=True))


def answered(
    workspace_id: uuid.UUID, names: Iterable[str], at: dt.datetime, source: str, now: dt.datetime
) -> int:
    """Note that somebody has answered, in all campaigns of the workspace; return how many rows.

    What they wrote before anything of ours reached them is no answer; nor, of who was tagged as out
    of office, what they wrote before that. Who answers has accepted, too.
    """
    at, ids = min(at, now), people_named(workspace_id, names)
    people = Prospect.objects.filter(pk__in=ids).prefetch_related("queue_items")
    keys = {item.person_key for person in people for item in person.queue_items.all()}
    began = min(first_touches(workspace_id, keys).values(), default=None)
    concerned = [person.pk for person in people if at > answers_from(person, began)]
    requested = QueueItem.objects.filter(
        prospect__in=concerned, kind=Kind.CONNECTION_REQUEST, sent_at__isnull=False
    )
    accepted(set(requested.values_list("prospect", flat=True)), at, source, now)
    is_first = Q(replied_at__isnull=True) | Q(replied_at__gt=at)
    is_news = is_first | Q(last_replied_at__lt=at)
    inbox.note(concerned, at)
    return Prospect.objects.filter(is_news, pk__in=concerned).update(
        replied_source=Case(When(is_first, then=Value(source)), default=F("replied_source")),
        replied_at=Least(Coalesce("replied_at", Value(at)), Value(at)),
        last_replied_at=Greatest(Coalesce("last_replied_at", Value(at)), Value(at)),
        status=Value(Status.REPLIED),
    )


def answers_from(person: Prospect, first_touch: dt.datetime | None) -> dt.datetime:
    """Return from when on what a person writes is an answer.

    From the first touch on, or from when they were imported; of who was out of office, from when
    they were tagged so.
    """
    began = first_touch or person.created_at
    return max(began, person.answers_count_from or began)


def first_touches(workspace_id: uuid.UUID, keys: Collection[str]) -> dict[str, dt.datetime]:
    """Return when people were first reached by the workspace, or may have been, by key.

    A claim reaches nobody: what was written before its call is an answer all the same.
    """
    reached = Q(sent_at__isnull=False) | Q(tried_at__isnull=False)
    touched = QueueItem.objects.filter(
        reached,
        workspace=workspace_id,
        person_key__in=keys,
        kind__in=[Kind.CONNECTION_REQUEST, Kind.MESSAGE],
    )
    began = Min(Least("tried_at", "claimed_at", "sent_at"))  # of those that are there
    return dict(touched.order_by().values_list("person_key").annotate(began=began))


def withdrawn(prospect_id: uuid.UUID, at: dt.datetime) -> None:
    """Note that somebody's invitation was withdrawn, and until when LinkedIn takes no other."""
    again = (at + REINVITE_AFTER).date()
    told = f"Nobody answered: the invitation was withdrawn on {at:%Y-%m-%d}."
    people = Prospect.objects.filter(pk=prospect_id)
    people.filter(status=Status.CONNECTION_REQUEST_SENT).update(
        status=Status.SKIPPED, status_reason=told
    )
    people.update(invite_again_from=again)
