"""Pages on which somebody connects an account, as Unipile hosts them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sandbox.errors import ApiError
from sandbox.hooks import About
from sandbox.model import Account, SourceStatus, Tier
from sandbox.people import owner_slug

if TYPE_CHECKING:
    from sandbox.world import World


class Choice(StrEnum):
    """What somebody does on the page."""

    APPROVE = "approve"
    FAIL = "fail"
    CREATE = "create"  # connects anew instead of reconnecting: another account of the same member
    WRONG = "wrong"  # another member logs in


@dataclass(frozen=True, slots=True)
class Link:
    """A page. `state` is the word of whoever made it; `notify_url` is V1's alone."""

    api: str
    token: str
    state: str
    success_url: str
    failure_url: str
    notify_url: str
    expires_at: datetime
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """What came of a page: where the browser goes, and what is posted to `notify_url`."""

    location: str
    notify_url: str = ""
    notice: dict[str, str] | None = None


class Links:
    """The pages that are open. They end with the sandbox, as the real ones with the day."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.clear()

    def clear(self) -> None:
        """Forget all pages."""
        self.links: dict[str, Link] = {}

    def make(self, **values: str | datetime) -> Link:
        """Open a page."""
        link = Link(token=secrets.token_urlsafe(12), **values)  # type: ignore[arg-type]
        self.links[link.token] = link
        return link

    def find(self, token: str) -> Link:
        """Return a page that is open; 401 for one that was, or never was."""
        link = self.links.get(token)
        if link is None or link.expires_at <= self._world.clock.now():
            raise ApiError("expired_link")
        return link

    def use(self, token: str, choice: Choice, login: str = "") -> Used:
        """Do as somebody does on the page, once.

        :param login: who logs in: nobody said, the account's own member, or somebody of a new
            account's own.
        """
        link = self.find(token)
        if choice is Choice.FAIL:
            return Used(self._failed(link))
        del self.links[token]
        anew = not link.account_id or choice is Choice.CREATE
        account = self._connect(link, choice, login) if anew else self._reconnect(link, choice)
        word = "CREATION_SUCCESS" if anew else "RECONNECTED"
        self._world.hooks.tell(About.CONNECTED, account.id, word=word, state=link.state)
        self._world.hooks.tell(
            About.SYNCED, account.id, word="SYNC_SUCCESS", v2_word="initial_sync.completed"
        )
        if account.tier is not Tier.FREE:  # V1 tells it of a second product as well
            self._world.hooks.tell(About.SYNCED, account.id, word="SYNC_SUCCESS")
        query = {"account_id": wire_id(account.id), "provider": "linkedin", "state": link.state}
        location = link.success_url
        if link.api == "v2":
            location = joined(location, query)
        notice = {"status": word, "account_id": account.id, "name": link.state}
        return Used(location, link.notify_url, notice if link.notify_url else None)

    def _failed(self, link: Link) -> str:
        if link.api == "v1":
            return link.failure_url
        told = {"error_title": "Invalid credentials", "error_type": "provider/invalid_credentials"}
        return joined(link.failure_url, told | {"state": link.state})

    def _connect(self, link: Link, choice: Choice, login: str) -> Account:
        known = self._world.accounts.get(link.account_id)
        number = len(self._world.accounts) + 1
        account_id = f"{'acc_' if link.api == 'v2' else ''}sandbox-account-new-{number}"
        member = login or (known.viewer if known else owner_slug(account_id))
        for other in list(self._world.accounts.values()):
            if other.viewer == member:  # LinkedIn ends the older session
                values = {"id": other.id, "status": SourceStatus.CREDENTIALS.value}
                self._world.put_account(values)
        tier = known.tier if known else Tier.FREE
        return self._world.put_account(
            {"id": account_id, "tier": tier.value, "login": member, "status": "OK"}
        )

    def _reconnect(self, link: Link, choice: Choice) -> Account:
        values = {"id": link.account_id, "status": SourceStatus.OK.value}
        if choice is Choice.WRONG:
            values["login"] = owner_slug(f"somebody else than {link.account_id}")
        return self._world.put_account(values)


def wire_id(account_id: str) -> str:
    """Return an account's id as V2 writes it."""
    return account_id if account_id.startswith("acc_") else f"acc_{account_id}"


def joined(url: str, query: dict[str, str]) -> str:
    """Return an address with more in its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
