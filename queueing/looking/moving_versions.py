"""Move an installation to another version of Unipile's API, in which all ids are others.

The accounts of the two versions share nothing but the member behind them. Who was invited stays
invited: items, use and caps stay with our account. What Unipile calls people, invitations and
conversations may be another word from now on, so it is read anew, or forgotten and looked up before
anything goes. LinkedIn is only read.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from campaigns.models import LinkedInAccount, Prospect
from queueing import gates
from queueing.looking import logins
from queueing.models import QueueItem, WebhookEvent
from queueing.planning import ends, withdrawals
from queueing.unipile import Account, AccountState, Client, Outcome, UnipileError

Kind, Status = QueueItem.Kind, QueueItem.Status

RELATIONS_PAGES = 50  # of a hundred: the newest are those that follow-ups go to


class NotMovedError(Exception):
    """An account cannot be moved now; the message says why and what to do."""


@dataclass(frozen=True)
class Matches:
    """Our accounts with those that the new version has of the same member.

    `there`: known by the id that they have. `lost`: ours, each with the reason.
    """

    pairs: tuple[tuple[LinkedInAccount, Account], ...]
    there: tuple[LinkedInAccount, ...]
    lost: tuple[tuple[LinkedInAccount, str], ...]


@dataclass(frozen=True)
class Words:
    """What the new version calls people and invitations of one account, by slug.

    `ids_stay`: somebody was found whose old id is known, and everybody's is the same as before.
    `trouble`: why not all pending invitations could be named; then who is missing proves nothing.
    """

    ids: dict[str, str]
    invitations: dict[str, str]
    ids_stay: bool
    trouble: str = ""


def match(client: Client) -> Matches:
    """Match our accounts by the member behind them.

    :raises UnipileError: where Unipile cannot be asked, or an account of its cannot be read.
    """
    reported = client.accounts()
    if strange := next((one for one in reported if one.trouble), None):
        told = f"{strange.id or strange.name or 'one without an id'}: {strange.trouble}"
        raise UnipileError(Outcome.NOT_SENT, title="An account cannot be read", detail=told)
    ours = list(LinkedInAccount.objects.order_by("name", "pk"))
    known = {one.id for one in reported}
    there = tuple(one for one in ours if one.unipile_account_id in known)
    taken = {one.unipile_account_id for one in there}
    pairs, lost = [], []
    for account in (one for one in ours if one not in there):
        free = [one for one in reported if one.id not in taken]
        found, why = _same_member(client, account, free)
        if found is None:
            lost.append((account, why))
        else:
            taken.add(found.id)
            pairs.append((account, found))
    return Matches(tuple(pairs), there, tuple(lost))


def _same_member(
    client: Client, account: LinkedInAccount, free: Iterable[Account]
) -> tuple[Account | None, str]:
    """Return the account of the same member, or None and why."""
    candidates = [one for one in free if _may_be(account, one)]
    same = [one for one in candidates if account.owner_id and one.owner_id == account.owner_id]
    if not same and account.owner_slug:
        same = [one for one in candidates if _is_owner(client, one, account.owner_slug)]
    moved = [one for one in same if one.former_id == account.unipile_account_id]
    if len(moved or same) == 1:
        return (moved or same)[0], ""
    if same:
        return None, "Unipile has several accounts of its member: disconnect those too many there."
    if not (account.owner_id or account.owner_slug):
        return None, "whose it is has never been known: run sync_accounts with the old version."
    return None, "Unipile has no account of its member: connect it there, then run this again."


def _may_be(account: LinkedInAccount, reported: Account) -> bool:
    return reported.type == "LINKEDIN" and reported.former_id in {"", account.unipile_account_id}


def _is_owner(client: Client, reported: Account, owner_slug: str) -> bool:
    """Ask with the account for its owner: LinkedIn says who one is oneself."""
    try:
        return client.profile(reported.id, owner_slug).is_self
    except UnipileError:
        return False


def read_words(client: Client, account: LinkedInAccount, reported: Account) -> Words:
    """Read what the new version calls whom the account has invited, or is connected with.

    Costs no profile view.

    :raises UnipileError: where that cannot be read.
    """
    ids: dict[str, str] = {}
    invitations: dict[str, str] = {}
    walk = client.sent_invitations(reported.id)
    for invitation in walk.invitations:
        if invitation.public_identifier and invitation.id:
            ids[invitation.public_identifier] = invitation.invited_user_id
            invitations[invitation.public_identifier] = invitation.id
    for relation in client.relations(reported.id, pages=RELATIONS_PAGES).entries:
        if relation.public_identifier:
            ids[relation.public_identifier] = relation.provider_id
    ids = {slug: told for slug, told in ids.items() if told}
    before = (
        QueueItem.objects.filter(linkedin_account=account, prospect__public_identifier__in=ids)
        .exclude(linkedin_user_id="")
        .values_list("prospect__public_identifier", "linkedin_user_id")
    )
    stayed = [ids[slug] == old for slug, old in before]
    unnamed = len(walk.invitations) - len(invitations)
    trouble = walk.trouble or (f"{unnamed} of them name nobody's address" if unnamed else "")
    return Words(ids, invitations, bool(stayed) and all(stayed) and not trouble, trouble)


def move(
    account: LinkedInAccount, reported: Account, words: Words, now: dt.datetime
) -> Counter[str]:
    """Give an account its new id, and everything of it the words that go with that.

    :raises NotMovedError: while a call of the account may be under way.
    """
    with transaction.atomic():
        locked = LinkedInAccount.objects.select_for_update().get(pk=account.pk)
        if locked.queue_items.filter(status=Status.SENDING).exists():
            raise NotMovedError(
                "a call may be under way: stop the cluster, wait three minutes, and run this again."
            )
        if locked.has_follow_ups:
            # What the webhooks of the old version have not told yet is read instead.
            told = WebhookEvent.objects.filter(handled_at__isnull=True)
            oldest = told.order_by("received_at").values_list("received_at", flat=True).first()
            locked.look_back_from = min(filter(None, [locked.look_back_from, oldest, now]))
        locked.unipile_account_id, locked.changed_at = reported.id, now
        locked.save(update_fields=["unipile_account_id", "changed_at", "look_back_from"])
        logins.note(locked, reported)
        lost = locked.status == LinkedInAccount.Status.DISCONNECTED
        if lost and reported.state == AccountState.CONNECTED:
            # Lost by its old id, perhaps; the login is another one now, and works.
            locked.reconnect(gates.day_of(locked, now).date, now, ends_rest=True)
        return _say_anew(locked, words, now)


def end_older_webhooks(now: dt.datetime) -> int:
    """End the webhooks that wait: they name accounts by ids of before. Return how many.

    What they tell is read anew, for whoever writes to people: see `move`.
    """
    return WebhookEvent.objects.filter(handled_at__isnull=True).update(
        handled_at=now, body="", outcome="From before the move: what it told of is read instead"
    )


def _say_anew(account: LinkedInAccount, words: Words, now: dt.datetime) -> Counter[str]:
    became: Counter[str] = Counter()
    items = QueueItem.objects.filter(linkedin_account=account)
    for item in items.filter(prospect__public_identifier__in=words.ids).select_related("prospect"):
        slug = item.prospect.public_identifier
        changes = {
            "linkedin_user_id": words.ids[slug],
            "invitation_id": item.invitation_id and words.invitations.get(slug, item.invitation_id),
        }
        changed = {name: new for name, new in changes.items() if getattr(item, name) != new}
        if changed:
            QueueItem.objects.filter(pk=item.pk).update(**changed, updated_at=now)
            became["named anew"] += 1
    items.exclude(chat_id="").update(chat_id="")  # only a short cut to a conversation
    waiting = items.filter(status=Status.PENDING, kind=Kind.CONNECTION_REQUEST)
    became["looked up before they go"] = waiting.count()
    looked_up = Prospect.objects.filter(resolved_with=account).exclude(public_identifier="")
    if words.trouble:
        # An id of before may be nothing there, or another's: chosen anew, from a whole list.
        unproven = items.filter(kind=Kind.WITHDRAWAL).exclude(
            prospect__public_identifier__in=words.invitations
        )
        told = "After the move not all pending invitations could be named: chosen anew from all."
        became["withdrawals put back"] = ends.set_aside(
            unproven.filter(status=Status.PENDING), withdrawals.ENDED, told, now
        )
    if not words.ids_stay:
        # Who has no slug keeps the id: nothing else is known of them.
        unnamed = waiting.exclude(prospect__public_identifier="").exclude(
            prospect__public_identifier__in=words.ids
        )
        became["forgotten ids"] = unnamed.exclude(linkedin_user_id="").update(
            linkedin_user_id="", updated_at=now
        )
        looked_up.update(linkedin_user_id="", resolved_with=None, resolved_at=None)
    Prospect.objects.filter(pk__in=waiting.values("prospect")).update(resolved_at=None)
    return +became
