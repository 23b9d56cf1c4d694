"""Make one call and say what it brought. Runs in the sender threads: HTTP only, no database."""

import logging
from collections.abc import Callable

from queueing.models import Kind, SendAttempt
from queueing.sending import judging
from queueing.sending.claiming import TROUBLE, Call, Claim
from queueing.sending.verdicts import FOUND, GONE, Answer
from queueing.telling import in_words
from queueing.unipile import AccountState, Client, Outcome, UnipileError

logger = logging.getLogger(__name__)


def make(client: Client, call: Call, not_after: float) -> Answer:
    """Make the call. Every failure is an answer; nothing is raised for it.

    :param not_after: instant of `uptime()` after which nothing may be sent any more: the
        claim could have been taken away meanwhile.
    """
    claim = call.claim
    try:
        return _CALLS[claim.item_kind, call.kind](client, claim, not_after)
    except UnipileError as error:
        error.outcome = _told_apart(client, error)
        return _answer_of(error)
    except Exception as error:
        logger.exception("The call about item %s ended in no answer", claim.item_id)
        return Answer(Outcome.UNKNOWN, summary=in_words(error), error_code=TROUBLE)


def _look_at_profile(client: Client, claim: Claim, not_after: float) -> Answer:
    profile = client.profile(claim.unipile_account_id, claim.identifier or claim.provider_id)
    is_unclear = judging.seen(profile) == judging.Seen.UNCLEAR
    return Answer(
        FOUND,
        error_code=judging.UNCLEAR_STATE if is_unclear else "",
        http_status=profile.http_status,
        raw=profile.raw,
        asked_again=profile.asked_again,
        profile=profile,
    )


def _invite(client: Client, claim: Claim, not_after: float) -> Answer:
    sent = client.invite(
        claim.unipile_account_id, claim.provider_id, claim.message, not_after=not_after
    )
    return Answer(
        Outcome.SENT,
        http_status=sent.http_status,
        raw=sent.raw,
        invitation_id=sent.invitation_id,
        usage=sent.usage,
    )


def read_conversation(
    client: Client, unipile_account_id: str, provider_id: str, chat_id: str
) -> Answer:
    """Read what was written with a person: what Unipile knows of a lost account may be old.

    :raises UnipileError: where nothing was learnt.
    """
    account = client.account(unipile_account_id)
    if account.state != AccountState.CONNECTED:
        told = f"Unipile reports the account as {account.status}: what it has may be old."
        return Answer(Outcome.NOT_SENT, summary=told, error_code="account_not_connected")
    found = client.messages_with(unipile_account_id, provider_id, chat_id=chat_id)
    theirs = [one.at for one in found.messages if one.from_us is False and one.at is not None]
    last = f"{max(theirs):%Y-%m-%d %H:%M:%S} UTC" if theirs else "none"
    # Their text is not kept: that they wrote, and when, says what was known when we wrote.
    raw = f"Messages: {len(found.messages)}; the last of theirs: {last}. {found.trouble}".strip()
    return Answer(FOUND, raw=raw, conversation=found)


def _read_conversation(client: Client, claim: Claim, not_after: float) -> Answer:
    return read_conversation(client, claim.unipile_account_id, claim.provider_id, claim.chat_id)


def _send_message(client: Client, claim: Claim, not_after: float) -> Answer:
    sent = client.send_message(
        claim.unipile_account_id,
        claim.provider_id,
        claim.message,
        chat_id=claim.chat_id,
        not_after=not_after,
    )
    return Answer(
        Outcome.SENT,
        http_status=sent.http_status,
        raw=sent.raw,
        chat_id=sent.chat_id,
        message_id=sent.message_id,
    )


def _withdraw(client: Client, claim: Claim, not_after: float) -> Answer:
    gone = client.withdraw(claim.unipile_account_id, claim.invitation_id, not_after=not_after)
    return Answer(
        Outcome.SENT if gone.was_pending else GONE,
        http_status=gone.http_status,
        raw=gone.raw,
        summary="" if gone.was_pending else "The invitation is not pending any more",
    )


_CALLS: dict[tuple[str, str], Callable[[Client, Claim, float], Answer]] = {
    (Kind.CONNECTION_REQUEST, SendAttempt.Kind.LOOKUP): _look_at_profile,
    (Kind.CONNECTION_REQUEST, SendAttempt.Kind.SEND): _invite,
    (Kind.MESSAGE, SendAttempt.Kind.LOOKUP): _read_conversation,
    (Kind.MESSAGE, SendAttempt.Kind.SEND): _send_message,
    (Kind.WITHDRAWAL, SendAttempt.Kind.LOOKUP): _look_at_profile,
    (Kind.WITHDRAWAL, SendAttempt.Kind.SEND): _withdraw,
}


def _told_apart(client: Client, error: UnipileError) -> Outcome:
    """Tell a wrong API key from a lost LinkedIn session, both of which are a 401.

    Unipile does not say which `type` a wrong key gives: asking for the list of accounts, which is
    about none of them, does. Nothing else may stop all sending.
    """
    if error.http_status != 401:
        return error.outcome
    try:
        if client.is_key_refused():
            return Outcome.BAD_API_KEY
    except UnipileError as second:
        logger.warning("Whether the API key is refused is not known: %s", second)
    return Outcome.ACCOUNT_DISCONNECTED


def _answer_of(error: UnipileError) -> Answer:
    return Answer(
        error.outcome,
        summary=error.summary,
        error_code=error.code or error.outcome,
        http_status=error.http_status,
        raw=error.raw,
        retry_after=error.retry_after,
        asked_again=error.asked_again,
    )
