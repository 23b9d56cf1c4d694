"""What went before a claim, read for the decision on an answer to it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, Value, When

from queueing import gates
from queueing.models import Kind, QueueItem, Retry, SendAttempt
from queueing.sending import judging, news, outcomes
from queueing.sending.claiming import Claim
from queueing.sending.verdicts import FOUND, RESTORED, History
from queueing.unipile import Outcome

T = TypeVar("T")

ACCOUNT_ANSWERS_AT_MOST = 20
IN_A_ROW_AT_MOST = 60  # people of one company stand together, and count as one
_ABOUT_THE_ACCOUNT = (
    Outcome.ACCOUNT_LIMIT,
    Outcome.THROTTLED,
    Outcome.ACCOUNT_DISCONNECTED,
    Outcome.ACCOUNT_RESTRICTED,
)


def history_of(claim: Claim, now: dt.datetime) -> History:
    """Read what went before this claim, for the decision on an answer to it."""
    item = QueueItem.objects.select_related(
        "prospect",
        "linkedin_account",
        "campaign__sending_hours",
        "campaign__workspace__sending_hours",
    ).get(pk=claim.item_id)
    made = _calls_before(item, claim)
    ended_as = [call.outcome for call in made]
    is_refusal = [call.outcome == Outcome.REJECTED for call in made]
    refused = made[: _in_a_row(is_refusal, True)]
    ours = [outcomes.is_our_fault(call.outcome, call.error_code) for call in made]
    by_our_fault = made[: _in_a_row(ours, True)]
    return History(
        attempts=item.attempts,
        tried_at=item.tried_at,
        first_tried_at=first_tried_at(item) if item.tried_at else claim.claimed_at,
        id_may_be_wrong=_id_may_be_wrong(item, claim),
        limits_in_a_row=_in_a_row(ended_as, Outcome.ACCOUNT_LIMIT),
        throttles_in_a_row=_in_a_row(ended_as, Outcome.THROTTLED),
        unknown_in_a_row=_in_a_row(ended_as, Outcome.UNKNOWN),
        disconnects_in_a_row=_in_a_row(ended_as, Outcome.ACCOUNT_DISCONNECTED),
        refused_in_a_row=_places(refused, item),
        our_faults_in_a_row=_places(by_our_fault, item),
        our_faults_since_rest=_places(_since_its_rest(by_our_fault, item), item),
        others_pass=_others_pass(item, claim),
        account_answers=_in_a_row(
            [outcome in _ABOUT_THE_ACCOUNT for outcome in _ends_of(item, claim)], True
        ),
        outage=item.attempts >= len(settings.RETRY_DELAYS_SECONDS) and _is_outage(item),
        next_day_at=gates.day_of(item.linkedin_account, now).ends,
        retry_delays_seconds=settings.RETRY_DELAYS_SECONDS,
        hours=gates.hours_of(item.campaign.hours()),
        note_length=len(item.message),
        kind=item.kind,
        by_hand=item.by_hand,
        text=item.message,
        answers_from=answers_from(item),
        **_asked(item, claim),
    )


def first_tried_at(item: QueueItem) -> dt.datetime | None:
    """Return when the first call about a request began that has been tried.

    None where calls may have been made before of which no attempt tells: by the queue that was
    moved over from, since a backup that was restored, or by a clock that was put right.
    """
    lost = Count("pk", filter=Q(outcome=RESTORED))
    told = item.send_attempts.filter(kind=SendAttempt.Kind.SEND).aggregate(
        began=Min("started_at"), lost=lost
    )
    began: dt.datetime | None = told["began"]
    if began is None or told["lost"] or (item.tried_at is not None and item.tried_at < began):
        return None
    return began


def unclear_since(claim: Claim) -> dt.datetime | None:
    """Return since when each look has shown a person in a state that nobody has described.

    Looks of the item's account, that told something, since somebody retried the item; None: the
    last one showed another.
    """
    looks = SendAttempt.objects.filter(
        item=claim.item_id,
        linkedin_account=claim.account_id,
        kind=SendAttempt.Kind.LOOKUP,
        outcome=FOUND,
        started_at__lt=claim.claimed_at,
    )
    retried = Retry.objects.filter(item=claim.item_id).values_list("at", flat=True).first()
    if retried is not None:
        looks = looks.filter(started_at__gte=retried)
    since = None
    for began, code in looks.order_by("-number").values_list("started_at", "error_code"):
        if code != judging.UNCLEAR_STATE:
            break
        since = began
    return since


def _asked(item: QueueItem, claim: Claim) -> dict[str, Any]:
    """Return the facts on looks at the conversation of a message that told nothing."""
    if item.kind != Kind.MESSAGE:
        return {}
    looks = SendAttempt.objects.filter(route=SendAttempt.Route.CHAT, run__isnull=False)
    in_vain = looks.filter(item=item, started_at__lt=claim.claimed_at).exclude(
        outcome__in=_ABOUT_THE_ACCOUNT
    )
    if item.asked_at is not None:
        in_vain = in_vain.filter(started_at__gt=item.asked_at)
    began = list(in_vain.order_by("started_at").values_list("started_at", flat=True))
    told = looks.filter(outcome=FOUND, linkedin_account=item.linkedin_account_id)
    return {
        "asked_in_vain": len(began),
        "asked_since": began[0] if began else None,
        "others_are_told": bool(began)
        and told.filter(started_at__gte=began[0]).exclude(item=item).exists(),
    }


def _id_may_be_wrong(item: QueueItem, claim: Claim) -> bool:
    """Return whether a request's id was found before this claim, and can be found anew by slug."""
    if item.kind != Kind.CONNECTION_REQUEST or not item.prospect.public_identifier:
        return False
    looks = item.send_attempts.filter(kind=SendAttempt.Kind.LOOKUP, finished_at__isnull=False)
    return not looks.filter(started_at__gte=claim.claimed_at).exists()


def answers_from(item: QueueItem) -> dt.datetime:
    """Return from when on what the item's person writes is an answer.

    From the first touch of the workspace on, or from when they were imported; of who was out of
    office, from when they were tagged so.
    """
    if item.kind != Kind.MESSAGE:
        return item.prospect.created_at
    began = news.first_touches(item.workspace_id, [item.person_key]).get(item.person_key)
    return news.answers_from(item.prospect, began)


class _Made(NamedTuple):
    """How an account's claim ended: its send, or the look-up before it that nothing followed."""

    outcome: str
    error_code: str
    item_id: uuid.UUID
    company_key: str
    started_at: dt.datetime


def _calls_before(item: QueueItem, claim: Claim) -> list[_Made]:
    """Return how the account's last claims of the item's kind ended, newest first.

    What LinkedIn says to a message says nothing about invitations, and the reverse.
    """
    sends = SendAttempt.objects.filter(
        run=OuterRef("run"), item=OuterRef("item"), kind=SendAttempt.Kind.SEND
    )
    looks_alone = Q(run__isnull=False) & ~Exists(sends)
    # Found out to have been sent, a call without a clear answer is no sign of trouble.
    was_sent = When(outcome=Outcome.UNKNOWN, item__sent_at__isnull=False, then=Value(Outcome.SENT))
    rows = (
        SendAttempt.objects.filter(
            Q(kind=SendAttempt.Kind.SEND) | looks_alone,
            linkedin_account=claim.account_id,
            item__kind=item.kind,
            started_at__lt=claim.claimed_at,
            finished_at__isnull=False,
        )
        .order_by("-started_at")
        .values_list(
            Case(was_sent, default=F("outcome")),
            "error_code",
            "item",
            "item__prospect__company_key",
            "started_at",
        )
    )
    return [_Made(*row) for row in rows[:IN_A_ROW_AT_MOST]]


def _places(made: Sequence[_Made], item: QueueItem) -> int:
    """Count companies, and people without one; the item's own place is counted by who asks."""
    places = {call.company_key or str(call.item_id) for call in made}
    return len(places - {item.prospect.company_key or str(item.pk)})


def _since_its_rest(made: Sequence[_Made], item: QueueItem) -> list[_Made]:
    """Return the calls since the account rested last, whatever for, or the kind did."""
    rested_until, _ = item.linkedin_account.rest_of(item.kind)
    return [call for call in made if rested_until is None or call.started_at >= rested_until]


def _ends_of(item: QueueItem, claim: Claim) -> list[str]:
    """Return how the item's own claims ended before this one, newest first."""
    ended = item.send_attempts.filter(started_at__lt=claim.claimed_at, run__isnull=False)
    rows = ended.exclude(outcome=FOUND).order_by("-number").values_list("outcome", flat=True)
    return list(rows[:ACCOUNT_ANSWERS_AT_MOST])


def _others_pass(item: QueueItem, claim: Claim) -> bool:
    """Return whether another item of the kind has gone since this one met such an answer."""
    earlier = item.send_attempts.filter(
        outcome__in=_ABOUT_THE_ACCOUNT, started_at__lt=claim.claimed_at
    )
    met_at = earlier.aggregate(at=Max("started_at"))["at"]
    return (
        met_at is not None
        and SendAttempt.objects.filter(
            linkedin_account=claim.account_id,
            item__kind=item.kind,
            kind=SendAttempt.Kind.SEND,
            outcome=Outcome.SENT,
            started_at__gt=met_at,
        ).exists()
    )


def _is_outage(item: QueueItem) -> bool:
    """Return whether other people's calls have failed, too, since the item's began to.

    Where none has been answered Unipile is away, and nobody is to be given up for that.
    """
    failed = item.send_attempts.filter(outcome=Outcome.NOT_SENT).order_by("-number")
    began = failed.values_list("started_at", flat=True)[: len(settings.RETRY_DELAYS_SECONDS) + 1]
    since = min(began, default=None)
    if since is None:
        return False
    others = SendAttempt.objects.filter(started_at__gte=since, finished_at__isnull=False)
    told = set(others.exclude(item=item).values_list("outcome", flat=True).distinct())
    return told == {Outcome.NOT_SENT.value}


def _in_a_row(newest_first: Sequence[T], wanted: T) -> int:
    """Count how many from the newest on are the wanted one."""
    for number, outcome in enumerate(newest_first):
        if outcome != wanted:
            return number
    return len(newest_first)
