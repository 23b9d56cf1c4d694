"""Who is logged in to LinkedIn behind an account of Unipile's, and whether that is still the same.

Somebody else's list of invitations shows nothing of what the account has sent: whoever looked with
it would take all that is in doubt for not sent.
"""

import datetime as dt
import uuid

from django.db.models import F, Q

from campaigns.models import LinkedInAccount
from campaigns.people import slug_told
from queueing.telling import notices
from queueing.unipile import Account, Client, UnipileError


def another(account: LinkedInAccount, reported: Account) -> bool:
    """Return whether Unipile reports another member than the account's owner.

    A member may change the public name, and an id may change its form: one of the two is enough.
    """
    pairs = (
        (account.owner_id, reported.owner_id),
        (account.owner_slug, slug_told(reported.owner_slug)),
    )
    known = [ours == theirs for ours, theirs in pairs if ours and theirs]
    return bool(known) and not any(known)


def same(account: LinkedInAccount, reported: Account) -> bool:
    """Return whether it is known that Unipile reports the account's owner."""
    by_id = bool(reported.owner_id) and account.owner_id == reported.owner_id
    slug = slug_told(reported.owner_slug)
    return by_id or (bool(slug) and account.owner_slug == slug)


def accounts_of(reported: Account) -> list[LinkedInAccount]:
    """Return our accounts that have a reported account's id, or its member; who sends comes first.

    They may be in any workspace: a member has one limit, whoever uses it.
    """
    slug = slug_told(reported.owner_slug)
    found = Q(unipile_account_id=reported.id)
    if reported.owner_id:
        found |= Q(owner_id=reported.owner_id)
    if slug:
        found |= Q(owner_slug=slug)
    accounts = LinkedInAccount.objects.filter(found).select_related("workspace")
    return list(accounts.order_by(F("same_as").desc(nulls_first=True), "pk"))


def twin_of(account: LinkedInAccount, reported: Account) -> LinkedInAccount | None:
    """Return another account that sends as the same member; None where there is none."""
    others = (one for one in accounts_of(reported) if one.pk != account.pk)
    return next((one for one in others if one.same_as_id is None and same(one, reported)), None)


def hold_twin(account: LinkedInAccount, twin: LinkedInAccount, now: dt.datetime) -> str:
    """Hold a locked account whose member has another; return its new status, or "".

    Both would send by limits that LinkedIn has for one.
    """
    if account.same_as_id == twin.pk and account.status != LinkedInAccount.Status.CONNECTED:
        return ""
    if account.status == LinkedInAccount.Status.CONNECTED:
        account.status = LinkedInAccount.Status.DISCONNECTED
    account.same_as, account.changed_at = twin, now
    account.pause_reason = told_of_twin(account.workspace_id, twin)
    account.save(update_fields=["status", "same_as", "pause_reason", "changed_at"])
    told = f"{account.get_status_display()}: {account.pause_reason}"
    notices.account_changed(account, told, now)
    return account.status


def told_of_twin(workspace_id: uuid.UUID, twin: LinkedInAccount) -> str:
    """Say whose member it is already; not behind which wall."""
    if twin.workspace_id != workspace_id:
        return (
            "Its LinkedIn member belongs to another client here: two accounts would double the "
            "member's limits. Ask a superuser."
        )
    return (
        f"It is the same LinkedIn member as “{twin}”: two accounts would double the member's "
        f"limits. Use “{twin}”; if that one is lost, press “Connect again” on its page."
    )


def note(account: LinkedInAccount, reported: Account) -> None:
    """Note whose a locked account is, or by what names the owner goes now."""
    names = {
        "owner_id": reported.owner_id or account.owner_id,
        "owner_slug": slug_told(reported.owner_slug) or account.owner_slug,
        "other_login": "",
        "same_as": None,
    }
    changed = [field for field, name in names.items() if getattr(account, field) != name]
    for field in changed:
        setattr(account, field, names[field])
    if changed:
        account.save(update_fields=changed)


def hold(account: LinkedInAccount, reported: Account, now: dt.datetime) -> str:
    """Hold a locked account with another login behind it; return its new status, or "".

    Nothing is sent with it, and nobody is looked up, until its owner is logged in again.
    """
    other = (slug_told(reported.owner_slug) or reported.owner_id)[:200]
    is_held = account.status != LinkedInAccount.Status.CONNECTED
    if is_held and account.other_login == other:
        return ""
    owner = account.owner_slug or account.name  # an id says nothing to people
    them = slug_told(reported.owner_slug) or reported.name or other
    if not is_held:
        account.status = LinkedInAccount.Status.DISCONNECTED
    account.other_login, account.changed_at = other, now
    account.pause_reason = (
        f"Unipile has {them} logged in, and this account is {owner}'s. Log in as {owner} there "
        f"again, or connect {them} as an account of its own."
    )
    account.save(update_fields=["status", "other_login", "pause_reason", "changed_at"])
    told = f"{account.get_status_display()}: {account.pause_reason}"
    notices.account_changed(account, told, now)
    return account.status


def may_look(client: Client, account: LinkedInAccount) -> bool:
    """Return whether what the account shows is what its owner sees, so that a look says something.

    True too where nobody knows yet whose it is.
    """
    if account.other_login:
        return False
    if not (account.owner_id or account.owner_slug):
        return True
    try:
        return not another(account, client.account(account.unipile_account_id))
    except UnipileError:
        return False
