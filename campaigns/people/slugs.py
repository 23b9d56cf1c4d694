"""What can be somebody's slug, the last part of a profile's address, and what only looks like one.

Plain Python: the client believes by it what LinkedIn tells, an import what a file says.
"""

import re
import unicodedata
from urllib.parse import unquote

# Ids of Classic LinkedIn, good for an invitation. Those of Sales Navigator (ACw…) and Recruiter
# (AE…) are not. Upper and lower case matter in all of them, in slugs they don't.
USER_ID = re.compile(r"A[CD]oAA[A-Za-z0-9_-]{10,}")
FOREIGN_ID = re.compile(r"(?:A[CD]w|AE[A-Za-z])AA[A-Za-z0-9_-]{10,}")
SPOILT_ID = re.compile(r"a[cd][ow]aa[a-z0-9_-]{30,}")

# Copied along from web pages and chats; joiners (200C, 200D) stay, for scripts that need them.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_UNFIT = re.compile(r"[\s/?#\\<>@:%\"\x00-\x1f\x7f-\x9f\ufffd]")

# Where everybody's address would be the same: LinkedIn's own word for people out of one's network
# (UNKNOWN), pages about oneself, and what programs write where they have nothing.
_OF_NOBODY = """
    unknown undefined null none nil nan na n-a unavailable not-available notavailable not-found
    notfound me profile profiles public-profile edit linkedin linkedin-member linkedin-user
    headless anonymous username public_identifier publicidentifier public-identifier
"""
_PLACEHOLDERS = frozenset(_OF_NOBODY.split())


def normalised_slug(slug: str) -> str:
    """Return the one spelling of a public identifier: decoded, composed (NFC), in lower case.

    LinkedIn does not tell upper from lower case in it. Decodes until nothing changes, so that
    the normal form is its own normal form.
    """
    while (decoded := unquote(slug)) != slug:
        slug = decoded
    return unicodedata.normalize("NFC", INVISIBLE.sub("", slug).lower()).strip()


def slug_told(public_identifier: str) -> str:
    """Return the slug that LinkedIn tells of somebody, or "" where it can be no person's own.

    Told by strangers: an id or a placeholder in its place would make one person of many;
    percent-encoded it may hide control characters, and in lower case be longer.
    """
    if is_id(public_identifier.strip()):
        return ""
    slug = normalised_slug(public_identifier)
    return slug if is_fit(slug) else ""


def is_id(text: str) -> bool:
    """Return whether a text is a LinkedIn id of any kind, be it spoilt, and so no slug."""
    return any(kind.fullmatch(text) for kind in (USER_ID, FOREIGN_ID, SPOILT_ID))


def is_fit(slug: str) -> bool:
    """Return whether a normalised slug can be one person's own, and be stored."""
    return (
        len(slug) <= 200
        and any(map(str.isalnum, slug))
        and not _UNFIT.search(slug)
        and slug.strip("()[]{}-_.") not in _PLACEHOLDERS
    )
