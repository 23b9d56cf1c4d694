"""The open questions of V2's contract, asked of a real account. Reads only."""

from collections.abc import Iterator
from urllib.parse import quote

from queueing.unipile.calling import Caller
from queueing.unipile.probing import Finding, Get, Told, ask, keys_of, order_of, told, words_of


def probe(call: Caller, strange_key: Caller, account_id: str) -> Iterator[Finding]:
    """Ask, one call after the other; `strange_key`: a caller with a key that is none."""
    fresh = {"Cache-Control": "no-cache"}

    def get(path: str, **params: str) -> Told:
        return ask(lambda: call.read(f"/{account_id}{path}", params, headers=fresh))

    account = ask(lambda: call.read(f"/accounts/{account_id}"))
    yield from told("How is the account described?", account, lambda: keys_of(account.body))
    metadata = account.body.get("metadata")
    yield Finding(
        "What does its metadata tell?",
        keys_of(metadata) if isinstance(metadata, dict) and metadata else "nothing",
    )
    wrong = ask(lambda: strange_key.read("/accounts/", {"limit": "1"}))
    yield Finding("What answers a wrong key?", wrong.error or "it is taken")
    own = get("/users/me")
    specifics = own.body.get("specifics")
    yield from told(
        "What does the owner's profile tell?",
        own,
        lambda: keys_of(specifics) if isinstance(specifics, dict) else "no specifics",
    )
    again = get("/users/me")
    yield from told(
        "Is a second look at once fresh, where it is asked for?",
        again,
        lambda: "no: it came from the cache" if again.from_cache else "yes",
    )
    yield from _of_requests(get)
    relations = get("/users/me/relations", limit="50", offset="0")
    people = relations.entries("data")
    yield from told(
        "In which order are relations?", relations, lambda: order_of(people, "created_at")
    )
    if people:
        yield Finding("What does a relation tell?", keys_of(people[0]))
    yield from _of_chats(get)


def _of_requests(get: Get) -> Iterator[Finding]:
    for limit in ("100", "250"):
        sent = get("/users/me/relation-requests", type="sent", limit=limit, offset="0")
        found = sent.entries("data")
        yield from told(
            f"How long is a page of sent requests, where {limit} are asked for?",
            sent,
            lambda told=sent, found=found: f"{len(found)} of {told.body.get('total_count', '?')}",  # type: ignore[misc]
        )
    if found:
        yield Finding("What does a sent request tell?", keys_of(found[0]))
        yield Finding("In which order are they?", order_of(found, "created_at"))


def _of_chats(get: Get) -> Iterator[Finding]:
    chats = get("/chats", limit="20", offset="0")
    found = chats.entries("data")
    yield from told("Of what kinds are the chats?", chats, lambda: words_of(found, "type"))
    single = next((one for one in found if one.get("type") == "1to1"), None)
    if single is None:
        return
    person = single.get("user_id")
    if isinstance(person, str):
        theirs = get(f"/users/{quote(person, safe='')}/chat")
        yield from told(
            "Is a chat found by its person?",
            theirs,
            lambda: f"{len(theirs.entries('data'))} chats" if theirs.entries("data") else "no",
        )
    messages = get(f"/chats/{quote(str(single.get('id')), safe='')}/messages", limit="20")
    yield from told(
        "What does a message tell?",
        messages,
        lambda: "; ".join(map(keys_of, messages.entries("data")[:1])) or "there is none",
    )
