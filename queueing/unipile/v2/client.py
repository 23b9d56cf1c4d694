"""The Unipile REST API v2 behind the protocol.

Every GET of an account is answered from a cache up to an hour old unless asked otherwise. Whatever
SendQ reads decides something, so all of it is asked for anew, and what still comes from the cache
is an error.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from typing import TypeVar

from queueing.unipile.addresses import V2_HOST, host_of, is_local, port_of, server
from queueing.unipile.answers import Answer, UnipileError, not_connected
from queueing.unipile.calling import Caller, check_key, profile_of, required, segment, walk
from queueing.unipile.exchange import uptime
from queueing.unipile.outcomes import Outcome
from queueing.unipile.probing import Finding
from queueing.unipile.reading import Page, written
from queueing.unipile.v2 import events, messages, shapes
from queueing.unipile.v2.errors import ERRORS
from queueing.unipile.v2.probe import probe
from queueing.unipile.values import (
    Account,
    Chat,
    Conversation,
    Invitation,
    LinkWanted,
    Message,
    Profile,
    Registration,
    Relation,
    SentMessage,
    SentWalk,
    Walk,
    Webhook,
    Withdrawal,
)

logger = logging.getLogger(__name__)

T = TypeVar("T")

PAGE_SIZE = 100
INBOX = "CLASSIC_PRIMARY"  # only a primary inbox can start a chat
ENDPOINTS = "/webhooks/endpoints/"


def base_url(dsn: str) -> str:
    """Return the address of V2.

    Raise ValueError, with what to do, for a DSN that is V1's: see `addresses.server`.
    """
    address = server(dsn)
    if host_of(dsn) != V2_HOST and not is_local(dsn):
        raise ValueError(
            f"UNIPILE_API_VERSION is v2, whose one address is {V2_HOST}, and UNIPILE_DSN names "
            f"{host_of(dsn)}: write UNIPILE_DSN={V2_HOST}, or set UNIPILE_API_VERSION=v1. Keys "
            "and accounts of one do not work with the other."
        )
    if host_of(dsn) == V2_HOST and port_of(dsn) not in (None, 443):
        raise ValueError(
            f"UNIPILE_API_VERSION is v2, whose address {V2_HOST} has no port of its own, and "
            f"UNIPILE_DSN names {port_of(dsn)}: write UNIPILE_DSN={V2_HOST}. A port goes with an "
            "address of V1, such as api8.unipile.com:13851, and with UNIPILE_API_VERSION=v1."
        )
    return f"{address}/v2"


class V2Client:
    """Times are seconds. `service_key` registers webhooks, and does nothing else."""

    def __init__(
        self, base_url: str, api_key: str, *, service_key: str = "", **times: float
    ) -> None:
        check_key("UNIPILE_SERVICE_KEY", service_key)
        self._call = Caller(base_url, api_key, ERRORS, **times)  # type: ignore[arg-type]
        self._serve = Caller(base_url, service_key, ERRORS, **times)  # type: ignore[arg-type]
        self._has_service_key = bool(service_key)

    def invite(
        self,
        account_id: str,
        provider_id: str,
        message: str = "",
        *,
        not_after: float | None = None,
    ) -> Invitation:
        """POST …/relation-requests. The key `message` is left out where there is no note."""
        body = {"user_id": required(provider_id, Outcome.REJECTED)}
        if message:
            body["message"] = message
        path = f"{_of(account_id)}/users/me/relation-requests"
        answer = self._call.act("POST", path, json=body, not_after=not_after)
        return shapes.invitation(answer, provider_id)

    def withdraw(
        self, account_id: str, invitation_id: str, *, not_after: float | None = None
    ) -> Withdrawal:
        """POST …/cancel. It declines what was received as well, so it is given our own ids only."""
        request = segment(invitation_id, Outcome.REJECTED)
        path = f"{_of(account_id)}/users/me/relation-requests/{request}/cancel"
        try:
            answer = self._call.act("POST", path, not_after=not_after)
        except UnipileError as error:
            if error.http_status == 404 and error.code in ERRORS.gone:
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
        """POST into the chat, or through the inbox, which goes on with a chat of the two.

        Why LinkedIn refuses is not told: whether the person is connected is looked up, once.
        """
        deadline = uptime() + self._call.total_timeout
        body = {"text": text}
        if chat_id:
            chat = segment(chat_id, Outcome.REJECTED)
            path = f"{_of(account_id)}/chats/{chat}/messages/send"
        else:
            # One id alone is a chat of two; a list would be a group.
            body["users_ids"] = required(provider_id, Outcome.REJECTED)
            path = f"{_of(account_id)}/inboxes/{INBOX}/chats/send"
        try:
            answer = self._call.act("POST", path, json=body, not_after=not_after)
        except UnipileError as error:
            if error.outcome == Outcome.ACCOUNT_LIMIT and self._is_stranger(
                account_id, provider_id, deadline
            ):
                raise not_connected(error) from error
            raise
        return messages.sent_message(answer, chat_id)

    def _is_stranger(self, account_id: str, provider_id: str, deadline: float) -> bool:
        """Return whether a person is seen not to be connected; what cannot be seen is no answer."""
        try:
            path = f"{_of(account_id)}/users/{segment(provider_id, Outcome.REJECTED)}"
            found = shapes.profile(self._call.read(path, fresh=True, deadline=deadline))
        except UnipileError as error:
            logger.warning("Whether the person is connected could not be looked up: %s", error)
            return False
        return found.provider_id == provider_id and not (found.is_relationship or found.unclear)

    def profile(self, account_id: str, identifier: str) -> Profile:
        """GET …/users/{identifier}."""
        path = f"{_of(account_id)}/users/{segment(identifier, Outcome.REJECTED)}"

        def ask(deadline: float) -> Profile:
            return shapes.profile(self._call.read(path, fresh=True, deadline=deadline))

        return profile_of(ask, identifier, self._call.total_timeout)

    def sent_invitations(self, account_id: str) -> SentWalk:
        """GET …/relation-requests?type=sent."""
        path = f"{_of(account_id)}/users/me/relation-requests"
        return SentWalk(*self._walk(path, shapes.sent_invitations, {"type": "sent"}))

    def relations(self, account_id: str, *, pages: int = 1) -> Walk[Relation]:
        """GET …/relations. That the newest come first is likely, and not documented."""
        path = f"{_of(account_id)}/users/me/relations"
        return Walk(*self._walk(path, shapes.relations, pages=pages))

    def chat(self, account_id: str, chat_id: str) -> Chat:
        """GET …/chats/{id}."""
        path = f"{_of(account_id)}/chats/{segment(chat_id, Outcome.REJECTED)}"
        return messages.chat(self._call.read(path, fresh=True))

    def recent_chats(self, account_id: str, since: dt.datetime) -> Walk[Chat]:
        """GET …/chats, which asks LinkedIn."""
        path = f"{_of(account_id)}/chats"
        return Walk(*self._walk(path, messages.chats, {"after": written(since)}))

    def messages_with(
        self,
        account_id: str,
        provider_id: str,
        *,
        chat_id: str = "",
        since: dt.datetime | None = None,
    ) -> Conversation:
        """GET …/users/{id}/chat, then the messages of each chat."""
        person = segment(provider_id, Outcome.REJECTED)
        path = f"{_of(account_id)}/users/{person}/chat"
        ids = messages.chats_with(self._call.read(path, fresh=True))
        if chat_id and chat_id not in ids:
            ids.append(chat_id)
        params = {"after": written(since)} if since else {}
        found: list[Message] = []
        troubles = []
        for one in ids:
            chat = segment(one, Outcome.REJECTED)
            path = f"{_of(account_id)}/chats/{chat}/messages"
            read, trouble = self._walk(path, messages.messages, params)
            found += read
            troubles.append(trouble)
        found.reverse()  # told newest first; of one instant the order stays
        found.sort(key=lambda one: one.at or dt.datetime.min.replace(tzinfo=dt.UTC))
        return Conversation(tuple(found), "; ".join(filter(None, troubles)), tuple(ids))

    def account(self, account_id: str) -> Account:
        """GET /accounts/{id}."""
        return shapes.account(self._call.read(f"/accounts{_of(account_id)}"))

    def accounts(self) -> list[Account]:
        """GET /accounts/."""
        found, trouble = self._core_walk(self._call, "/accounts/", shapes.accounts)
        if trouble:
            raise UnipileError(
                Outcome.NOT_SENT, title="The list of accounts is not whole", detail=trouble
            )
        return found

    def is_key_refused(self) -> bool:
        """Asked of the list, which is about no account."""
        try:
            self._call.read("/accounts/", {"limit": "1"})
        except UnipileError as error:
            if error.http_status != 401:
                raise
            return True
        return False

    def connect_link(self, wanted: LinkWanted) -> str:
        """POST /auth/link. `state` comes back in the address and in the event."""
        body: dict[str, object] = {
            "expires_on": written(wanted.expires_at),
            "redirect_uri": wanted.return_url,
            "state": wanted.state,
        }
        if wanted.account_id:
            body["account_id"] = wanted.account_id
        else:
            body["providers"] = ["linkedin"]
        answer = self._call.act("POST", "/auth/link", json=body, reaches_people=False)
        return shapes.link(answer)

    def webhooks(self) -> tuple[Webhook, ...]:
        """GET /webhooks/endpoints/."""
        return tuple(webhook for webhook, _ in self._endpoints())

    def missing_webhooks(self, url: str) -> tuple[str, ...]:
        """One endpoint with all of the events that are needed."""
        ours = [one for one in self.webhooks() if one.url == url and one.enabled]
        told = {event for one in ours for event in one.events}
        return tuple(event for event in events.NEEDED if event not in told)

    def register_webhooks(self, url: str, secret: str) -> Registration:
        """POST /webhooks/endpoints/, or change the one that is there.

        Unipile chooses the secret. Names that it does not know any more are left out.
        """
        found = next((one for one in self._endpoints() if one[0].url == url), None)
        made = found or self._made(url)
        webhook, own_secret = made
        lines = [f"{'kept' if found else 'made'} {webhook.id}"]
        told = set(webhook.events)
        for event in (*events.NEEDED, *events.WELCOME):
            if event in told:
                continue
            try:
                self._change(webhook.id, {"trigger_events": [*sorted(told), event]})
            except UnipileError as error:
                if error.http_status != 400 or event in events.NEEDED:
                    raise
                lines.append(f"left out {event}: Unipile does not know it")
            else:
                told.add(event)
        if not webhook.enabled:
            self._change(webhook.id, {"enabled": True})
        lines.append(f"{len(told)} events")
        return Registration(tuple(lines), own_secret)

    def probe(self, account_id: str) -> Iterator[Finding]:
        """Ask the open questions of V2."""
        account = _of(account_id).removeprefix("/")
        return probe(self._call, self._call.with_key("no-key-at-all"), account)

    def _made(self, url: str) -> tuple[Webhook, str]:
        for wanted in ((*events.NEEDED, *events.WELCOME), events.NEEDED):
            body = {"url": url, "trigger_events": list(wanted), "description": "SendQ"}
            try:
                answer = self._service().act("POST", ENDPOINTS, json=body, reaches_people=False)
            except UnipileError as error:
                if error.http_status != 400 or wanted == events.NEEDED:
                    raise
            else:
                return shapes.endpoint(answer)
        raise AssertionError("the last try returns or raises")

    def _change(self, endpoint_id: str, body: dict[str, object]) -> None:
        path = f"{ENDPOINTS}{segment(endpoint_id, Outcome.REJECTED)}"
        self._service().act("PATCH", path, json=body, reaches_people=False)

    def _endpoints(self) -> list[tuple[Webhook, str]]:
        found, trouble = self._core_walk(self._service(), ENDPOINTS, shapes.endpoints)
        if trouble:
            raise UnipileError(
                Outcome.NOT_SENT, title="The list of webhooks is not whole", detail=trouble
            )
        return found

    def _service(self) -> Caller:
        if not self._has_service_key:
            raise UnipileError(
                Outcome.BAD_API_KEY,
                title="UNIPILE_SERVICE_KEY is not set",
                detail="V2 shows and registers webhooks with a service key alone: make one in "
                "Unipile's dashboard",
            )
        return self._serve

    def _walk(
        self,
        path: str,
        read: Callable[[Answer], Page[T]],
        params: dict[str, str] | None = None,
        *,
        pages: int | None = None,
    ) -> tuple[tuple[T, ...], str]:
        """Walk a list of an account by offset, read anew."""
        found, trouble = _by_offset(
            lambda how: read(self._call.read(path, {**(params or {}), **how}, fresh=True)), pages
        )
        return tuple(found), trouble

    def _core_walk(
        self, caller: Caller, path: str, read: Callable[[Answer], Page[T]]
    ) -> tuple[list[T], str]:
        """Walk a list of Unipile's own, which is not cached."""
        return _by_offset(lambda how: read(caller.read(path, how)), None)


def _by_offset(ask: Callable[[dict[str, str]], Page[T]], pages: int | None) -> tuple[list[T], str]:
    """Walk a list whose pages say how many entries they had, "" for the last one."""

    def of(offset: str) -> Page[T]:
        page = ask({"limit": str(PAGE_SIZE), "offset": offset or "0"})
        follows = str(int(offset or 0) + int(page.cursor)) if page.cursor else page.cursor
        return page._replace(cursor=follows)

    return walk(of, pages=pages, once=True)


def _of(account_id: str) -> str:
    if not account_id.startswith("acc_"):
        raise UnipileError(
            Outcome.ACCOUNT_DISCONNECTED,
            title="This account is not one of V2's",
            detail="run manage.py move_to_v2, or set UNIPILE_API_VERSION=v1",
        )
    return f"/{segment(account_id, Outcome.ACCOUNT_DISCONNECTED)}"
