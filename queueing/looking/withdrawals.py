"""Choose from what is pending at LinkedIn what is to be withdrawn."""

from campaigns.models import Campaign, LinkedInAccount
from queueing.planning import withdrawals
from queueing.sending import Clock
from queueing.unipile import Client


def choose(client: Client, account: LinkedInAccount, clock: Clock) -> int:
    """Plan today's withdrawals of an account; return how many.

    Only what a complete list shows as pending: from a part of it nothing is chosen.

    :raises UnipileError: where the list cannot be read.
    """
    now = clock()
    room = withdrawals.room_today(account, now)
    wanted = [
        item
        for item in withdrawals.unanswered(now, withdrawals.AFTER_DAYS_AT_LEAST)
        .filter(linkedin_account=account, campaign__withdraw_after_days__isnull=False)
        .exclude(campaign__status=Campaign.Status.ARCHIVED)
        .select_related("prospect", "campaign")
        if withdrawals.is_old_enough(item, now)
    ]
    if not room or not wanted:
        return 0
    walk = client.sent_invitations(account.unipile_account_id)
    if not walk.complete:
        return 0
    pending = {name: one.id for one in walk.invitations for name in one.names if one.id}
    shown = [
        (item, pending.get(item.linkedin_user_id) or pending.get(item.person_key) or "")
        for item in wanted
    ]
    chosen = [(item, invitation) for item, invitation in shown if invitation][:room]
    return withdrawals.plan(account, chosen, clock()) if chosen else 0
