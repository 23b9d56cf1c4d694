"""What the workspace knows already of the people in a file."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from campaigns.importing.candidates import Candidate
from campaigns.models import Campaign, DoNotContact, ErasedPerson, Prospect
from campaigns.models.erased import REASON


@dataclass(frozen=True)
class Known:
    """Person keys in the campaign; in others, with a note; who is barred, and why."""

    here: frozenset[str]
    elsewhere: dict[str, str]
    barred_people: dict[str, str]
    barred_companies: dict[str, str]


def known_people(candidates: Collection[Candidate], campaign: Campaign) -> Known:
    """Return what is known of these people. Six queries, however many they are."""
    keys = {candidate.person_key for candidate in candidates}
    keys |= {candidate.user_id for candidate in candidates} - {""}
    companies = {candidate.company_key for candidate in candidates} - {""}
    here, elsewhere = _prospects(candidates, campaign)
    return Known(
        here=here,
        elsewhere=elsewhere,
        barred_people=_barred(campaign, DoNotContact.Kind.PERSON, keys),
        barred_companies=_barred(campaign, DoNotContact.Kind.COMPANY, companies),
    )


def _prospects(
    candidates: Collection[Candidate], campaign: Campaign
) -> tuple[frozenset[str], dict[str, str]]:
    names = dict(
        Campaign.objects.filter(workspace_id=campaign.workspace_id).values_list("pk", "name")
    )
    slugs = {candidate.identity.slug for candidate in candidates} - {""}
    user_ids = {candidate.identity.user_id for candidate in candidates} - {""}
    matches = [
        (key, Q(campaign__in=list(names), **{f"{key}__in": wanted}) & ~Q(**{key: ""}))
        for key, wanted in (("public_identifier", slugs), ("linkedin_user_id", user_ids))
        if wanted
    ]
    here: set[str] = set()
    elsewhere: dict[str, str] = {}
    for key, query in matches:
        found = Prospect.objects.filter(query).order_by()
        for person, in_campaign, status in found.values_list(key, "campaign_id", "status"):
            if in_campaign == campaign.pk:
                here.add(person)
            else:
                label = Prospect.Status(status).label.lower()
                elsewhere[person] = f"also in campaign “{names[in_campaign]}” ({label})"
    return frozenset(here), elsewhere


def _barred(campaign: Campaign, kind: str, values: Collection[str]) -> dict[str, str]:
    if not values:
        return {}
    erased = (
        ErasedPerson.among(campaign.workspace_id, values)
        if kind == DoNotContact.Kind.PERSON
        else set()
    )
    entries = DoNotContact.objects.filter(
        workspace_id=campaign.workspace_id, kind=kind, value__in=values
    )
    barred = dict(entries.order_by().values_list("value", "reason"))
    return {**barred, **dict.fromkeys(erased, REASON)}
