"""What a provider tells, as plain values in our own words: the same ones, whichever API speaks."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Invitation:
    """An invitation that the provider took. `usage`: per cent of LinkedIn's quota, if reported."""

    invitation_id: str
    usage: float | None
    http_status: int
    raw: str


@dataclass(frozen=True)
class Withdrawal:
    """An invitation that is not pending any more.

    `was_pending` False: the provider knows of no such invitation, so that it was accepted, declined
    or withdrawn before: ask relations, then the profile.
    """

    was_pending: bool
    http_status: int
    raw: str


@dataclass(frozen=True)
class SentMessage:
    """A message that the provider took. Either id is "" where it was not told: read it later."""

    chat_id: str
    message_id: str
    http_status: int
    raw: str


@dataclass(frozen=True)
class Profile:
    """A person as the asking account sees them; "" where LinkedIn says nothing.

    `provider_id` is valid for the asking account only. `public_identifier` is the normal form of a
    slug that can be one person's own. There is no status "accepted": who accepted has
    `is_relationship` and no invitation. `invited_at`: when the invitation was made, to the second,
    where the provider knows that. `unclear`: what was told of degree, relationship or invitation
    that the contract does not have, in words; then what is missing proves nothing. `asked_again`:
    it took a second look to believe it.
    """

    provider_id: str
    public_identifier: str
    first_name: str
    last_name: str
    headline: str
    location: str
    degree: str
    is_relationship: bool
    is_self: bool
    invitation_type: str
    invitation_status: str
    http_status: int
    raw: str
    unclear: str = ""
    asked_again: bool = False
    invited_at: dt.datetime | None = None


@dataclass(frozen=True)
class Walk(Generic[T]):
    """What was read of a list. Only a complete walk can show that something is not in it.

    `trouble` says why it is not complete; that only the first pages were wanted is a reason too.
    """

    entries: tuple[T, ...]
    trouble: str = ""

    @property
    def complete(self) -> bool:
        return not self.trouble


@dataclass(frozen=True)
class SentInvitation:
    """A pending invitation.

    Either name of the person may be missing, and so may the `id`. `public_identifier` is in the
    normal form of slugs. `sent_at` is a time only where `is_exact`, else it is good to the day.
    """

    id: str
    invited_user_id: str
    public_identifier: str
    sent_at: dt.datetime | None
    is_exact: bool = False

    @property
    def names(self) -> frozenset[str]:
        """All that it calls its person: a match of any one is a match."""
        return frozenset({self.invited_user_id, self.public_identifier} - {""})


@dataclass(frozen=True)
class SentWalk(Walk[SentInvitation]):
    """Pending invitations of an account."""

    @property
    def invitations(self) -> tuple[SentInvitation, ...]:
        return self.entries


@dataclass(frozen=True)
class Relation:
    """Somebody who is connected with the account; `connected_at` is None where it is not told.

    `provider_id` is what `Profile.provider_id` is, and may be "" where only the slug was told.
    """

    provider_id: str
    public_identifier: str
    name: str
    connected_at: dt.datetime | None

    @property
    def names(self) -> frozenset[str]:
        """All that it calls its person: a match of any one is a match."""
        return frozenset({self.provider_id, self.public_identifier} - {""})


class AccountState(StrEnum):
    """What an account can do, in our words."""

    CONNECTED = "connected"
    WAITING = "waiting"  # the provider is at it: no reconnecting, nobody need do anything
    DISCONNECTED = "disconnected"  # its owner must sign in again
    RESTRICTED = "restricted"  # held by LinkedIn or by the provider: staff must look
    GONE = "gone"  # the provider does not know it any more
    UNKNOWN = "unknown"  # told in words that nobody has described


@dataclass(frozen=True)
class Account:
    """A connected account. `status` is the provider's own word, to be shown; `state` decides.

    `type` is the network, "LINKEDIN" for ours. No premium features: a free account; None: not told.
    `owner_id` and `owner_slug` name the LinkedIn member who is logged in, as far as told.
    `former_id`: the id that the account had in another version of the API, where it was moved.
    `trouble`: why the account could not be read; then it says nothing but its id, as far as told.
    """

    id: str
    name: str
    type: str
    status: str
    premium_features: tuple[str, ...] | None
    owner_id: str = ""
    owner_slug: str = ""
    trouble: str = ""
    state: AccountState = AccountState.UNKNOWN
    former_id: str = ""


class MessageKind(StrEnum):
    """What a message is. Only MESSAGE and INMAIL of the other person can be an answer."""

    MESSAGE = "message"
    # The note of an invitation that was accepted: an acceptance, never an answer. V2 does not tell
    # it from a MESSAGE of ours: its text does.
    NOTE = "note"
    INMAIL = "inmail"
    INMAIL_DECLINED = "inmail_declined"  # a "no"
    EVENT = "event"  # a reaction, somebody joined, and such: nobody wrote
    ADVERT = "advert"  # sponsored, or an offer of LinkedIn's
    REMOVED = "removed"  # hidden or deleted
    UNKNOWN = "unknown"  # of a kind that the contract does not have


@dataclass(frozen=True)
class Message:
    """A message of a chat. `id` is "" where it was not told.

    `from_us`: the account's owner wrote it; None: not told, so that nothing may be concluded.
    `sender_id` is a provider id, or "" where another kind of id was told.
    """

    id: str
    chat_id: str
    from_us: bool | None
    text: str
    at: dt.datetime | None
    kind: MessageKind
    sender_id: str = ""


class ChatKind(StrEnum):
    SINGLE = "single"
    GROUP = "group"
    CHANNEL = "channel"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Chat:
    """A chat. `person_id`: the other person's provider id in a chat of two, where told."""

    id: str
    person_id: str
    kind: ChatKind
    last_at: dt.datetime | None
    is_advert: bool = False


@dataclass(frozen=True)
class Conversation(Walk[Message]):
    """All that was written with one person, in every chat of two, oldest first.

    Complete and empty means that there is nothing: an answer that does not prove that is not
    complete. `chat_ids`: the chats, the one last written in first.
    """

    chat_ids: tuple[str, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        return self.entries


@dataclass(frozen=True)
class LinkWanted:
    """A page of the provider's on which somebody connects a LinkedIn account.

    `state`: our own signed word, which comes back with the person and with the event. The person's
    browser ends at `return_url`; `notify_url` is told where the provider has no event for it.
    `account_id`: the account to reconnect, "" for a new one.
    """

    state: str
    return_url: str
    notify_url: str
    expires_at: dt.datetime
    account_id: str = ""


@dataclass(frozen=True)
class Returned:
    """What the browser of somebody who connected an account brings back. It proves nothing.

    Check `state`, then ask for the account. `trouble`: why it did not work, in words.
    """

    state: str
    account_id: str
    trouble: str


@dataclass(frozen=True)
class Webhook:
    """A webhook as it is registered; never its secret."""

    id: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    about: str = ""


@dataclass(frozen=True)
class Registration:
    """What was done so that events arrive, one line each.

    `secret`: what the provider will sign with, where it chose that itself: tell it once, to whoever
    sets UNIPILE_WEBHOOK_SECRET, and never store or log it.
    """

    lines: tuple[str, ...]
    secret: str = ""


class EventKind(StrEnum):
    NEW_RELATION = "new_relation"
    MESSAGE = "message"
    ACCOUNT_STATUS = "account_status"  # a hint: asking for the account decides
    ACCOUNT_CONNECTED = "account_connected"  # somebody has been on the page of a link
    OTHER = "other"


@dataclass(frozen=True)
class Event:
    """What a webhook tells. It may be late, come twice, or before one that was earlier.

    `key` is the same whenever the same event is told again, and differs else. `name` is the
    provider's own word. Of the rest only what the kind has is there. `in_group`: the message stands
    in a chat of several; None: not told, so ask for the chat. `person_id`: the other person of the
    chat, where told. `connect_state`: the `state` of the link. `of_development`: it comes from an
    application that is for trying things out.
    """

    key: str
    kind: EventKind
    name: str
    account_id: str
    at: dt.datetime | None
    relation: Relation | None = None
    message: Message | None = None
    in_group: bool | None = None
    person_id: str = ""
    state: AccountState | None = None
    connect_state: str = ""
    of_development: bool = False
