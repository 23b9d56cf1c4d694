"""Find new prospects on LinkedIn before they are queued: their ids, and who needs no request.

Looks only; a prospect that is not resolved here is looked up when its item is sent.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery

from campaigns import people
from campaigns.models import Campaign, DoNotContact, LinkedInAccount, Prospect
from queueing import gates
from queueing.looking import budget
from queueing.models import QueueItem
from queueing.sending import Clock, judging
from queueing.sending.judging import Seen
from queueing.telling import Fence
from queueing.unipile import Client, Outcome, Profile, UnipileError


def resolve_pending(
    client: Client, clock: Clock, limit: int | None = None, fence: Fence | None = None
) -> Counter[str]:
    """Look up new prospects with their campaigns' accounts; return how many were what.

    Profile views are budgeted: `LOOK_UPS_PER_DAY` of an account and `LOOK_UPS_PER_RUN` of them in
    one run, so that they spread over the day. A run ends after `SEND_RUN_DEADLINE_SECONDS`; the
    next one begins with the accounts that had to wait. What could not be dealt with is counted as
    `set_aside`, and remembered by the fence.

    :param limit: look up at most so many prospects.
    """
    found: Counter[str] = Counter()
    began_at = clock()
    fence = fence or Fence(began_at)
    deadline = began_at + dt.timedelta(seconds=settings.SEND_RUN_DEADLINE_SECONDS)
    for account in _usable_accounts(began_at):
        now = clock()
        if now >= deadline:
            break
        with fence.around(f"Looking people up with {account}", account.workspace_id):
            for prospect in _next_prospects(account, now):
                if limit is not None and found.total() + len(fence.aside) >= limit:
                    break
                with fence.around(
                    f"Looking up {prospect}",
                    account.workspace_id,
                    then=partial(_leave_to_the_sending, prospect, account, clock),
                ):
                    if not _look_up(client, prospect, account, clock, found):
                        break
    found["set_aside"] = len(fence.aside)
    return +found


def _look_up(
    client: Client,
    prospect: Prospect,
    account: LinkedInAccount,
    clock: Clock,
    found: Counter[str],
) -> bool:
    """Look one prospect up; False where the account, or Unipile, can look nobody up now."""
    if _was_found_elsewhere(prospect, account):
        found["found_before"] += 1
        return True
    if not _claim(prospect, account, clock()):
        return True  # another run looks them up
    try:
        profile = client.profile(
            account.unipile_account_id,
            prospect.public_identifier or prospect.linkedin_user_id,
        )
    except UnipileError as error:
        found[error.outcome] += 1
        _note_second_view(prospect, asked_again=error.asked_again)
        if not _was_asked(error):
            _release(prospect)
            return False
        if error.outcome == Outcome.REJECTED:
            _mark(prospect, Prospect.Status.FAILED, error.summary)
        return True
    _note_second_view(prospect, asked_again=profile.asked_again)
    found[_keep(prospect, account, profile, clock())] += 1
    return True


def _leave_to_the_sending(
    prospect: Prospect, account: LinkedInAccount, clock: Clock, error: Exception
) -> None:
    _claim(prospect, account, clock())  # so that it is not the next one for ever


def _usable_accounts(now: dt.datetime) -> Iterator[LinkedInAccount]:
    stops = gates.stops()
    if stops.of_all:
        return
    new = Prospect.objects.filter(campaign__accounts=OuterRef("pk"), status=Prospect.Status.NEW)
    looks = Prospect.objects.filter(resolved_with=OuterRef("pk")).order_by("-resolved_at")
    accounts = (
        LinkedInAccount.objects.filter(Exists(new), status=LinkedInAccount.Status.CONNECTED)
        .annotate(looked_at=Subquery(looks.values("resolved_at")[:1]))
        .order_by(F("looked_at").asc(nulls_first=True), "name")
    )
    for account in accounts.exclude(workspace__in=stops.of_one):
        if account.paused_until is None or account.paused_until <= now:
            yield account


def _next_prospects(account: LinkedInAccount, now: dt.datetime) -> list[Prospect]:
    """Return the account's next unresolved prospects, as far as its budget of today goes."""
    left = min(
        settings.LOOK_UPS_PER_DAY - budget.views_today(account, now), settings.LOOK_UPS_PER_RUN
    )
    if left <= 0:
        return []
    unresolved = Prospect.objects.filter(
        campaign__accounts=account,
        campaign__status__in=[Campaign.Status.DRAFT, Campaign.Status.ACTIVE],
        status=Prospect.Status.NEW,
        resolved_at__isnull=True,
    ).exclude(public_identifier="", linkedin_user_id="")
    return list(unresolved.exclude(_will_not_be_queued(account.workspace_id))[:left])


def _will_not_be_queued(workspace_id: uuid.UUID) -> Q:
    """Return the condition on prospects whom nobody need look up: they are left out anyway."""
    keys = [OuterRef("public_identifier"), OuterRef("linkedin_user_id")]
    entries = DoNotContact.objects.filter(workspace=workspace_id)
    person = entries.filter(kind=DoNotContact.Kind.PERSON, value__in=keys)
    company = entries.filter(kind=DoNotContact.Kind.COMPANY, value=OuterRef("company_key"))
    items = QueueItem.objects.holding_the_person().filter(
        workspace=workspace_id, kind=QueueItem.Kind.CONNECTION_REQUEST, person_key__in=keys
    )
    return Q(Exists(person)) | Q(Exists(company)) | Q(Exists(items))


def _was_found_elsewhere(prospect: Prospect, account: LinkedInAccount) -> bool:
    """Take over the id that the account found for the same person in another campaign.

    A name that is missing is worth a look of its own.
    """
    if not (prospect.public_identifier and prospect.first_name and prospect.last_name):
        return False
    same = Prospect.objects.filter(
        resolved_with=account, public_identifier=prospect.public_identifier
    ).exclude(linkedin_user_id="")
    newest = same.order_by("-resolved_at").first()
    if newest is None or people.name_conflict(prospect.must_be_called, newest.must_be_called):
        return False
    Prospect.objects.filter(pk=prospect.pk, resolved_at__isnull=True).update(
        linkedin_user_id=newest.linkedin_user_id,
        resolved_with=account,
        resolved_at=newest.resolved_at,
    )
    return True


def _keep(prospect: Prospect, account: LinkedInAccount, profile: Profile, now: dt.datetime) -> str:
    """Keep who was found; return what the prospect has become.

    Of somebody else nothing is kept: the look before the send holds them, with both names.
    """
    if other := judging.on_name(profile, prospect.must_be_called):
        return other.error_code
    slug = profile.public_identifier
    prospect.public_identifier = prospect.public_identifier or slug
    # Under a slug of former times the person is not recognised in the queue: without an id, the
    # look-up before the send finds the slug of today, and whoever holds the person under it.
    if slug in {"", prospect.public_identifier}:
        prospect.linkedin_user_id = profile.provider_id
    prospect.resolved_with, prospect.resolved_at = account, now
    prospect.first_name = prospect.first_name or profile.first_name
    prospect.last_name = prospect.last_name or profile.last_name
    try:
        with transaction.atomic():
            prospect.save(
                update_fields=[
                    "linkedin_user_id",
                    "resolved_with",
                    "resolved_at",
                    "public_identifier",
                    "first_name",
                    "last_name",
                ]
            )
    except IntegrityError:
        _mark(prospect, Prospect.Status.SKIPPED, _same_person(prospect))
        return "same_person"
    verdict = judging.on_profile(profile, None, now)
    if verdict is None:
        return "resolved"
    if judging.seen(profile) == Seen.UNCLEAR:
        return verdict.error_code  # held by the look before the send, if it still is unclear then
    _mark(prospect, verdict.prospect_status, verdict.error_message)
    return verdict.error_code


def _same_person(prospect: Prospect) -> str:
    """Say who else of the campaign it is, for that one alone says what became of the person."""
    same = Q(public_identifier=prospect.public_identifier)
    if not prospect.public_identifier:
        same &= Q(linkedin_user_id=prospect.linkedin_user_id)
    other = Prospect.objects.filter(same, campaign=prospect.campaign_id).exclude(pk=prospect.pk)
    told = "The same person is in this campaign already"
    return f"{told}: {it}, {it.get_status_display().lower()}." if (it := other.first()) else told


def _was_asked(error: UnipileError) -> bool:
    """Return whether LinkedIn was asked, though the answer is none or of no use.

    Such a look counts, and is left to the sending: one strange profile must not hold up the rest.
    """
    if error.outcome == Outcome.REJECTED:
        return True
    return error.outcome == Outcome.NOT_SENT and error.http_status not in {None, 503}


def _claim(prospect: Prospect, account: LinkedInAccount, now: dt.datetime) -> bool:
    """Count the look against the account's budget before it is made; False: made already."""
    unresolved = Prospect.objects.filter(pk=prospect.pk, resolved_at__isnull=True)
    return bool(unresolved.update(resolved_with=account, resolved_at=now, resolved_twice=False))


def _note_second_view(prospect: Prospect, *, asked_again: bool) -> None:
    if asked_again:
        Prospect.objects.filter(pk=prospect.pk).update(resolved_twice=True)


def _release(prospect: Prospect) -> None:
    """Take back a look that was not made."""
    Prospect.objects.filter(pk=prospect.pk).update(resolved_with=None, resolved_at=None)


def _mark(prospect: Prospect, status: str, reason: str) -> None:
    """Change the status, unless the prospect was queued meanwhile."""
    Prospect.objects.filter(pk=prospect.pk, status=Prospect.Status.NEW).update(
        status=status, status_reason=reason
    )
