"""What LinkedIn shows of a person, judged together with what we did. Pure; the one judge.

The look before a send, the look behind one, reconciling, and LinkedIn's answer to a repeat all end
here: the same evidence must never be read in two ways. docs/reliability.md has it as a table.
"""

import datetime as dt
from dataclasses import replace
from enum import StrEnum

from campaigns.models import Campaign, Prospect
from campaigns.people import name_conflict, tells_somebody
from queueing.models import QueueItem, has_ended
from queueing.sending.meaning import SOMEBODY_ELSE
from queueing.sending.verdicts import Answer, Verdict
from queueing.unipile import Outcome, Profile

Status = QueueItem.Status

SHOWS_AFTER = dt.timedelta(minutes=2)  # lists and profiles lag behind an invitation by a minute
HELD_FOR = dt.timedelta(days=1)
GIVEN_UP_AFTER = dt.timedelta(days=7)  # whatever was out of order at LinkedIn is not any more
UNCLEAR_STATE = "unclear_state"
REINVITE_AFTER = dt.timedelta(days=21)  # LinkedIn refuses a new invitation after a withdrawal
CLOCKS_APART = dt.timedelta(hours=1)  # at most, the database's and LinkedIn's


class Seen(StrEnum):
    """What a profile shows between the asking account and the person."""

    CONNECTED = "connected"
    OWN = "own"
    INVITED = "invited"
    IGNORED = "ignored"
    WITHDRAWN = "withdrawn"
    HAS_INVITED_US = "has_invited_us"
    UNCLEAR = "unclear"
    NOTHING = "nothing"


_INVITATIONS = {
    ("SENT", "PENDING"): Seen.INVITED,
    ("SENT", "IGNORED"): Seen.IGNORED,
    ("SENT", "WITHDRAWN"): Seen.WITHDRAWN,
    ("RECEIVED", "PENDING"): Seen.HAS_INVITED_US,
}


def seen(profile: Profile) -> Seen:
    """Read what a profile shows."""
    if profile.is_relationship or profile.degree == "FIRST_DEGREE":
        return Seen.CONNECTED
    if profile.is_self:
        return Seen.OWN
    invitation = (profile.invitation_type, profile.invitation_status)
    return _INVITATIONS.get(invitation, Seen.UNCLEAR if profile.unclear else Seen.NOTHING)


def is_older(made_at: dt.datetime | None, first_tried_at: dt.datetime | None) -> bool:
    """Return whether an invitation was made before anything of ours can have made it.

    LinkedIn has one invitation of two people at a time: where an older one stands, no try of ours
    has made another. An instant that is not known proves nothing.
    """
    if made_at is None or first_tried_at is None:
        return False
    return made_at < first_tried_at - CLOCKS_APART


def on_profile(
    profile: Profile,
    tried_at: dt.datetime | None,
    now: dt.datetime,
    *,
    first_tried_at: dt.datetime | None = None,
    unclear_since: dt.datetime | None = None,
) -> Verdict | None:
    """Judge a profile; None: it shows nothing that speaks for a try, or against sending.

    :param tried_at: when the account's last try began that may have arrived; None: none has.
    :param first_tried_at: when its first call began; None: not known, and no time settles anything.
    :param unclear_since: since when each look has shown a state that nobody has described.
    """
    shown = seen(profile)
    if shown == Seen.UNCLEAR:
        return _held(profile, now, unclear_since or now)
    older = is_older(profile.invited_at, first_tried_at)
    return by_what_is_seen(shown, tried_at, now, older=older)


def by_what_is_seen(
    shown: Seen, tried_at: dt.datetime | None, now: dt.datetime, *, older: bool = False
) -> Verdict | None:
    """Judge what is seen of a person, also in the list of sent invitations; see `on_profile`.

    :param older: the invitation that is seen is older than every try: see `is_older`.
    """
    if shown == Seen.NOTHING:
        return None
    is_ours = tried_at is not None and not (older and shown in _INVITATIONS.values())
    verdict = _IF_TRIED.get(shown) if is_ours else None
    if verdict is None:
        verdict = _IF_NOT_TRIED[shown]
    if shown == Seen.WITHDRAWN:
        date = (now + REINVITE_AFTER).date()
        verdict = replace(verdict, error_message=verdict.error_message.format(date=date))
    return verdict


def on_name(profile: Profile, listed: tuple[str, str]) -> Verdict | None:
    """Judge who stands behind an address: slugs are given up, and taken by others.

    Only where first and last name are known on both sides, and both are different.

    :param listed: first and last name as they were imported; empty where nobody is compared.
    """
    told = (profile.first_name, profile.last_name)
    if not all(tells_somebody(name) for name in (*listed, *told)):
        return None
    conflict = name_conflict(listed, told)
    if not conflict:
        return None
    return Verdict(
        Status.FAILED,
        SOMEBODY_ELSE,
        f"{conflict} Nothing was sent. Is it the same person, press “It is the same person”; else "
        "correct the address, or skip them.",
        prospect_status=Prospect.Status.FAILED,
    )


def on_refused_repeat(
    sent: Answer,
    look: Answer | None,
    tried_at: dt.datetime | None,
    now: dt.datetime,
    *,
    first_tried_at: dt.datetime | None = None,
) -> Verdict | None:
    """Judge LinkedIn's word that the person was invited recently, with the look that followed.

    After a try of ours the word itself is the proof that the try arrived, whatever has become of
    the invitation since: people decline, and then nothing shows it. But where an older invitation
    stands, it is that which LinkedIn means. None: the look failed, and without a try of ours
    nothing is known.
    """
    profile = look.profile if look else None
    verdict = on_profile(profile, tried_at, now, first_tried_at=first_tried_at) if profile else None
    if profile and seen(profile) == Seen.INVITED and is_older(profile.invited_at, first_tried_at):
        return verdict
    if tried_at is not None:
        return verdict if verdict and verdict.arrived else _ARRIVED_BY_REFUSAL
    if profile is None:
        return None
    shown = seen(profile)
    if shown == Seen.INVITED:
        # Somebody between us and LinkedIn may have passed this very call on twice.
        return replace(FOUND_INVITED, arrived=False)
    if verdict is None or shown == Seen.UNCLEAR:
        return _invited_recently(sent, now)
    return verdict


def on_connected_answer(tried_at: dt.datetime | None) -> Verdict:
    """Judge LinkedIn's word that the two are connected already."""
    return (_IF_TRIED if tried_at is not None else _IF_NOT_TRIED)[Seen.CONNECTED]


def _held(profile: Profile, now: dt.datetime, since: dt.datetime) -> Verdict:
    """Hold a person of whom LinkedIn shows something that nobody has described.

    Sending might be a second invitation, and failing them would be for no fault of theirs; what
    does not change for a week is for people to see.
    """
    if now - since >= GIVEN_UP_AFTER:
        return Verdict(
            Status.FAILED,
            UNCLEAR_STATE,
            "For a week LinkedIn has shown this person in a state that SendQ does not know "
            f"({profile.unclear}). See them on LinkedIn; then retry, which looks again for a week, "
            "or skip.",
            prospect_status=Prospect.Status.FAILED,
        )
    again = now + HELD_FOR
    return Verdict(
        Status.PENDING,
        UNCLEAR_STATE,
        f"Held: LinkedIn shows this person in a state that SendQ does not know ({profile.unclear})."
        f" Looked up again on {again.date()}; tell whoever looks after SendQ.",
        retry_at=again,
    )


def too_early(tried_at: dt.datetime | None, now: dt.datetime) -> Verdict | None:
    """Wait where a try would not show yet: until then, that nothing is seen says nothing."""
    if tried_at is None or now >= tried_at + SHOWS_AFTER:
        return None
    return Verdict(
        Status.PENDING,
        "too_early",
        "An earlier try may have arrived, and would not show yet: looked up again.",
        retry_at=tried_at + SHOWS_AFTER,
    )


def nothing_waits_for_nothing(
    verdict: Verdict, *, campaign_status: str, prospect: Prospect, item: QueueItem
) -> Verdict:
    """Return what holds instead of a wait that could never end.

    A campaign's end, and that of a person, are rules: what comes back to either is skipped.
    """
    if verdict.status != Status.PENDING:
        return verdict
    if campaign_status == Campaign.Status.ARCHIVED and not item.by_hand:
        return replace(
            _skipped("campaign_archived", "The campaign is archived: nothing of it goes any more."),
            account=verdict.account,
        )
    if has_ended(item.kind, prospect.status, by_hand=item.by_hand):
        told = prospect.status_reason or "changed by hand"
        return replace(
            _skipped("person_ended", f"{prospect.get_status_display()} meanwhile: {told}", ""),
            account=verdict.account,
        )
    return verdict


def nothing_ends_in_doubt(verdict: Verdict, *, maybe_arrived: bool) -> Verdict:
    """Return what holds instead of an end, where a try may have arrived and nobody has looked.

    The item is looked up first; what the verdict says of person and account stands.

    :param maybe_arrived: there is such a try, and no verdict on it.
    """
    is_end = verdict.status in {Status.FAILED, Status.SKIPPED} and not verdict.arrived
    if not (is_end and maybe_arrived):
        return verdict
    told = f"{verdict.error_message} An earlier try may have arrived: it is looked up first."
    return replace(verdict, status=Status.UNCONFIRMED, error_message=told, prospect_status="")


FOUND_INVITED = Verdict(
    Status.SENT,
    "found_invited",
    "Found: LinkedIn shows the invitation as pending.",
    prospect_status=Prospect.Status.CONNECTION_REQUEST_SENT,
    arrived=True,
)
_ARRIVED_BY_REFUSAL = replace(
    FOUND_INVITED,
    error_code="found_by_refusal",
    error_message="LinkedIn refuses to invite this person again: an earlier try has arrived.",
)


def _skipped(code: str, message: str, prospect_status: str = Prospect.Status.SKIPPED) -> Verdict:
    return Verdict(Status.SKIPPED, code, message, prospect_status=prospect_status)


def _invited_recently(sent: Answer, now: dt.datetime) -> Verdict:
    # Invited in this account's name, though not by us: no other account invites them again.
    return _skipped(
        sent.error_code or Outcome.ALREADY_INVITED,
        "The person was invited not long ago, outside SendQ. LinkedIn takes a new invitation from "
        f"about {(now + REINVITE_AFTER).date()} on.",
        Prospect.Status.CONNECTION_REQUEST_SENT,
    )


_WITHDRAWN = _skipped(
    "invitation_withdrawn",
    "An earlier invitation was withdrawn. LinkedIn takes a new one from {date} on at the earliest.",
)
_HAS_INVITED_US = _skipped(
    "has_invited_us", "The person has invited this account: accept that on LinkedIn."
)

_IF_TRIED = {
    Seen.CONNECTED: replace(
        FOUND_INVITED,
        error_code="found_connected",
        error_message="Found: connected by now.",
        prospect_status=Prospect.Status.CONNECTED,
    ),
    Seen.INVITED: FOUND_INVITED,
    Seen.IGNORED: replace(
        FOUND_INVITED,
        error_code="found_ignored",
        error_message="Found: the person has ignored the invitation.",
    ),
    Seen.WITHDRAWN: replace(_WITHDRAWN, arrived=True),
}
_IF_NOT_TRIED = {
    Seen.CONNECTED: _skipped("already_connected", "Already connected.", Prospect.Status.CONNECTED),
    Seen.OWN: _skipped("own_profile", "This is the sending account's own profile."),
    Seen.INVITED: _skipped(
        "invited_by_hand",
        "This account has invited the person already, outside SendQ.",
        Prospect.Status.CONNECTION_REQUEST_SENT,
    ),
    Seen.IGNORED: _skipped(
        "invited_by_hand",
        "The person has ignored an invitation that this account sent outside SendQ.",
        Prospect.Status.CONNECTION_REQUEST_SENT,
    ),
    Seen.WITHDRAWN: _WITHDRAWN,
    Seen.HAS_INVITED_US: _HAS_INVITED_US,
}
