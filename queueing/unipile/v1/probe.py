"""The open questions of V1's contract, asked of a real account. Reads only."""

from collections.abc import Iterator

from queueing.unipile.calling import Caller
from queueing.unipile.probing import Finding, Get, Told, ask, keys_of, order_of, told, words_of


def probe(call: Caller, strange_key: Caller, account_id: str) -> Iterator[Finding]:
    """Ask, one call after the other; `strange_key`: a caller with a key that is none."""
    mine = {"account_id": account_id}

    def get(path: str, **more: str) -> Told:
        return ask(lambda: call.read(path, {**mine, **more}))

    account = ask(lambda: call.read(f"/accounts/{account_id}"))
    yield from told("How is the account described?", account, lambda: keys_of(account.body))
    yield from told(
        "What are its sources' states?",
        account,
        lambda: words_of(account.entries("sources"), "status"),
    )
    wrong = ask(lambda: strange_key.read("/accounts", {"limit": "1"}))
    yield Finding("What answers a wrong key?", wrong.error or "it is taken")
    sent = get("/users/invite/sent", limit="250")
    items = sent.entries("items")
    yield from told(
        "How long is a page of sent invitations, where 250 are asked for?",
        sent,
        lambda: f"{len(items)}, {'more follow' if sent.body.get('cursor') else 'the last one'}",
    )
    if items:
        yield Finding("What does a sent invitation tell?", keys_of(items[0]))
    if cursor := sent.body.get("cursor"):
        both = get("/users/invite/sent", limit="10", cursor=str(cursor))
        yield from told("Is cursor with limit taken?", both, lambda: "yes")
    yield from _of_relations(get)
    yield from _of_chats(get)
    hooks = ask(lambda: call.read("/webhooks", {"limit": "50"}))
    yield from told(
        "What does a webhook tell?",
        hooks,
        lambda: "; ".join(keys_of(one) for one in hooks.entries("items")[:1]) or "there is none",
    )


def _of_relations(get: Get) -> Iterator[Finding]:
    relations = get("/users/relations", limit="50")
    people = relations.entries("items")
    yield from told(
        "In which order are relations?", relations, lambda: order_of(people, "created_at")
    )
    if people:
        yield Finding("What does a relation tell?", keys_of(people[0]))


def _of_chats(get: Get) -> Iterator[Finding]:
    chats = get("/chats", limit="50")
    found = chats.entries("items")
    yield from told("Of what kinds are the chats?", chats, lambda: words_of(found, "type"))
    person = next((one.get("attendee_provider_id") for one in found if one.get("type") == 0), None)
    if person:
        theirs = get(f"/chat_attendees/{person}/chats")
        yield from told(
            "Does /chat_attendees/… take a provider id?",
            theirs,
            lambda: (
                f"yes: {len(theirs.entries('items'))} chats"
                if theirs.entries("items")
                else "it is taken, and shows nothing"
            ),
        )
    messages = get("/messages", limit="100")
    yield from told(
        "Of what types are messages?",
        messages,
        lambda: words_of(messages.entries("items"), "message_type"),
    )
