"""The Unipile REST API v1 behind the protocol.

Every call ends within its total time in a value or in a UnipileError that says what may be
concluded; nothing is retried here.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlencode

from queueing.unipile.addresses import V2_HOST, host_of, server
from queueing.unipile.answers import Answer, UnipileError
from queueing.unipile.calling import Caller, profile_of, required, segment, walk
from queueing.unipile.outcomes import Outcome
from queueing.unipile.probing import Finding
from queueing.unipile.reading import Page, written
from queueing.unipile.v1 import events, messages, shapes
from queueing.unipile.v1.errors import ERRORS
from queueing.unipile.v1.probe import probe
from queueing.unipile.values import (
    Account,
    Chat,
    ChatKind,
    Conversation,
    Invitation,
    LinkWanted,
    Message,
    MessageKind,
    Profile,
    Registration,
    Relation,
    SentInvitation,
    SentMessage,
    SentWalk,
    Walk,
    Webhook,
    Withdrawal,
)

T = TypeVar("T")

PAGE_SIZE = 100  # the documented 250 is met with 100 by the live service


def base_url(dsn: str) -> str:
    """Return the address of V1 for a DSN such as `api8.unipile.com:13851`.

    Raise ValueError, with what to do, where there can be none: see `addresses.server`.
    """
    address = server(dsn)
    if host_of(dsn) == V2_HOST:
        raise ValueError(
            f"UNIPILE_DSN names {V2_HOST}, which speaks version 2 alone: set "
            "UNIPILE_API_VERSION=v2, or write the host:port of your V1 dashboard. Keys and "
            "accounts of one do not work with the other."
        )
    return f"{address}/api/v1"


class V1Client:
    """Times are seconds. `total_timeout` holds for a call with everything that belongs to it."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        total_timeout: float = 30.0,
        max_bytes: int = 2_000_000,
    ) -> None:
        self._call = Caller(
            base_url,
            api_key,
            ERRORS,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            total_timeout=total_timeout,
            max_bytes=max_bytes,
        )

    def invite(
        self,
        account_id: str,
        provider_id: str,
        message: str = "",
        *,
        not_after: float | None = None,
    ) -> Invitation:
        """POST /users/invite. The key `message` is left out where there is no note."""
        body = {
            "provider_id": required(provider_id, Outcome.REJECTED),
            "account_id": required(account_id, Outcome.ACCOUNT_DISCONNECTED),
        }
        if message:
            body["message"] = message
        answer = self._call.act("POST", "/users/invite", json=body, not_after=not_after)
        return shapes.invitation(answer)

    def withdraw(
        self, account_id: str, invitation_id: str, *, not_after: float | None = None
    ) -> Withdrawal:
        """DELETE /users/invite/sent/{id}. 404: it is not pending any more."""
        path = f"/users/invite/sent/{segment(invitation_id, Outcome.REJECTED)}"
        params = {"account_id": required(account_id, Outcome.ACCOUNT_DISCONNECTED)}
        try:
            answer = self._call.act("DELETE", path, params=params, not_after=not_after)
        except UnipileError as error:
            gone = error.code in ERRORS.gone
            if error.http_status == 404 and gone and error.outcome == Outcome.REJECTED:
                return Withdrawal(False, 404, error.raw)
            raise
        return shapes.withdrawal(answer)

    def send_message(
        self,
        account_id: str,
        provider_id: str,
        text: str,
        *,
        chat_id: str = "",
        not_after: float | None = None,
    ) -> SentMessage:
        """POST /chats/{id}/messages, or /chats where the chat is not known. Both are forms.

        `account_id` goes along into a chat as well: a chat of another account is then refused.
        """
        form = {"account_id": required(account_id, Outcome.ACCOUNT_DISCONNECTED), "text": text}
        if chat_id:
            path = f"/chats/{segment(chat_id, Outcome.REJECTED)}/messages"
        else:
            path = "/chats"
            form["attendees_ids"] = required(provider_id, Outcome.REJECTED)
        answer = self._call.act("POST", path, form=form, not_after=not_after)
        return messages.sent_message(answer, chat_id)

    def profile(self, account_id: str, identifier: str) -> Profile:
        """GET /users/{identifier}."""
        path = f"/users/{segment(identifier, Outcome.REJECTED)}"
        params = {"account_id": account_id}

        def ask(deadline: float) -> Profile:
            return shapes.profile(self._call.read(path, params, deadline=deadline))

        return profile_of(ask, identifier, self._call.total_timeout)

    def sent_invitations(self, account_id: str) -> SentWalk:
        """GET /users/invite/sent."""
        found: list[SentInvitation]
        params = {"account_id": account_id}
        found, trouble = self._walk("/users/invite/sent", params, shapes.sent_invitations)
        return SentWalk(tuple(found), trouble)

    def relations(self, account_id: str, *, pages: int = 1) -> Walk[Relation]:
        """GET /users/relations, which has the newest first."""
        params = {"account_id": account_id}
        found, trouble = self._walk("/users/relations", params, shapes.relations, pages)
        return Walk(tuple(found), trouble)

    def chat(self, account_id: str, chat_id: str) -> Chat:
        """GET /chats/{id}."""
        path = f"/chats/{segment(chat_id, Outcome.REJECTED)}"
        return messages.chat(self._call.read(path, {"account_id": account_id}))

    def recent_chats(self, account_id: str, since: dt.datetime) -> Walk[Chat]:
        """GET /chats. It reads Unipile's own store, up to a minute late."""
        found, trouble = self._walk("/chats", _after(account_id, since), messages.chats)
        return Walk(tuple(found), trouble)

    def messages_with(
        self,
        account_id: str,
        provider_id: str,
        *,
        chat_id: str = "",
        since: dt.datetime | None = None,
    ) -> Conversation:
        """GET /chats/{id}/messages of the chats of two.

        They are asked for by the person. Whether that route takes a provider id is not sure, so an
        answer without a chat is checked against the list of chats.
        """
        chats, trouble = self._chats_with(account_id, provider_id, since)
        ids = [one.id for one in chats]
        adverts = {one.id for one in chats if one.is_advert}
        if chat_id and chat_id not in ids:
            ids.append(chat_id)
        found: list[Message] = []
        for one in ids:
            path = f"/chats/{segment(one, Outcome.REJECTED)}/messages"
            read, strange = self._walk(path, _after("", since), messages.messages)
            # Of an advert the chat tells, not the message.
            if one in adverts:
                read = [replace(each, kind=MessageKind.ADVERT) for each in read]
            found += read
            trouble = trouble or strange
        found.reverse()  # told newest first; of one instant the order stays
        found.sort(key=lambda one: one.at or dt.datetime.min.replace(tzinfo=dt.UTC))
        return Conversation(tuple(found), trouble, tuple(ids))

    def _chats_with(
        self, account_id: str, provider_id: str, since: dt.datetime | None
    ) -> tuple[list[Chat], str]:
        path = f"/chat_attendees/{segment(provider_id, Outcome.REJECTED)}/chats"
        found: list[Chat] = []
        try:
            found, trouble = self._walk(path, {"account_id": account_id}, messages.chats)
        except UnipileError as error:
            if error.http_status != 404 or error.outcome != Outcome.REJECTED:
                raise
        if found and not trouble:
            return found, ""
        chats, trouble = self._walk("/chats", _after(account_id, since), messages.chats)
        theirs = [
            one for one in chats if one.person_id == provider_id and one.kind == ChatKind.SINGLE
        ]
        known = {one.id for one in found}
        return [*found, *(one for one in theirs if one.id not in known)], trouble

    def account(self, account_id: str) -> Account:
        """GET /accounts/{id}."""
        path = f"/accounts/{segment(account_id, Outcome.ACCOUNT_DISCONNECTED)}"
        return shapes.account(self._call.read(path))

    def accounts(self) -> list[Account]:
        """GET /accounts."""
        found, trouble = self._walk("/accounts", {}, shapes.accounts)
        if trouble:
            raise UnipileError(
                Outcome.NOT_SENT, title="The list of accounts is not whole", detail=trouble
            )
        return found

    def is_key_refused(self) -> bool:
        """Asked of the list, which is about no account: a 401 about one account may be about it."""
        try:
            self._call.read("/accounts", {"limit": "1"})
        except UnipileError as error:
            if error.http_status != 401:
                raise
            return True
        return False

    def connect_link(self, wanted: LinkWanted) -> str:
        """POST /hosted/accounts/link. `name` is what comes back to `notify_url`."""
        ends_at = f"{wanted.return_url}{'&' if '?' in wanted.return_url else '?'}"
        body: dict[str, object] = {
            "type": "reconnect" if wanted.account_id else "create",
            "api_url": self._call.base_url.removesuffix("/api/v1"),
            "expiresOn": written(wanted.expires_at),
            "name": wanted.state,
            "notify_url": wanted.notify_url,
            "success_redirect_url": ends_at + urlencode({"state": wanted.state}),
            "failure_redirect_url": ends_at + urlencode({"state": wanted.state, "failed": 1}),
        }
        if wanted.account_id:
            body["reconnect_account"] = wanted.account_id
        else:
            body["providers"] = ["LINKEDIN"]
        answer = self._call.act("POST", "/hosted/accounts/link", json=body, reaches_people=False)
        return shapes.link(answer)

    def webhooks(self) -> tuple[Webhook, ...]:
        """GET /webhooks."""
        found, trouble = self._walk("/webhooks", {}, shapes.webhooks)
        if trouble:
            raise UnipileError(
                Outcome.NOT_SENT, title="The list of webhooks is not whole", detail=trouble
            )
        return tuple(found)

    def missing_webhooks(self, url: str) -> tuple[str, ...]:
        """One webhook for each source, with all of its events."""
        # The list does not say the source of a webhook; no two have an event of the same name.
        ours = [one for one in self.webhooks() if one.url == url and one.enabled]
        told = {event for one in ours for event in one.events}
        return tuple(
            f"{source}: {', '.join(sorted(lacking))}"
            for source, wanted in events.WANTED.items()
            if (lacking := set(wanted) - told)
        )

    def register_webhooks(self, url: str, secret: str) -> Registration:
        """POST /webhooks where one is missing. There is no update: the old one is deleted after.

        One that tells all events is made anew too, since what secret it sends cannot be compared
        without keeping it.
        """
        if not secret:
            raise UnipileError(
                Outcome.REJECTED,
                title="UNIPILE_WEBHOOK_SECRET is not set",
                detail="set it to a long random text first: Unipile sends it along",
            )
        old = [one for one in self.webhooks() if one.url == url]
        lines = []
        for source, wanted in events.WANTED.items():
            body: dict[str, object] = {
                "source": source,
                "request_url": url,
                "name": f"SendQ {source}",
                "format": "json",
                "enabled": True,
                "headers": [
                    {"key": events.SECRET_HEADER, "value": secret},
                    {"key": "Content-Type", "value": "application/json"},
                ],
                "events": list(wanted),
            }
            answer = self._call.act("POST", "/webhooks", json=body, reaches_people=False)
            lines.append(f"made {shapes.webhook_id(answer)}: {source}, {len(wanted)} events")
        for one in old:
            path = f"/webhooks/{segment(one.id, Outcome.REJECTED)}"
            self._call.act("DELETE", path, reaches_people=False)
            lines.append(f"deleted {one.id}: {one.about}, the one before")
        return Registration(tuple(lines))

    def probe(self, account_id: str) -> Iterator[Finding]:
        """Ask the open questions of V1."""
        return probe(self._call, self._call.with_key("no-key-at-all"), account_id)

    def _walk(
        self,
        path: str,
        params: dict[str, str],
        read: Callable[[Answer], Page[T]],
        pages: int | None = None,
    ) -> tuple[list[T], str]:
        """The cursor carries the size of a page: `limit` goes with the first request alone."""

        def ask(cursor: str) -> Page[T]:
            how = {"cursor": cursor} if cursor else {"limit": str(PAGE_SIZE)}
            return read(self._call.read(path, {**params, **how}))

        return walk(ask, pages=pages)


def _after(account_id: str, since: dt.datetime | None) -> dict[str, str]:
    params = {"account_id": account_id, "after": written(since) if since else ""}
    return {key: value for key, value in params.items() if value}
