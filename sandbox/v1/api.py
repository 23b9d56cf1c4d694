"""V1: people, invitations and accounts. A route takes the world and a request, and returns JSON."""

from __future__ import annotations

from sandbox.asking import JSON, Ask, Operation, optional, required
from sandbox.cursors import read_cursor, write_cursor
from sandbox.errors import ApiError
from sandbox.model import Account, SourceStatus, State
from sandbox.v1 import shapes
from sandbox.world import World

_PRODUCTS = ("classic", "recruiter", "sales_navigator")


def invite(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    identifier, account_id = required(body, "provider_id"), required(body, "account_id")
    message = optional(body, "message")
    optional(body, "user_email")
    account = world.live_account(account_id)
    invitation, usage = world.invite(account, identifier, message)
    answer: JSON = {"object": "UserInvitationSent", "invitation_id": invitation.id}
    if usage is not None:
        answer["usage"] = usage
    return answer


def sent(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    start, cursor_limit = ask.offset("cursor")
    limit = ask.limit(default=cursor_limit or 10, most=250)
    size = min(limit, world.settings.page_cap)
    pending = world.pending(account)
    page = [shapes.sent_invitation(world, account, one) for one in pending[start : start + size]]
    more = start + size < len(pending)
    cursor = write_cursor(limit=limit, cursor=start + size) if more else None
    return {"object": "InvitationList", "items": page, "cursor": cursor}


def cancel(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    world.end(ask.path["invitation_id"], State.WITHDRAWN, account.id)
    return {"object": "InvitationCanceled"}


def received(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    start, cursor_limit = ask.offset("cursor")
    limit = ask.limit(default=cursor_limit or 10, most=100)
    found = world.received(account)
    page = [shapes.received_invitation(world, account, one) for one in found[start : start + limit]]
    more = start + limit < len(found)
    cursor = write_cursor(limit=limit, cursor=start + limit) if more else None
    return {"object": "InvitationList", "items": page, "cursor": cursor}


def answer_received(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    account_id, action = required(body, "account_id"), required(body, "action")
    required(body, "provider")
    invitation_id = ask.path["invitation_id"]
    if required(body, "shared_secret") != shapes.shared_secret(invitation_id):
        raise ApiError("invalid_parameters", "shared_secret is not valid.")
    if action not in ("accept", "decline"):
        raise ApiError("invalid_parameters", "action must be accept or decline.")
    account = world.live_account(account_id)
    world.answer_received(account, invitation_id, accept=action == "accept")
    status = "ACCEPTED" if action == "accept" else "DECLINED"
    return {"object": "UserInvitationHandled", "status": status}


def profile(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    return shapes.profile(world, account, world.find(account, ask.path["identifier"]))


def me(world: World, ask: Ask) -> JSON:
    return shapes.owner_profile(world.live_account(ask.account_id()))


def relations(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    start, cursor_limit = ask.offset("startIndex")
    limit = ask.limit(default=cursor_limit or 100, most=1000)
    wanted = ask.query.get("filter", "").casefold()
    found = [
        (person, at)
        for person, at in world.relations(account)
        if wanted in person.full_name.casefold()
    ]
    page = [shapes.relation(account, *one) for one in found[start : start + limit]]
    more = start + limit < len(found)
    cursor = write_cursor(limit=limit, startIndex=start + limit) if more else None
    return {"object": "UserRelationsList", "items": page, "cursor": cursor}


def accounts(world: World, ask: Ask) -> JSON:
    limit = ask.limit(default=100, most=250)
    ids = list(world.accounts)
    if (cursor := ask.query.get("cursor")) is not None:
        inner = read_cursor(cursor).get("cursor")
        last_id = inner.get("last_id") if isinstance(inner, dict) else None
        if last_id not in ids:
            raise ApiError("invalid_parameters", "The cursor is not valid.")
        ids = ids[ids.index(last_id) + 1 :]
    page: list[Account] = [world.accounts[one] for one in ids[:limit]]
    more = len(ids) > limit
    last = {"last_id": page[-1].id} if page else {}
    return {
        "object": "AccountList",
        "items": [shapes.account(one) for one in page],
        "cursor": write_cursor(limit=limit, cursor=last) if more else None,
    }


def one_account(world: World, ask: Ask) -> JSON:
    return shapes.account(world.account(ask.path["account_id"]))


def remove(world: World, ask: Ask) -> JSON:
    world.remove_account(ask.path["account_id"])
    return {"object": "AccountDeleted"}


def restart(world: World, ask: Ask) -> JSON:
    """A restart helps a stopped account; one whose session is lost needs its owner."""
    account = world.account(ask.path["account_id"])
    if account.status in (SourceStatus.CREDENTIALS, SourceStatus.PERMISSIONS):
        return {"object": "AccountFailedToRestart"}
    world.put_account({"id": account.id, "status": SourceStatus.OK.value})
    return {"object": "AccountRestarted"}


def sync(world: World, ask: Ask) -> JSON:
    """Begin to read an account's messages anew, or say that it is done: a GET with an effect."""
    account = world.live_account(ask.path["account_id"])
    if ask.query.get("linkedin_product", "classic") not in _PRODUCTS:
        raise ApiError("invalid_parameters", "linkedin_product is not valid.")
    for key in ("before", "after", "chunk_size"):
        if not ask.query.get(key, "0").isdecimal():
            raise ApiError("invalid_parameters", f"{key} must be a number.")
    return {"object": "AccountResync", "status": world.hooks.resync(account.id)}


def inmail_balance(world: World, ask: Ask) -> JSON:
    credits = world.live_account(ask.account_id()).inmail_credits
    told = {name: credits.get(name) for name in ("premium", "recruiter", "sales_navigator")}
    return {"object": "LinkedinInmailBalance", **told}


def reconnect(world: World, ask: Ask) -> JSON:
    """Connect an account anew, with whatever credentials: LinkedIn asks for nothing more."""
    account, body = world.account(ask.path["account_id"]), ask.json_body()
    if required(body, "provider") != "LINKEDIN":
        raise ApiError("invalid_parameters", "provider must be LINKEDIN.")
    world.put_account({"id": account.id, "status": SourceStatus.OK.value})
    return {"object": "AccountReconnected", "account_id": account.id}


def checkpoint(world: World, ask: Ask) -> JSON:
    """Take the answer to a challenge: the sandbox never asked one."""
    body = ask.json_body()
    world.account(required(body, "account_id"))
    required(body, "provider"), required(body, "code")
    raise ApiError("invalid_checkpoint_solution")


# In this order, because /users/{identifier} would swallow the others.
ROUTES = (
    Operation("invite", "POST", "/users/invite", invite),
    Operation("sent", "GET", "/users/invite/sent", sent),
    Operation("cancel", "DELETE", "/users/invite/sent/{invitation_id}", cancel),
    Operation("received", "GET", "/users/invite/received", received),
    Operation("answer_received", "POST", "/users/invite/received/{invitation_id}", answer_received),
    Operation("me", "GET", "/users/me", me),
    Operation("relations", "GET", "/users/relations", relations),
    Operation("profile", "GET", "/users/{identifier}", profile),
    Operation("accounts", "GET", "/accounts", accounts),
    Operation("account", "GET", "/accounts/{account_id}", one_account),
    Operation("remove", "DELETE", "/accounts/{account_id}", remove),
    Operation("restart", "POST", "/accounts/{account_id}/restart", restart),
    Operation("sync", "GET", "/accounts/{account_id}/sync", sync),
    Operation("checkpoint", "POST", "/accounts/checkpoint", checkpoint, 201),
    Operation("reconnect", "POST", "/accounts/{account_id}", reconnect, 201),
    Operation("inmail_balance", "GET", "/linkedin/inmail_balance", inmail_balance),
)
