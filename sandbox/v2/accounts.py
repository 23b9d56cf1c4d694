"""V2: the accounts, which are Unipile's own: neither kept nor limited."""

from __future__ import annotations

from sandbox.asking import JSON, Ask, Operation
from sandbox.errors import ApiError
from sandbox.links import wire_id
from sandbox.model import Account, Tier
from sandbox.people import provider_id
from sandbox.v2.api import core_paged, known, live
from sandbox.world import World


def accounts(world: World, ask: Ask) -> JSON:
    """Answer the accounts, sorted by their names."""
    found = sorted(world.accounts.values(), key=lambda one: one.label.casefold())
    if (status := ask.query.get("status")) is not None:
        found = [one for one in found if one.status_in_v2 == status]
    if ask.query.get("provider", "linkedin") != "linkedin":
        found = []
    wanted = ask.query.get("search", "").casefold()
    found = [one for one in found if wanted in f"{one.label}\n{wire_id(one.id)}".casefold()]
    return core_paged(ask, found, account_shape, "Accounts")


def one_account(world: World, ask: Ask) -> JSON:
    return account_shape(known(world, ask))


def remove(world: World, ask: Ask) -> JSON:
    world.remove_account(known(world, ask).id)
    return {"success": True}


def change(world: World, ask: Ask) -> JSON:
    """Keep what a client stores with an account; a proxy is taken, and does nothing here."""
    account, body = known(world, ask), ask.json_body()
    told = body.get("metadata")
    if not isinstance(told, dict) or not all(isinstance(one, str) for one in told.values()):
        raise ApiError("invalid_parameters", "body/metadata must be an object of strings")
    return account_shape(world.put_account({"id": account.id, "custom_data": told}))


def account_shape(one: Account) -> JSON:
    """Return an Account; its products are those of its type."""
    if one.raw is not None:
        return one.raw
    shape: JSON = {
        "object": "Account",
        "id": wire_id(one.id),
        "application_id": "app_sandbox",
        "user_id": provider_id(one.viewer, one.owner.slug),
        "name": one.label,
        "created_at": one.created_at,
        "status": one.status_in_v2,
        "is_locked": one.locked,
        "provider": "linkedin",
        "metadata": {"products_connection_status": products_of(one)},
        "initial_sync": {"status": "completed", "started_at": one.created_at},
    }
    if wire_id(one.id) != one.id:
        shape["metadata"]["v1_account_id"] = one.id
    if one.custom_data is not None:
        shape["metadata"]["custom_data"] = one.custom_data
    return shape


def products_of(one: Account) -> dict[str, str]:
    """Return how each product of an account is: as was said, or as its status goes."""
    status = one.status_in_v2
    whole = status if status in ("running", "disconnected", "errored") else "running"
    # A part of the account is lost: the one that invitations do not need.
    part = {"degraded": "errored", "partial": "disconnected"}.get(status, whole)
    products = {"classic": whole}
    if one.tier is Tier.SALES_NAVIGATOR:
        products["sales_navigator"] = part
    return products | (one.products or {})


def inmail_credits(world: World, ask: Ask) -> JSON:
    """Answer the InMail credits; the name of the object is a guess."""
    account = live(world, ask)
    return {"object": "InmailCredits", "credits": dict(account.inmail_credits)}


ROUTES = (
    Operation("accounts", "GET", "/accounts/", accounts),
    Operation("accounts", "GET", "/accounts", accounts),
    Operation("account", "GET", "/accounts/{account_id}", one_account),
    Operation("change_account", "PATCH", "/accounts/{account_id}", change),
    Operation("remove", "DELETE", "/accounts/{account_id}", remove),
    Operation("inmail_credits", "GET", "/{account_id}/linkedin/inmail-credits", inmail_credits),
)
