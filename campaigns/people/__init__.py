"""Who is a person, and how are they addressed? Addresses, slugs, ids, names, companies.

Pure: every spelling of one person must come to the same here, and no two people to one.
"""

from campaigns.people import names
from campaigns.people.identity import (
    COMPANY_KEY_AT_MOST,
    CONTROL,
    EXAMPLE,
    Identity,
    Named,
    company_key,
    email_list,
    fit_user_id,
    identity_in,
    identity_of,
    looks_like_profile,
    person_value,
    profile_address,
    shown_as,
    slug_in,
    slug_of,
    user_id_in,
    validate_email_list,
    validate_profile_url,
    validate_user_id,
    validate_variables,
)
from campaigns.people.likeness import name_conflict, tells_somebody
from campaigns.people.nothing import is_nothing
from campaigns.people.slugs import INVISIBLE, USER_ID, normalised_slug, slug_told

__all__ = [
    "COMPANY_KEY_AT_MOST",
    "CONTROL",
    "EXAMPLE",
    "INVISIBLE",
    "USER_ID",
    "Identity",
    "Named",
    "company_key",
    "email_list",
    "fit_user_id",
    "identity_in",
    "identity_of",
    "is_nothing",
    "looks_like_profile",
    "name_conflict",
    "names",
    "normalised_slug",
    "person_value",
    "profile_address",
    "shown_as",
    "slug_in",
    "slug_of",
    "slug_told",
    "tells_somebody",
    "user_id_in",
    "validate_email_list",
    "validate_profile_url",
    "validate_user_id",
    "validate_variables",
]
