"""A conversation, as it stands: read when somebody opens it. It costs no profile view."""

import datetime as dt

from queueing.looking import answers, logins
from queueing.models import Reply
from queueing.sending import Clock, calls
from queueing.unipile import Client, UnipileError

FRESH = dt.timedelta(seconds=30)  # what was just read is not read again


def refresh(client: Client, reply: Reply, clock: Clock) -> str:
    """Read the conversation of an answer anew; return why that was not possible, else "".

    What it shows counts: an acceptance, another answer. What is kept of it then lies in the row.
    """
    if reply.read_at is not None and clock() < reply.read_at + FRESH:
        return ""
    account, person_id = reply.linkedin_account, reply.item.linkedin_user_id
    if not person_id:
        return "Their LinkedIn id is not known to this account."
    if not logins.may_look(client, account):
        return f"{account} cannot be asked now, or has somebody else logged in."
    try:
        answer = calls.read_conversation(
            client, account.unipile_account_id, person_id, reply.chat_id
        )
    except UnipileError as error:
        return error.summary
    if answer.conversation is None:
        return answer.summary
    items = answers.items_of(account, person_id)
    if items:
        answers.heard(items, answer.conversation, clock())
    reply.refresh_from_db()
    return answer.conversation.trouble
