"""What the queue asks of a provider. One protocol, in our own words; nothing above knows more.

Every call ends within its total time in a value or in a UnipileError that says what may be
concluded; nothing is retried. What settles a doubt is read fresh, or the call is an error.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from queueing.unipile.probing import Finding
from queueing.unipile.values import (
    Account,
    Chat,
    Conversation,
    Event,
    Invitation,
    LinkWanted,
    Profile,
    Registration,
    Relation,
    Returned,
    SentMessage,
    SentWalk,
    Walk,
    Webhook,
    Withdrawal,
)


class Client(Protocol):
    """The calls. All raise UnipileError.

    `not_after`, an instant of `uptime()`, is checked at the last moment, when the connection
    stands: a process that was paused does not send what others have given up. Where an error of a
    call with `not_after` has `may_have_been_sent`, the call must not be made again before somebody
    has looked.
    """

    def invite(
        self,
        account_id: str,
        provider_id: str,
        message: str = "",
        *,
        not_after: float | None = None,
    ) -> Invitation:
        """Send a connection request: one POST, at most once on the wire."""

    def withdraw(
        self, account_id: str, invitation_id: str, *, not_after: float | None = None
    ) -> Withdrawal:
        """Take a pending invitation back. One that is gone is no error."""

    def send_message(
        self,
        account_id: str,
        provider_id: str,
        text: str,
        *,
        chat_id: str = "",
        not_after: float | None = None,
    ) -> SentMessage:
        """Write to somebody who is connected: into the chat, or into the one of the two.

        One POST, at most once on the wire.
        """

    def profile(self, account_id: str, identifier: str) -> Profile:
        """Return a person, by slug or provider id, as the account sees them.

        :raises UnipileError: where nothing was learnt; of type ANOTHER_PERSON where the answer was
            about somebody else.
        """

    def sent_invitations(self, account_id: str) -> SentWalk:
        """Walk all pending invitations of an account, for as long as pages bring something new."""

    def relations(self, account_id: str, *, pages: int = 1) -> Walk[Relation]:
        """Return who is connected with the account, the newest first, as far as `pages` go."""

    def chat(self, account_id: str, chat_id: str) -> Chat:
        """Return one chat of the account."""

    def recent_chats(self, account_id: str, since: dt.datetime) -> Walk[Chat]:
        """Walk the chats in which something was written after `since`."""

    def messages_with(
        self,
        account_id: str,
        provider_id: str,
        *,
        chat_id: str = "",
        since: dt.datetime | None = None,
    ) -> Conversation:
        """Return what was written with a person after `since`; None: ever.

        A `chat_id` that is known is read as well as those that are found. Whether the account is
        connected is asked by the caller: else what is told may be old.
        """

    def account(self, account_id: str) -> Account:
        """Return one connected account."""

    def accounts(self) -> list[Account]:
        """Return all connected accounts of every network, never some.

        One that cannot be read is among them with its `trouble`.
        """

    def is_key_refused(self) -> bool:
        """Return whether the API key itself is refused: a 401 may be about one account alone."""

    def connect_link(self, wanted: LinkWanted) -> str:
        """Return the address of a page on which an account is connected, or reconnected."""

    def probe(self, account_id: str) -> Iterator[Finding]:
        """Ask an account what documentation leaves open. Reads only; names nobody."""

    def webhooks(self) -> tuple[Webhook, ...]:
        """Return the webhooks that are registered, whosever they are."""

    def missing_webhooks(self, url: str) -> tuple[str, ...]:
        """Return, in words, what keeps the events that we need from reaching `url`."""

    def register_webhooks(self, url: str, secret: str) -> Registration:
        """See to it that all events that we need are told to `url`; harmless twice.

        `secret`: what the provider is to send along, where it lets us choose.
        """


class Receiver(Protocol):
    """What arrives from a provider."""

    def is_genuine(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: dt.datetime
    ) -> bool:
        """Return whether a webhook comes from the provider: before anything of it is read.

        `headers` by lower-case name. `secrets`: any of them will do; none: nothing is genuine.
        """

    def parse(self, body: bytes, now: dt.datetime) -> Event:
        """Read an event.

        :raises ValueError: where the body is no JSON object. What else is strange makes an event of
            the kind OTHER.
        """

    def returned(self, query: Mapping[str, str]) -> Returned:
        """Read what stands in the address at which a connect link ended."""
