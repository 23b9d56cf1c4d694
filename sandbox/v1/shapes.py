"""The JSON objects of the API, built from the world's state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sandbox.clock import iso
from sandbox.model import Account, Degree, Invitation, Received, Tier
from sandbox.people import Person, digest, provider_id
from sandbox.world import World

JSON = dict[str, Any]

# Person.quirk names the one nullable field that is empty for that person.
QUIRK_NO_SLUG, QUIRK_LIST_NO_NAME, QUIRK_LIST_NO_SLUG = 1, 2, 3
QUIRK_LIST_NO_HEADLINE, QUIRK_LIST_NO_ID, QUIRK_LIST_NO_DATE = 4, 5, 6


def _url(slug: str) -> str:
    return f"https://www.linkedin.com/in/{quote(slug)}"


def profile(world: World, account: Account, person: Person) -> JSON:
    """Return a UserProfile; `invitation` and, for oneself, `network_distance` may be absent."""
    degree = world.shown_degree(account, person)
    is_self = person.slug == account.owner.slug
    shape: JSON = {
        "object": "UserProfile",
        "provider": "LINKEDIN",
        "provider_id": provider_id(account.viewer, person.slug),
        "public_identifier": _told_address(world, degree, person),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "headline": person.headline,
        "location": person.location,
        "websites": [],
        "primary_locale": {"country": "US", "language": "en"},
        "is_open_profile": person.is_open_profile,
        "is_premium": person.is_premium,
        "is_relationship": degree is Degree.FIRST,
        "is_self": is_self,
        "can_send_inmail": account.tier is not Tier.FREE,
        "follower_count": person.connections_count + 7,
        "connections_count": person.connections_count,
        "shared_connections_count": digest("shared", account.id, person.slug) % 30,
        "public_profile_url": _url(person.address),
    }
    if not is_self:
        shape["network_distance"] = degree.value
    invitation = world.profile_invitation(account, person)
    if invitation is not None:
        shape["invitation"] = {"type": invitation[0], "status": invitation[1]}
    return shape


def _told_address(world: World, degree: Degree, person: Person) -> str | None:
    if degree is Degree.OUT and world.settings.unknown_strangers:
        return "UNKNOWN"
    return None if person.quirk == QUIRK_NO_SLUG else person.address or None


def account(one: Account) -> JSON:
    """Return an Account; `premiumFeatures` is empty for a free one."""
    if one.raw is not None:
        return one.raw
    features = [] if one.tier is Tier.FREE else [one.tier.value]
    if one.features is not None:
        features = one.features
    return {
        "object": "Account",
        "type": "LINKEDIN",
        "id": one.id,
        "name": one.label,
        "created_at": one.created_at,
        "connection_params": {
            "im": {
                "id": provider_id(one.viewer, one.owner.slug),
                "username": one.label,
                "publicIdentifier": one.owner.slug,
                "premiumId": None,
                "premiumContractId": None,
                "premiumFeatures": features,
                "organizations": [],
            }
        },
        "groups": [],
        "signatures": [],
        "sources": [{"id": f"{one.id}_MESSAGING", "status": one.status.value}],
    }


def owner_profile(one: Account) -> JSON:
    """Return the AccountOwnerProfile of /users/me."""
    owner = one.owner
    own_id = provider_id(one.viewer, owner.slug)
    navigator = {"owner_seat_id": "1", "contract_id": "1"}
    return {
        "object": "AccountOwnerProfile",
        "provider": "LINKEDIN",
        "provider_id": own_id,
        "entity_urn": f"urn:li:fsd_profile:{own_id}",
        "object_urn": f"urn:li:member:{digest('member', owner.slug) % 10**9}",
        "first_name": owner.first_name or "",
        "last_name": owner.last_name or "",
        "profile_picture_url": None,
        "email": f"{owner.slug}@example.com",
        "premium": one.tier is not Tier.FREE,
        "open_profile": False,
        "public_identifier": owner.slug,
        "recruiter": None,
        "sales_navigator": navigator if one.tier is Tier.SALES_NAVIGATOR else None,
        "organizations": [],
    }


def relation(one: Account, person: Person, at: datetime) -> JSON:
    """Return a UserRelation; `created_at` is epoch milliseconds."""
    member = digest("member", person.slug) % 10**9
    return {
        "object": "UserRelation",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "headline": person.headline,
        "public_identifier": person.address or None,
        "public_profile_url": _url(person.address),
        "created_at": int(at.timestamp() * 1000),
        "member_id": provider_id(one.viewer, person.slug),
        "member_urn": f"urn:li:member:{member}",
        "connection_urn": f"urn:li:fsd_connection:{provider_id(one.viewer, person.slug)}",
    }


def relative_day(at: datetime, now: datetime) -> tuple[str, str]:
    """Return LinkedIn's text for a past instant and that text resolved against `now`.

    Only days, weeks and months survive, so the second is never the exact instant.
    """
    days = max((now - at).days, 0)
    for length, unit in ((30, "month"), (7, "week"), (1, "day")):
        count = days // length
        if count and (unit, count) != ("day", 1):
            text = f"Sent {count} {unit}{'s' if count > 1 else ''} ago"
            return text, iso(now - timedelta(days=count * length))
    return ("Sent yesterday" if days else "Sent today"), iso(now - timedelta(days=days))


def sent_invitation(world: World, one: Account, invitation: Invitation) -> JSON:
    """Return an InvitationSent; most of its fields can be null."""
    person = world.names.person(invitation.slug)
    quirk = -1 if person is None else person.quirk
    text, resolved = relative_day(invitation.at, world.clock.now())
    return {
        "object": "InvitationSent",
        "id": invitation.id,
        "invited_user": (
            person.full_name or None if person and quirk != QUIRK_LIST_NO_NAME else None
        ),
        "invited_user_id": None if quirk == QUIRK_LIST_NO_ID else invitation.provider_id,
        "invited_user_public_id": (
            person.address or None
            if person and quirk not in (QUIRK_NO_SLUG, QUIRK_LIST_NO_SLUG)
            else None
        ),
        "invited_user_description": (
            person.headline if person and quirk != QUIRK_LIST_NO_HEADLINE else None
        ),
        "date": text,
        "parsed_datetime": None if quirk == QUIRK_LIST_NO_DATE else resolved,
        "invitation_text": invitation.message,
        "inviter": _inviter(one, one.owner),
        "specifics": _specifics(invitation.id),
    }


def received_invitation(world: World, one: Account, received: Received) -> JSON:
    """Return an InvitationReceived; `inviter` is who sent it."""
    text, resolved = relative_day(received.at, world.clock.now())
    owner = one.owner
    return {
        "object": "InvitationReceived",
        "id": received.id,
        "invited_user": one.label,
        "invited_user_id": provider_id(one.viewer, owner.slug),
        "invited_user_public_id": owner.slug,
        "invited_user_description": owner.headline,
        "date": text.replace("Sent", "Received"),
        "parsed_datetime": resolved,
        "invitation_text": None,
        "inviter": _inviter(one, world.names.person(received.slug) or owner),
        "specifics": _specifics(received.id),
    }


def _inviter(one: Account, person: Person) -> JSON:
    return {
        "inviter_name": person.full_name,
        "inviter_id": provider_id(one.viewer, person.slug),
        "inviter_public_identifier": person.address or None,
        "inviter_description": person.headline,
    }


def shared_secret(invitation_id: str) -> str:
    """Return the secret that answering a received invitation needs."""
    return f"{digest('secret', invitation_id):016x}"


def _specifics(invitation_id: str) -> JSON:
    return {"provider": "LINKEDIN", "shared_secret": shared_secret(invitation_id)}
