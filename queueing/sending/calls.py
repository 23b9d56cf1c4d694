"""Make one call and say what it brought. Runs in the sender threads: HTTP only, no database."""

import logging

from queueing.models import SendAttempt
from queueing.sending.claiming import TROUBLE, Call
from queueing.sending.verdicts import FOUND, Answer
from queueing.telling import in_words
from queueing.unipile import Client, Outcome, UnipileError

logger = logging.getLogger(__name__)


def make(client: Client, call: Call, not_after: float) -> Answer:
    """Make the call. Every failure is an answer; nothing is raised for it.

    :param not_after: instant of `uptime()` after which nothing may be sent any more: the
        claim could have been taken away meanwhile.
    """
    claim = call.claim
    try:
        if call.kind == SendAttempt.Kind.LOOKUP:
            profile = client.profile(
                claim.unipile_account_id, claim.identifier or claim.provider_id
            )
            return Answer(FOUND, http_status=profile.http_status, raw=profile.raw, profile=profile)
        sent = client.invite(
            claim.unipile_account_id, claim.provider_id, claim.message, not_after=not_after
        )
    except UnipileError as error:
        error.outcome = _told_apart(client, error)
        return _answer_of(error)
    except Exception as error:
        logger.exception("The call about item %s ended in no answer", claim.item_id)
        return Answer(Outcome.UNKNOWN, summary=in_words(error), error_code=TROUBLE)
    return Answer(
        Outcome.SENT,
        http_status=sent.http_status,
        raw=sent.raw,
        invitation_id=sent.invitation_id,
        usage=sent.usage,
    )


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
        error_code=error.error_type.removeprefix("errors/") or error.outcome,
        http_status=error.http_status,
        raw=error.raw,
        retry_after=error.retry_after,
    )
