"""What to do where Unipile's answers are no longer what it documents: say so, once.

Nothing is concluded from such answers; so, silently, nothing would ever be.
"""

import datetime as dt

from campaigns.models import LinkedInAccount
from queueing.models import QueueItem, SendAttempt
from queueing.sending import outcomes, recording
from queueing.telling import notices
from queueing.unipile import ANOTHER_SHAPE

TELL = "Tell whoever looks after SendQ."


def of_the_list(account: LinkedInAccount, trouble: str, now: dt.datetime) -> None:
    """Tell that a list of sent invitations can't show that one is missing, and why."""
    notices.unipile_changed(
        account.workspace_id,
        "Unipile's list of sent invitations is not whole. What is maybe sent can be found in it "
        "as sent; that it was not sent somebody must see on LinkedIn, and confirm on its page. "
        f"{TELL}",
        trouble,
        now,
    )


def of_an_invitation(item: QueueItem, now: dt.datetime) -> None:
    """Tell of an item found to be sent that Unipile had said yes to it in another shape.

    The account that rests for such answers goes on: they were no sign of trouble.
    """
    sends = item.send_attempts.filter(kind=SendAttempt.Kind.SEND).order_by("-number")
    last = sends.first()
    if last is None or last.error_code != ANOTHER_SHAPE:
        return
    recording.end_rest(item.linkedin_account_id, outcomes.UNCLEAR_REASON, now)
    notices.unipile_changed(
        item.workspace_id,
        "Unipile answers invitations in another way than it documents. Each one is looked up on "
        f"LinkedIn before it counts as sent, so sending is slower. {TELL}",
        last.detail,
        now,
    )
