"""Connect LinkedIn accounts by a page of the provider's, and take in what was connected.

The browser that comes back, and what is told of it, are hints. An account is taken in once the
provider was asked for it, and only if it was not there before the link was made. A member who is
known keeps the account that is here, whatever its new id: with it go items, use, caps and warm-up.
"""

import datetime as dt
import logging
from collections import Counter

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction

from campaigns.models import LinkedInAccount, Workspace
from campaigns.people import slug_told
from queueing import gates
from queueing.looking import features, logins, moving_versions, syncing
from queueing.looking.syncing import LINKEDIN
from queueing.models import ConnectLink
from queueing.sending import Clock
from queueing.telling import Fence
from queueing.unipile import Account, AccountState, Client, LinkWanted, Outcome, UnipileError

logger = logging.getLogger(__name__)

RETURN_PATH, NOTICE_PATH = "connected/", "api/unipile/connected"
LINK_LASTS = dt.timedelta(hours=1)
ELSEWHERE = (
    "This LinkedIn account belongs to another client here already, and was not connected. If that "
    "is wrong, ask a superuser."
)

Status = LinkedInAccount.Status


class NotTakenError(Exception):
    """An account cannot be taken in; the message says why and what to do, for staff."""


def make(
    client: Client,
    workspace: Workspace,
    by: User,
    now: dt.datetime,
    *,
    account: LinkedInAccount | None = None,
    starts_slowly: bool = True,
) -> ConnectLink:
    """Make a link by which a new account of a workspace is connected, or `account` again.

    :raises UnipileError: where there is none to be had.
    """
    link = ConnectLink(
        workspace=workspace,
        account=account,
        made_by=by,
        made_at=now,
        expires_at=now + LINK_LASTS,
        known=[one.id for one in client.accounts()],
        starts_slowly=starts_slowly,
    )
    there = account.unipile_account_id if account else ""
    wanted = LinkWanted(
        state=_signer().sign(link.pk.hex),
        return_url=f"{settings.SITE_URL}/{RETURN_PATH}",
        notify_url=f"{settings.SITE_URL}/{NOTICE_PATH}",
        expires_at=link.expires_at,
        account_id=there if there in link.known else "",  # one that is gone is connected anew
    )
    link.url = client.connect_link(wanted)
    link.save()
    return link


def link_of(state: str) -> ConnectLink | None:
    """Return the link whose word comes back; None where it is not ours."""
    try:
        key = _signer().unsign(state)
    except signing.BadSignature:
        return None
    return ConnectLink.objects.filter(pk=key).select_related("workspace", "account").first()


def note(link: ConnectLink, account_id: str, trouble: str, now: dt.datetime) -> None:
    """Keep what is said to have come of an open link."""
    told = {"told_id": account_id} if account_id else {}
    if link.is_open(now) and (told or trouble):
        changes = told | {"trouble": "" if account_id else trouble[:300]}
        ConnectLink.objects.filter(pk=link.pk, ended_at__isnull=True).update(**changes)
        link.refresh_from_db()


def finish_told(client: Client, clock: Clock, fence: Fence) -> Counter[str]:
    """Finish the links of which the provider has told; return how many have come to an end."""
    done: Counter[str] = Counter()
    told = ConnectLink.objects.open(clock()).exclude(told_id="")
    for link in told.select_related("workspace", "account"):
        with fence.around(f"The account that {link} led to", link.workspace_id):
            done["links ended"] += finish(client, link, clock())
    return +done


def finish(client: Client, link: ConnectLink, now: dt.datetime) -> bool:
    """Ask for what an open link led to, and take it in; return whether the link has ended.

    What is refused ends it, too: its `outcome` says why.

    :raises UnipileError: where that cannot be asked.
    """
    if not link.is_open(now):
        return link.ended_at is not None
    reported = _led_to(client, link)
    return reported is not None and take(client, link, reported, now)


def candidates(client: Client, link: ConnectLink) -> list[Account]:
    """Return the LinkedIn accounts that have come since the link was made, and are nobody's here.

    Of which link they come is not told: somebody has to say so.

    :raises UnipileError: where they cannot be listed.
    """
    ours = set(LinkedInAccount.objects.values_list("unipile_account_id", flat=True))
    known = ours | set(link.known)
    return [
        one
        for one in client.accounts()
        if one.type == LINKEDIN and one.id not in known and not one.trouble
    ]


def take(client: Client, link: ConnectLink, reported: Account, now: dt.datetime) -> bool:
    """Take in what was connected, and end the link; a refusal ends it with the reason.

    :raises UnipileError: where what belongs to it cannot be read.
    """
    if reported.trouble:
        raise UnipileError(Outcome.NOT_SENT, title="It cannot be read", detail=reported.trouble)
    try:
        account = _taken(client, link, reported, now)
        syncing.bring(account.pk, reported, now)
        account.refresh_from_db()
        outcome = _in_words(link, account, reported)
    except moving_versions.NotMovedError:
        return False  # a call is under way: asked again in a minute
    except NotTakenError as refused:
        account, outcome = None, str(refused)
    return _end(link, account, outcome, now)


def _signer() -> signing.Signer:
    return signing.Signer(salt="connect-link")


def _led_to(client: Client, link: ConnectLink) -> Account | None:
    """Return the account that a link is known to have led to."""
    if link.told_id:
        try:
            return client.account(link.told_id)
        except UnipileError as error:
            if error.http_status != 404:
                raise
            ConnectLink.objects.filter(pk=link.pk, told_id=link.told_id).update(told_id="")
    account = link.account
    if account is None:
        return None
    if account.unipile_account_id in link.known:
        found = client.account(account.unipile_account_id)
        if found.state == AccountState.CONNECTED:
            return found
    # Whoever chose to connect anew comes back under another id: known by the member.
    return next((one for one in candidates(client, link) if logins.same(account, one)), None)


def _taken(
    client: Client, link: ConnectLink, reported: Account, now: dt.datetime
) -> LinkedInAccount:
    """Return our account of what was connected: the member's own, or a new one.

    :raises NotTakenError: where it cannot be one.
    :raises moving_versions.NotMovedError: while a call of the account may be under way.
    """
    if reported.type != LINKEDIN:
        kind = reported.type.capitalize() or "unknown"
        raise NotTakenError(f"This is no LinkedIn account ({kind}), and was not connected.")
    known = logins.accounts_of(reported)
    by_id = next((one for one in known if one.unipile_account_id == reported.id), None)
    if by_id and by_id.workspace_id == link.workspace_id:
        return by_id  # whoever is logged in there: another member than its own holds it
    if any(one.workspace_id != link.workspace_id for one in known):
        raise NotTakenError(ELSEWHERE)
    if reported.id in link.known:
        raise NotTakenError(
            f"Unipile had “{reported.name}” before this link was made. Add it by its id instead, "
            "or make a new link."
        )
    if known:
        words = moving_versions.read_words(client, known[0], reported)
        moving_versions.move(known[0], reported, words, now)
        return known[0]
    if link.account is not None:
        raise NotTakenError(_somebody_else(link.account, reported))
    return _made(link, reported, now)


def _somebody_else(account: LinkedInAccount, reported: Account) -> str:
    owner = account.owner_slug or (account.name if account.owner_id else "")
    if not owner:
        return (
            f"Whose LinkedIn “{account}” is was never known, so that “{reported.name}” cannot be "
            "taken for it. Nothing was changed. Use “Connect an account” for somebody new."
        )
    return (
        f"“{reported.name}” has logged in, and “{account}” is {owner}'s. Nothing was changed. Log "
        f"in as {owner}, or use “Connect an account” for “{reported.name}”."
    )


def _made(link: ConnectLink, reported: Account, now: dt.datetime) -> LinkedInAccount:
    """Store a new account; who finished the same link at the same time has stored it already."""
    with transaction.atomic():
        ConnectLink.objects.select_for_update().get(pk=link.pk)
        before = LinkedInAccount.objects.filter(unipile_account_id=reported.id).first()
        if before is not None:
            return before
        is_ready = reported.state == AccountState.CONNECTED
        account = LinkedInAccount(
            workspace=link.workspace,
            name=(reported.name or slug_told(reported.owner_slug) or "LinkedIn account")[:200],
            unipile_account_id=reported.id,
            account_type=features.type_of(reported) or LinkedInAccount.Type.FREE,
            status=Status.CONNECTED if is_ready else Status.DISCONNECTED,
            pause_reason="" if is_ready else f"Unipile is connecting it: {reported.status}.",
        )
        if link.starts_slowly:
            account.warm_up_started_on = gates.day_of(account, now).date
        account.save()
        return account


def _in_words(link: ConnectLink, account: LinkedInAccount, reported: Account) -> str:
    told = []
    if link.account is not None and link.account != account:
        told.append(f"“{account}” has logged in, not “{link.account}”.")
    if account.status != Status.CONNECTED:
        return " ".join([*told, f"“{account}” is not ready yet. {account.pause_reason}"]).strip()
    told.append(f"“{account}” is connected, and can send.")
    kind = features.type_of(reported)
    if kind is None:
        told.append(
            f"Its type is {account.get_account_type_display()}: Unipile tells none, so set it "
            "on the account's page if that is wrong."
        )
    elif kind != account.account_type:
        told.append(
            f"It is set to {account.get_account_type_display()}, and Unipile reports "
            f"{LinkedInAccount.Type(kind).label}: correct the type, or connect it with the right "
            "subscription."
        )
    else:
        told.append(f"Its type is {account.get_account_type_display()}, as Unipile reports.")
    return " ".join(told)


def _end(
    link: ConnectLink, account: LinkedInAccount | None, outcome: str, now: dt.datetime
) -> bool:
    ConnectLink.objects.filter(pk=link.pk, ended_at__isnull=True).update(
        ended_at=now, url="", trouble="", outcome=outcome, connected=account
    )
    link.refresh_from_db()
    told = f"connected account {account.pk}" if account else "nothing was connected"
    logger.info("Link %s has ended: %s", link.pk, told)  # the outcome names people
    return True
