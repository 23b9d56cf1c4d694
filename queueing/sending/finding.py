"""Judge what a look-up before a send brought, and keep whom it found.

Fenced by the claim's token, as the record of a call is.
"""

import datetime as dt
import logging
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet, Subquery

from campaigns.models import ErasedPerson, Prospect
from campaigns.models.erased import REASON
from queueing.gates import Gate
from queueing.models import TOUCH_LASTS, TOUCHES, QueueItem, is_a_touch
from queueing.sending import deciding, judging
from queueing.sending.claiming import Claim
from queueing.sending.history import history_of, unclear_since
from queueing.sending.verdicts import Answer, Verdict
from queueing.unipile import Profile

logger = logging.getLogger(__name__)


SAME_PERSON = Verdict(
    QueueItem.Status.SKIPPED,
    "same_person",
    "This is somebody who is queued or invited here already, under another address.",
    prospect_status=Prospect.Status.SKIPPED,
)


ERASED = Verdict(
    QueueItem.Status.SKIPPED,
    "erased",
    f"This person {REASON}.",
    prospect_status=Prospect.Status.SKIPPED,
)


def verdict_on_look(claim: Claim, answer: Answer, now: dt.datetime) -> Verdict | None:
    """Decide after the look-up before a send, and keep whom it found; None means: go on."""
    before = history_of(claim, now)
    if answer.error_code == judging.UNCLEAR_STATE:
        before = replace(before, unclear_since=unclear_since(claim))
    is_first = claim.item_kind == QueueItem.Kind.CONNECTION_REQUEST and before.tried_at is None
    listed_as = claim.listed_as if is_first else ("", "")  # after a try, that is the question
    if answer.profile and (other := judging.on_name(answer.profile, listed_as)):
        return other
    verdict = deciding.after_first_look(answer, before, now)
    if verdict is None and answer.conversation is not None:
        _note_that_nobody_answered(claim, now)
    if answer.profile is None or verdict is not None:
        if answer.profile and verdict and verdict.prospect_status == Prospect.Status.CONNECTED:
            _note_id(claim, answer.profile)
        return verdict
    if _is_held_by_another_account(claim, answer.profile):
        return SAME_PERSON
    found = {answer.profile.public_identifier, answer.profile.provider_id}
    if claim.workspace_id and ErasedPerson.among(claim.workspace_id, found):
        return ERASED
    try:
        with transaction.atomic():
            _keep_identity(claim, answer.profile, now)
    except IntegrityError as error:
        return _reached_lately(claim, answer.profile, now) if is_a_touch(error) else SAME_PERSON
    return None


def _reached_lately(claim: Claim, profile: Profile, now: dt.datetime) -> Verdict:
    """Hold somebody whom something else has reached under the address that was found."""
    touches = QueueItem.objects.filter(
        TOUCHES, workspace=claim.workspace_id, person_key=profile.public_identifier
    )
    last = touches.aggregate(at=Max("claimed_at"))["at"] or now
    return Verdict(
        QueueItem.Status.PENDING,
        Gate.PERSON_RESTED,
        f"Something else reached this person, as {profile.public_identifier}, at "
        f"{last:%Y-%m-%d %H:%M} UTC: once in 24 hours is enough.",
        retry_at=last + TOUCH_LASTS,
    )


def _note_that_nobody_answered(claim: Claim, now: dt.datetime) -> None:
    QueueItem.objects.sending().filter(pk=claim.item_id, claim_token=claim.token).update(
        asked_at=now, ask_again_at=None
    )


def _note_id(claim: Claim, profile: Profile) -> None:
    """Keep who is not to be invited: follow-ups to who is connected take id and slug from here.

    Under a slug of former times nobody would see what else has reached the person lately.
    """
    item = QueueItem.objects.sending().filter(pk=claim.item_id, claim_token=claim.token)
    slug = profile.public_identifier
    try:
        with transaction.atomic():
            item.filter(linkedin_user_id="").update(linkedin_user_id=profile.provider_id)
            item.update(person_key=slug or F("person_key"))
    except IntegrityError:
        logger.info("Item %s is of somebody whom the account has another item of", claim.item_id)


def _is_held_by_another_account(claim: Claim, profile: Profile) -> bool:
    """Return whether another account of the workspace has invited, or will, who has the same id.

    Ids are good for one account only, but where two accounts see the same one it is the same
    person. That it is another id proves nothing.
    """
    workspace = QueueItem.objects.filter(pk=claim.item_id).values("workspace")
    same = QueueItem.objects.holding_the_person().filter(
        kind=QueueItem.Kind.CONNECTION_REQUEST,  # messages go to whoever is connected already
        linkedin_user_id=profile.provider_id,
        workspace=Subquery(workspace),
    )
    return same.exclude(pk=claim.item_id).exists()


def _keep_identity(claim: Claim, profile: Profile, now: dt.datetime) -> None:
    """Keep the ids that a look-up found: who the person is under any spelling."""
    slug = profile.public_identifier
    item = QueueItem.objects.sending().filter(pk=claim.item_id, claim_token=claim.token)
    item.update(linkedin_user_id=profile.provider_id, **({"person_key": slug} if slug else {}))
    prospects: QuerySet[Prospect] = Prospect.objects.filter(queue_items=claim.item_id)
    if slug:
        _if_free(prospects.filter(public_identifier=""), public_identifier=slug).update(
            public_identifier=slug
        )
        # Under a slug of former times the next item must be looked up again; see `resolving`.
        prospects = prospects.filter(public_identifier=slug)
    else:
        prospects = _if_free(prospects, public_identifier="", linkedin_user_id=profile.provider_id)
    prospects.update(
        linkedin_user_id=profile.provider_id, resolved_with=claim.account_id, resolved_at=now
    )


def _if_free(prospects: QuerySet[Prospect], **name: str) -> QuerySet[Prospect]:
    """Return those whose campaign has nobody else of this name.

    A row of the campaign is nobody who is queued or invited: that is for the items to say.
    """
    others = Prospect.objects.filter(campaign=OuterRef("campaign"), **name)
    return prospects.exclude(Exists(others.exclude(pk=OuterRef("pk"))))
