"""What an answer of Unipile means for the withdrawal of an invitation. Pure.

An invitation that is not pending any more was accepted, declined, or withdrawn: only the profile
tells which, and only an acceptance matters to what follows.
"""

import datetime as dt
from dataclasses import replace

from campaigns.models import Prospect
from queueing.models import QueueItem
from queueing.sending import judging, outcomes
from queueing.sending.judging import Seen
from queueing.sending.verdicts import GONE, Answer, History, Verdict
from queueing.unipile import Outcome, Profile

Status = QueueItem.Status

STILL_PENDING_REST = dt.timedelta(days=1)
UNCLEAR_AT_MOST = 7  # answers that contradict each other, a day apart

WITHDRAWN = Verdict(Status.SENT, prospect_status=Prospect.Status.SKIPPED)
ACCEPTED = Verdict(
    Status.SKIPPED,
    "accepted",
    "Nothing to withdraw: the person has accepted.",
    prospect_status=Prospect.Status.CONNECTED,
)
GONE_BEFORE = Verdict(
    Status.SKIPPED,
    "invitation_gone",
    "Nothing to withdraw: the invitation was declined, or withdrawn outside SendQ.",
    prospect_status=Prospect.Status.SKIPPED,
)


def after_send(sent: Answer, look: Answer | None, history: History, now: dt.datetime) -> Verdict:
    """Decide after the withdrawal, and the look at the profile where the invitation was gone."""
    if sent.outcome == Outcome.SENT:
        return WITHDRAWN
    if sent.outcome == GONE:
        if look is not None and look.profile is not None:
            return on_profile_of_the_gone(look.profile, history, now)
        told = "The invitation is not pending any more; what became of it could not be looked up"
        failed = replace(sent, outcome=Outcome.NOT_SENT, error_code="not_looked_up", summary=told)
        return _of_a_withdrawal(outcomes.by_send(failed, history, now))
    return _of_a_withdrawal(outcomes.by_send(sent, history, now))


def on_profile_of_the_gone(profile: Profile, history: History, now: dt.datetime) -> Verdict:
    """Judge the profile of somebody whose invitation is not among those pending."""
    shown = judging.seen(profile)
    if shown == Seen.CONNECTED:
        return ACCEPTED
    if shown in {Seen.INVITED, Seen.UNCLEAR}:
        told = "Unipile says that the invitation is gone, and the profile does not"
        if history.attempts + 1 >= UNCLEAR_AT_MOST:
            told += f", {UNCLEAR_AT_MOST} times: see on LinkedIn whether it is pending, and retry."
            return Verdict(Status.FAILED, judging.UNCLEAR_STATE, told, burns_attempt=True)
        return Verdict(
            Status.PENDING,
            judging.UNCLEAR_STATE,
            f"{told}: asked again.",
            burns_attempt=True,
            retry_at=now + STILL_PENDING_REST,
        )
    if history.tried_at is not None:
        told = "Found: the invitation is not pending any more."
        return replace(WITHDRAWN, error_code="found_gone", error_message=told, arrived=True)
    return GONE_BEFORE


def _of_a_withdrawal(verdict: Verdict) -> Verdict:
    return replace(verdict, prospect_status="")
