"""Record many answers in one transaction: of sends that went as they should, which nearly all do.

Whatever else comes of a call is recorded by itself: see `recording`. Fenced as that is.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from queueing.gates.statements import execute
from queueing.sending.claiming import Call
from queueing.sending.verdicts import Answer, Verdict


class Sent(NamedTuple):
    """A send with a plain answer: what `deciding.plainly_sent` says of it."""

    call: Call
    answer: Answer
    verdict: Verdict


_ATTEMPTS = """
UPDATE queueing_sendattempt
SET finished_at = %(now)s, outcome = ended.outcome, asked_again = false,
    http_status = ended.http_status, error_code = ended.error_code, detail = ended.detail
FROM unnest(%(attempts)s::uuid[], %(outcomes)s::text[], %(statuses)s::int[], %(codes)s::text[],
    %(details)s::text[]) AS ended (id, outcome, http_status, error_code, detail)
WHERE queueing_sendattempt.id = ended.id AND queueing_sendattempt.finished_at IS NULL
"""

_ITEMS = """
UPDATE send_queue
SET status = 'sent', sent_at = %(now)s, updated_at = %(now)s, claim_token = NULL, error_code = '',
    error_message = '',
    invitation_id = CASE kind WHEN 'connection_request' THEN ended.invitation_id
        ELSE send_queue.invitation_id END,
    chat_id = CASE ended.chat_id || ended.message_id WHEN '' THEN send_queue.chat_id
        ELSE ended.chat_id END,
    message_id = CASE ended.chat_id || ended.message_id WHEN '' THEN send_queue.message_id
        ELSE ended.message_id END
FROM unnest(%(items)s::uuid[], %(tokens)s::uuid[], %(invitations)s::text[], %(chats)s::text[],
    %(messages)s::text[]) AS ended (id, token, invitation_id, chat_id, message_id)
WHERE send_queue.id = ended.id AND send_queue.claim_token = ended.token
    AND send_queue.status = 'sending'
RETURNING send_queue.id, send_queue.prospect_id
"""

# As `news.record` has it of one: never back from a later state.
_PEOPLE = """
UPDATE campaigns_prospect
SET status = now_is.status,
    follow_up_due_at = %(now)s + campaign.follow_up_after_days * interval '24 hours'
FROM unnest(%(people)s::uuid[], %(states)s::text[]) AS now_is (id, status),
    campaigns_campaign AS campaign
WHERE campaigns_prospect.id = now_is.id AND campaign.id = campaigns_prospect.campaign_id
    AND campaigns_prospect.status NOT IN ('connected', 'replied')
"""


def record_sent(sent: Sequence[Sent], now: dt.datetime) -> set[uuid.UUID]:
    """Record sends and commit; return which items were: the others' claims were lost."""
    with transaction.atomic():
        _finish_attempts(sent, now)
        recorded = _record_items(sent, now)
        states = {one.call.claim.item_id: one.verdict.prospect_status for one in sent}
        people = {person: states[item] for item, person in recorded.items() if states[item]}
        if people:
            told = {"now": now, "people": list(people), "states": list(people.values())}
            execute(_PEOPLE, told, returning=False)
    return set(recorded)


def _finish_attempts(sent: Sequence[Sent], now: dt.datetime) -> None:
    told = {
        "now": now,
        "attempts": [one.call.attempt_id for one in sent],
        "outcomes": [str(one.answer.outcome) for one in sent],
        "statuses": [one.answer.http_status for one in sent],
        "codes": [one.answer.error_code for one in sent],
        "details": [one.answer.raw or one.answer.summary for one in sent],
    }
    execute(_ATTEMPTS, told, returning=False)


def _record_items(sent: Sequence[Sent], now: dt.datetime) -> dict[uuid.UUID, uuid.UUID]:
    """Set the items to sent; return those that were, each with its prospect."""
    told = {
        "now": now,
        "items": [one.call.claim.item_id for one in sent],
        "tokens": [one.call.claim.token for one in sent],
        "invitations": [one.answer.invitation_id for one in sent],
        "chats": [one.verdict.chat_id for one in sent],
        "messages": [one.verdict.message_id for one in sent],
    }
    return dict(execute(_ITEMS, told))
