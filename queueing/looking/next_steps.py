"""What happens next with an item that does not simply wait for its turn, in words for staff."""

import datetime as dt

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.looking import budget, pace
from queueing.models import Kind, QueueItem
from queueing.sending import outcomes

Status = QueueItem.Status

_OF_ENDS = {
    Status.SENT: "Nothing more: it was sent. The person is not invited again for this client.",
    Status.FAILED: (
        "Nothing by itself: it was given up. Retry it, or leave it; the person can be queued again "
        "with another campaign."
    ),
    Status.SKIPPED: "Nothing: it never goes. The person can be queued again with a campaign.",
    Status.SENDING: (
        "Its call is being made. Where the answer does not come, it is put in doubt and looked up."
    ),
}


_OF_ENDS_OF_OTHERS = {
    Kind.MESSAGE: {
        Status.SENT: "Nothing more: it was sent. The person does not get this message again.",
        Status.FAILED: "Nothing by itself: it was given up, and no later message goes. Retry it, "
        "which reads the conversation first, or skip it.",
        Status.SKIPPED: "Nothing: it never goes, and no later message of the campaign does.",
    },
    Kind.WITHDRAWAL: {
        Status.SENT: "Nothing more: the invitation was withdrawn.",
        Status.FAILED: "Nothing by itself: it was given up. Retry it, or withdraw on LinkedIn.",
        Status.SKIPPED: "Nothing: the invitation is left as it is.",
    },
}


def of(item: QueueItem, now: dt.datetime) -> str:
    """Say what happens next; "" for what just waits for its gates."""
    if item.status == Status.UNCONFIRMED:
        told = "It may have been sent, so it does not go again before that is known."
        return f"{told} {_look(item, now)}"
    if item.status == Status.PENDING:
        maybe = QueueItem.objects.maybe_arrived().filter(pk=item.pk).exists()
        told = "An earlier try may have arrived: the person is looked up before the next one."
        return f"{told} {_look(item, now)}" if maybe else ""
    of_kind = _OF_ENDS_OF_OTHERS.get(Kind(item.kind), {})
    if Status(item.status) in of_kind:
        return of_kind[Status(item.status)]
    if item.status == Status.SKIPPED and (item.sent_at or item.tried_at):
        return "Nothing: it was sent, or may have been, so the person is not invited again."
    if item.status == Status.FAILED and item.tried_at:
        return (
            "Nothing by itself: it was given up. Retry it, or leave it; as a try may have arrived, "
            "the person cannot be queued again."
        )
    return _OF_ENDS[Status(item.status)]


def _look(item: QueueItem, now: dt.datetime) -> str:
    """Say when an item in doubt is looked up, and by which account."""
    account = item.linkedin_account
    if account.other_login:
        return f"It is looked up once its owner is logged in to {account} again."
    if account.status != LinkedInAccount.Status.CONNECTED:
        label = account.get_status_display().lower()
        return f"Only {account} can look it up, which is {label}: once it is connected again."
    at = pace.next_look_at(item, now)
    if item.kind == Kind.MESSAGE:  # in its conversation, which costs no profile view
        return _at(account, at, now)
    at = max(at, _may_look_from(account, now))
    if pace.calls(item)[1]:
        at = max(at, pace.next_walk_at(account, now))
    return _at(account, at, now)


def _at(account: LinkedInAccount, at: dt.datetime, now: dt.datetime) -> str:
    if at <= now:
        return f"{account} looks it up with the next run of reconcile_send_queue."
    return f"{account} looks it up from {at:%Y-%m-%d %H:%M} UTC on."


def _may_look_from(account: LinkedInAccount, now: dt.datetime) -> dt.datetime:
    """Return from when on an account may look at profiles: its budget, and throttles, allow it."""
    last = pace.throttled_since(now).filter(linkedin_account=account).order_by("started_at").last()
    may_from = last.started_at + outcomes.THROTTLE_REST if last else now
    if budget.left_for_doubts(account, now) < pace.NAMES_LOOKED_UP:
        return max(may_from, gates.day_of(account, now).ends)
    return may_from
