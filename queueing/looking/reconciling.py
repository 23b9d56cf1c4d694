"""Settle what is in doubt: ask LinkedIn, through the item's own account, whether it was invited.

Reads only. One complete walk through the account's sent invitations comes first: it costs no
profile view and settles all that it shows. What it does not show is looked up by its profile. Only
two such rounds without a trace, some time apart, mean that it was not sent. `sending.judging` says
what a trace is.
"""

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial

from django.db.models import Exists, OuterRef, Q

from campaigns.models import LinkedInAccount, Prospect
from queueing.looking import budget, changed_answers, logins, looks, pace, settling
from queueing.models import QueueItem, SendAttempt
from queueing.sending import (
    FOUND,
    Clock,
    Verdict,
    claiming,
    history,
    judging,
    recording,
    recovering,
    righting,
)
from queueing.sending.judging import Seen
from queueing.telling import Fence, in_words
from queueing.unipile import Client, Outcome, SentInvitation, SentWalk, UnipileError

logger = logging.getLogger(__name__)

LOOKS_PER_ACCOUNT = 20  # profiles in one run: they are spread over the day

GONE_AFTER = judging.GIVEN_UP_AFTER  # a server's bad day, or an account's, is over by then

_GONE = Verdict(
    QueueItem.Status.FAILED,
    "person_gone",
    "For a week LinkedIn has shown nobody under any name of this person, or no profile that can be "
    "read, and no invitation: whether a try arrived cannot be seen. They stay held, so that nobody "
    "here invites them again.",
    prospect_status=Prospect.Status.FAILED,
)
_UNCLEAR = Verdict(
    QueueItem.Status.FAILED,
    judging.UNCLEAR_STATE,
    "For a week LinkedIn has shown this person in a state that SendQ does not know: whether a try "
    "arrived cannot be seen. They stay held, so that nobody here invites them again.",
    prospect_status=Prospect.Status.FAILED,
)
Route = SendAttempt.Route
_WITH_ITEMS = (
    "prospect",
    "linkedin_account",
    "campaign__sending_hours",
    "campaign__workspace__sending_hours",
)


IN_DOUBT = Q(status=QueueItem.Status.UNCONFIRMED) | (
    QueueItem.MAYBE_ARRIVED & Q(status=QueueItem.Status.PENDING)
)
"""What is looked up: in doubt, or waiting for another try while an earlier one may have arrived."""


def reconcile(client: Client, clock: Clock, fence: Fence | None = None) -> Counter[str]:
    """Look up what is in doubt and due for a look; return how many items became what.

    What could not be dealt with is counted as `set_aside`, and remembered by the fence.
    """
    fence = fence or Fence(clock())
    with fence.around("What lies far in the future"):
        righting.right(clock())
    released, in_doubt = recovering.recover(clock(), fence)
    settled = Counter({"released": released, "interrupted": in_doubt})
    for account in _accounts_in_doubt(clock()):
        with fence.around(f"What is in doubt of {account}", account.workspace_id):
            now = clock()
            due = [item for item in _in_doubt(account) if pace.next_look_at(item, now) <= now]
            settled += check(client, account, due, clock, fence)
    settled["set_aside"] = len(fence.aside)
    return +settled


def check_item(client: Client, item_id: uuid.UUID, clock: Clock) -> str:
    """Look one item in doubt up now; return its status afterwards.

    :raises QueueItem.DoesNotExist: where there is no such item.
    """
    items = QueueItem.objects.select_related(*_WITH_ITEMS)
    item = items.get(pk=item_id)
    if QueueItem.objects.filter(IN_DOUBT, pk=item_id).exists():
        check(client, item.linkedin_account, [item], clock)
        item.refresh_from_db()
    return QueueItem.Status(item.status)


def check(
    client: Client,
    account: LinkedInAccount,
    items: Sequence[QueueItem],
    clock: Clock,
    fence: Fence | None = None,
) -> Counter[str]:
    """Look up an account's items: one walk for all, then the profiles of those it does not show.

    Messages are looked for in their conversations.
    """
    settled: Counter[str] = Counter()
    fence = fence or Fence(clock())
    if not items or not logins.may_look(client, account):
        return settled
    messages = [item for item in items if item.kind == QueueItem.Kind.MESSAGE]
    for item in messages:
        with _around(item, clock, fence):
            settled[settling.message(client, account, item, clock)] += 1
    items = [item for item in items if item not in messages]
    shown, may_look = _walk(client, account, items, clock)
    looked = 0
    for item in items:
        with _around(item, clock, fence):
            invitation = shown.get(item.pk)
            if item.kind == QueueItem.Kind.WITHDRAWAL:
                still = invitation is not None
                settled[settling.withdrawal(client, account, item, clock, still=still)] += 1
            elif invitation is not None:
                found = _judged(item, invitation, clock())
                settled[_settle(item, found, clock(), invitation.id)] += 1
            elif (may_look or not pace.calls(item)[1]) and looked < LOOKS_PER_ACCOUNT:
                if budget.left_for_doubts(account, clock()) < pace.NAMES_LOOKED_UP:
                    break
                looked += 1
                if not _look_at_profile(client, account, item, clock, settled):
                    break  # the account cannot look anybody up now
    del settled[settling.IN_DOUBT_STILL]
    return settled


def _around(item: QueueItem, clock: Clock, fence: Fence) -> AbstractContextManager[None]:
    return fence.around(
        f"The doubt about {item.prospect}",
        item.workspace_id,
        item_id=item.pk,
        then=partial(_note_trouble, item, clock),
    )


def _note_trouble(item: QueueItem, clock: Clock, error: Exception) -> None:
    """Say on an item that stays in doubt why nothing settles it."""
    told = f"SendQ could not deal with what was seen of this person: {in_words(error)}"
    QueueItem.objects.filter(pk=item.pk, status=QueueItem.Status.UNCONFIRMED).update(
        error_code=claiming.TROUBLE, error_message=told, updated_at=clock()
    )


def _tried_at(item: QueueItem) -> dt.datetime | None:
    return item.tried_at or item.claimed_at


def _judged(item: QueueItem, invitation: SentInvitation, now: dt.datetime) -> Verdict | None:
    """Judge that an invitation stands in the list: where it is older than every try, not by us."""
    made_at = invitation.sent_at if invitation.is_exact else None
    older = made_at is not None and judging.is_older(made_at, history.first_tried_at(item))
    return judging.by_what_is_seen(Seen.INVITED, _tried_at(item), now, older=older)


def _look_at_profile(
    client: Client,
    account: LinkedInAccount,
    item: QueueItem,
    clock: Clock,
    settled: Counter[str],
) -> bool:
    """Look at the profile and settle what it shows; False where the account can look at none."""
    for name in filter(None, (item.linkedin_user_id, item.prospect.public_identifier)):
        (attempt,) = looks.begin([item], Route.PROFILE, clock())
        try:
            profile = client.profile(account.unipile_account_id, name)
        except UnipileError as error:
            looks.end_with_error([attempt], error, clock())
            if error.outcome == Outcome.REJECTED:
                continue  # ids go stale when an account is connected anew; the slug may still do
            if not _is_unreadable(error):
                return False
            break
        attempt.asked_again = profile.asked_again
        if judging.seen(profile) == Seen.UNCLEAR:
            looks.end(attempt, Outcome.UNKNOWN, profile.raw, clock())
            if _is_unclear(item):
                settled[_settle(item, _UNCLEAR, clock())] += 1
            return True
        found = judging.on_profile(
            profile,
            _tried_at(item),
            clock(),
            first_tried_at=history.first_tried_at(item) if profile.invited_at else None,
        )
        is_trace = found is not None and found.arrived
        looks.end(attempt, FOUND if is_trace else looks.NOTHING, profile.raw, clock())
        if is_trace or _was_not_sent(item):
            settled[_settle(item, found, clock())] += 1
        return True
    if _is_gone(item):
        settled[_settle(item, _GONE, clock())] += 1
    return True


def _walk(
    client: Client, account: LinkedInAccount, items: Sequence[QueueItem], clock: Clock
) -> tuple[dict[uuid.UUID, SentInvitation], bool]:
    """Walk the account's sent invitations once for all items; return whose are there.

    And whether profiles may be looked at now: not where it is too early for a walk, or the account
    can look at nothing.
    """
    attempts = looks.begin_walk(account, items, clock())
    if not attempts:
        return {}, False
    broke: UnipileError | None = None
    try:
        walk = client.sent_invitations(account.unipile_account_id)
    except UnipileError as error:
        broke, walk = error, SentWalk(error.read_before, error.summary)
    by_name = _by_name(walk.invitations)
    if not walk.complete and broke is None:
        changed_answers.of_the_list(account, walk.trouble, clock())
    found: dict[uuid.UUID, SentInvitation] = {}
    for item, attempt in zip(items, attempts, strict=True):
        shown = next((by_name[name] for name in _names(item) if name in by_name), None)
        if shown is not None:
            found[item.pk] = shown
        elif broke is not None:
            looks.end_with_error([attempt], broke, clock())
            continue
        told = f"Walked through {len(walk.invitations)} sent invitations"
        told += ", all there are." if walk.complete else f"; not all there are: {walk.trouble}."
        without = looks.NOTHING if walk.complete else Outcome.UNKNOWN
        looks.end(attempt, FOUND if shown else without, told, clock())
    return found, broke is None or _is_unreadable(broke)


def _is_unreadable(error: UnipileError) -> bool:
    """Return whether this one answer is of no use, while the account may well look at others."""
    return error.outcome == Outcome.NOT_SENT and error.http_status not in {None, 503}


def _by_name(invitations: Iterable[SentInvitation]) -> dict[str, SentInvitation]:
    """Return invitations by everything that they call their person."""
    return {name: invitation for invitation in invitations for name in invitation.names}


def _names(item: QueueItem) -> set[str]:
    """Return all that a person is known by to the item's account."""
    person = item.prospect
    names = {item.linkedin_user_id, item.person_key, person.public_identifier}
    if person.resolved_with_id == item.linkedin_account_id:
        names.add(person.linkedin_user_id)
    return names - {""}


def _accounts_in_doubt(now: dt.datetime) -> Iterable[LinkedInAccount]:
    """Return whose items are in doubt, but for accounts that were told to slow down just now."""
    throttled = pace.throttled_since(now)
    in_doubt = QueueItem.objects.filter(IN_DOUBT, linkedin_account=OuterRef("pk"))
    return LinkedInAccount.objects.filter(
        Exists(in_doubt), status=LinkedInAccount.Status.CONNECTED
    ).exclude(pk__in=throttled.values("linkedin_account"))


def _in_doubt(account: LinkedInAccount) -> Iterable[QueueItem]:
    return (
        account.queue_items.filter(IN_DOUBT)
        .select_related(*_WITH_ITEMS)
        .order_by("claimed_at", "id")
    )


def _was_not_sent(item: QueueItem) -> bool:
    """Return whether two rounds, each of a whole walk and a profile, found no trace of the item.

    They lie far enough apart to outlast the lag of list and profile.
    """
    _, made = pace.calls(item)
    rounds: list[dt.datetime] = []
    walked_at: dt.datetime | None = None
    for look in made:
        if look.outcome != looks.NOTHING:
            continue
        if look.route == Route.SENT_LIST:
            walked_at = look.started_at
        elif walked_at is not None:
            rounds.append(walked_at)
            walked_at = None
    return len(rounds) >= 2 and rounds[-1] - rounds[0] >= pace.BETWEEN_LOOKS


def _is_gone(item: QueueItem) -> bool:
    """Return whether the person has been unknown under every name, and in no whole list, for long.

    An id of another account is like that for ever, and so is somebody who has left LinkedIn, or
    whose profile cannot be read, where those of others can.
    """
    _, made = pace.calls(item)
    walks: list[dt.datetime] = []
    untold: list[SendAttempt] = []
    for look in made:
        if look.route == Route.SENT_LIST:
            walks += [look.started_at] if look.outcome == looks.NOTHING else []
        elif look.outcome == Outcome.REJECTED or _could_not_be_read(look):
            untold.append(look)
        elif look.outcome in {FOUND, looks.NOTHING, Outcome.UNKNOWN}:  # somebody was there
            walks, untold = [], []
    both = (walks, [look.started_at for look in untold])
    if not all(len(at) >= 2 and at[-1] - at[0] >= GONE_AFTER for at in both):
        return False
    return not any(map(_could_not_be_read, untold)) or _others_are_read(item, untold[0].started_at)


def _could_not_be_read(look: SendAttempt) -> bool:
    """Return whether a look was answered, but not with what can be read: see `_is_unreadable`."""
    return look.outcome == Outcome.NOT_SENT and look.http_status not in {None, 503}


def _others_are_read(item: QueueItem, since: dt.datetime) -> bool:
    """Return whether the account has seen somebody else's profile since: no outage then."""
    told = SendAttempt.objects.filter(
        route=Route.PROFILE, outcome__in=[FOUND, looks.NOTHING], started_at__gte=since
    )
    return told.filter(linkedin_account=item.linkedin_account_id).exclude(item=item).exists()


def _is_unclear(item: QueueItem) -> bool:
    """Return whether looks at the profile have shown no known state, and no other, for long."""
    _, made = pace.calls(item)
    unclear: list[dt.datetime] = []
    for look in made:
        if look.route != Route.PROFILE or look.run_id:  # a run's own says only that it found them
            continue
        if look.outcome == Outcome.UNKNOWN and not look.error_code:
            unclear.append(look.started_at)
        elif look.outcome in {FOUND, looks.NOTHING}:
            unclear = []
    return len(unclear) >= 2 and unclear[-1] - unclear[0] >= GONE_AFTER


def _settle(
    item: QueueItem, found: Verdict | None, now: dt.datetime, invitation_id: str = ""
) -> str:
    """Record what was found, or that nothing was; return the item's new status.

    Or `changed_meanwhile`, where it was settled, or tried again, by somebody else.
    """
    if found is not None and found.arrived:
        held = recording.settle_doubt(item, found, now, invitation_id=invitation_id)
        if held is not None:
            changed_answers.of_an_invitation(item, now)
    else:
        # What speaks against sending without being a trace of us, such as their own invitation.
        verdict = found or settling.not_sent(item, now)
        held = recording.settle_doubt(item, verdict, now, searched=True)
    return held.status if held else "changed_meanwhile"
