"""Ask Unipile how the accounts are: hold those that are lost, let those go on that are back."""

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Iterable

from django.db import transaction

from campaigns.models import LinkedInAccount
from queueing import gates, planning
from queueing.looking import features, logins
from queueing.models import SendingStop
from queueing.sending import BAD_API_KEY_REASON, AccountChange, recording
from queueing.telling import Fence, notices
from queueing.unipile import Account, AccountState, Client, UnipileError

logger = logging.getLogger(__name__)

LINKEDIN = "LINKEDIN"  # among the networks of Unipile's accounts

Status = LinkedInAccount.Status


def sync_accounts(client: Client, now: dt.datetime, fence: Fence | None = None) -> Counter[str]:
    """Bring every account's status to what Unipile reports; return how many changed to what.

    A lost account goes on when Unipile reports it as OK and its rest, if it has one, is over. What
    it has waiting then gets new times: its old ones may be over, or too many a day for the warm-up
    that begins after a restriction. What could not be dealt with is counted as `set_aside`, and
    remembered by the fence.

    :raises UnipileError: where Unipile cannot be asked; a refused API key stops all sending first.
    """
    try:
        reported, strange = _told_of(client.accounts())
    except UnipileError as error:
        # No account is asked for here, so a 401 is about the key, whatever its type says.
        if error.http_status == 401:
            recording.stop_sending(BAD_API_KEY_REASON, now)
        raise
    changed: Counter[str] = Counter()
    returned: list[LinkedInAccount] = []
    if _lift_own_stop(now):
        changed["sending_on"] += 1
    fence = fence or Fence(now)
    for known in LinkedInAccount.objects.all():
        if known.unipile_account_id in strange or (
            "" in strange and known.unipile_account_id not in reported
        ):
            continue  # nothing was learnt of it
        with fence.around(f"How the account {known} is", known.workspace_id):
            with transaction.atomic():
                account = LinkedInAccount.objects.select_for_update(no_key=True).get(pk=known.pk)
                status = _bring_to(account, reported.get(account.unipile_account_id), now)
            if status:
                changed[status] += 1
            if status == Status.CONNECTED:
                returned.append(account)
    planning.replan(returned, now, fence)
    changed["set_aside"] = len(fence.aside)
    return +changed


def bring(account_id: uuid.UUID, reported: Account | None, now: dt.datetime) -> str:
    """Bring one account to what was reported of it; return its new status or "".

    :param reported: None where Unipile does not know it.
    :param now: before the report was asked for.
    """
    if reported is not None and reported.trouble:
        return ""
    with transaction.atomic():
        account = LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account_id)
        status = _bring_to(account, reported, now)
    if status == Status.CONNECTED:
        planning.replan([account], now, Fence(now))
    return status


def _told_of(accounts: Iterable[Account]) -> tuple[dict[str, Account], set[str]]:
    """Return the accounts by id, and the ids of those that could not be read, "" for one without.

    One strange account must not keep the others from being synced, nor be taken for one that is
    gone.
    """
    reported, strange = {}, set()
    for account in accounts:
        if account.trouble:
            logger.error(
                "Unipile's account %s cannot be read (%s): left as it is",
                account.id or account.name or "without an id",
                account.trouble,
            )
            strange.add(account.id)
        else:
            reported[account.id] = account
    return reported, strange


def _bring_to(account: LinkedInAccount, reported: Account | None, now: dt.datetime) -> str:
    """Change one locked account where its report calls for it; return the new status or "".

    :param now: before the report was asked for: what has changed since is newer than it.
    """
    if account.changed_at is not None and account.changed_at > now:
        return ""
    if reported is None:
        return _lose(account, "Unipile does not know this account.", now)
    if reported.type != LINKEDIN:
        told = f"Unipile's account of this id is no LinkedIn account ({reported.type.lower()})."
        return _lose(account, told, now)
    if logins.another(account, reported):
        return logins.hold(account, reported, now)
    if twin := logins.twin_of(account, reported):
        return logins.hold_twin(account, twin, now)
    logins.note(account, reported)
    features.compare(account, reported, now)
    if reported.state == AccountState.WAITING:
        return ""
    if reported.state != AccountState.CONNECTED:
        return _lose(account, f"Unipile reports {reported.status}: {_what_helps(reported)}", now)
    resting = account.paused_until is not None and account.paused_until > now
    # One that LinkedIn restricted is reported as OK all the while: its rest decides.
    if account.status == Status.CONNECTED or (resting and account.status == Status.RESTRICTED):
        return ""
    account.reconnect(gates.day_of(account, now).date, now)
    notices.account_changed(account, "connected again; it goes on sending", now)
    return Status.CONNECTED


def _what_helps(reported: Account) -> str:
    if reported.state == AccountState.RESTRICTED:
        return "see Unipile's dashboard; to sign in again does not help."
    return "reconnect the account there."


def _lose(account: LinkedInAccount, reason: str, now: dt.datetime) -> str:
    if account.status != Status.CONNECTED:
        return ""
    recording.change_account(account.pk, AccountChange(Status.DISCONNECTED, reason=reason), now)
    return Status.DISCONNECTED


def _lift_own_stop(now: dt.datetime) -> bool:
    """Lift the stop that SendQ made for a refused API key: the key has just been taken."""
    own = SendingStop.objects.open().filter(stopped_by__isnull=True, reason=BAD_API_KEY_REASON)
    with transaction.atomic():
        lifted = own.update(lifted_at=now)
        if lifted:
            notices.sending_goes_on(now)
    return bool(lifted)
