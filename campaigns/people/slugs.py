"""What can be somebody's slug, the last part of a profile's address, and what only looks like one.

Plain Python: the client believes by it what LinkedIn tells, an import what a file says.
"""

import re
import unicodedata
from urllib.parse import unquote

from campaigns.people.nothing import is_nothing

# Ids of Classic LinkedIn, good for an invitation. Those of Sales Navigator (ACw…) and Recruiter
# (AE…) are not. Upper and lower case matter in all of them, in slugs they don't.
USER_ID = re.compile(r"A[CD]oAA[A-Za-z0-9_-]{10,}")
FOREIGN_ID = re.compile(r"(?:A[CD]w|AE[A-Za-z])AA[A-Za-z0-9_-]{10,}")
SPOILT_ID = re.compile(r"a[cd][ow]aa[a-z0-9_-]{30,}")
_BEGUN_ID = re.compile(r"A[CD][ow]AA[A-Za-z0-9_-]{0,9}(?:\W.*)?")

# Copied along from web pages and chats; joiners (200C, 200D) stay, for scripts that need them.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_UNFIT = re.compile(
    r"[\s/?#\\<>@:;,&=%\"{}$*|\x00-\x1f\x7f-\x9f\ufffd]|\.(?:html?|php|aspx?|pdf|docx?)\Z"
    r"|\u00b7(?:\d|\Z)|\Alinkedin-(?:member|user)-\d+\Z"
)
# Three dots, also as one character, a mask, or half of an escaped character.
_CUT_OFF = re.compile(r"\u2026|\.\.|\*\*|%[0-9a-f]?\Z|\ufffd\Z", re.IGNORECASE)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")  # what programs make of a hyphen
# What was copied along. A hyphen stays: LinkedIn gives out `ada-example-` beside `ada-example`.
_AROUND = (
    " \t\n\r\xa0\u3000\"'`*|<>.,;:!?&=+~^\\\u2022\u00ab\u00bb\u3001\u3002"
    "\u2018\u2019\u201a\u201c\u201d\u201e\u2010\u2011\u2012\u2013\u2014\u2015"
)
_HYPHENS_APART = re.compile(r"\s-+\Z")
_OPENING = {")": "(", "]": "[", "}": "{"}
_LONGEST_ENCODED = 5_000
_LONGEST = 2_000  # what is longer is nobody's, and not worth a second look

# Where everybody's address would be the same: LinkedIn's own word for people out of one's network
# (UNKNOWN), its pages that are nobody's, and what programs write where they have nothing.
_OF_NOBODY = """
    notavailable notfound me profile profiles public-profile my-profile edit linkedin
    linkedin-member linkedin-user linkedin-profile linkedinmember linkedinuser headless anonymous
    unknown-user unknown-member error 404 user-not-found profile-not-found page-not-found
    deleted deleted-user private hidden removed
    username user-name your-name yourname your-profile your-username firstname-lastname
    first-last first-name-last-name name vanityname vanity-name handle slug url profile-url
    profileurl linkedin-url linkedinurl public_identifier publicidentifier public-identifier
    public-id false true in pub sales recruiter talent company school showcase groups feed search
    jobs login authwall signup uas checkpoint mynetwork messaging notifications settings details
    detail overlay recent-activity opportunities 0 user vanity test posts shares
    your-profile-here profile-here your-name-here out_of_network out-of-network dir
"""
_PLACEHOLDERS = frozenset(_OF_NOBODY.split())


def normalised_slug(slug: str) -> str:
    """Return the one spelling of a public identifier: decoded, composed (NFC), in lower case.

    LinkedIn does not tell upper from lower case in it. Signs that were copied along are taken off,
    and a dash that a program made of a hyphen is one again. Goes on until nothing changes, so that
    the normal form is its own normal form.
    """
    while (form := _nearer_to_normal(slug)) != slug:
        slug = form
    return slug


def _nearer_to_normal(slug: str) -> str:
    # Signs encoded ten thousand times over take minutes to decode: such a text is nobody's.
    while len(slug) <= _LONGEST_ENCODED and (decoded := unquote(slug)) != slug:
        slug = decoded
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", slug).lower()).strip()
    return text if len(text) > _LONGEST else _DASHES.sub("-", _without_signs_around(text))


def _without_signs_around(text: str) -> str:
    """Take off what cannot belong to a slug; what says that it was cut off stays."""
    text = text.lstrip(_AROUND + "@")
    while True:
        kept = _HYPHENS_APART.sub("", text.rstrip(_AROUND))
        opening = _OPENING.get(kept[-1:])
        if opening and kept.count(opening) < kept.count(kept[-1]):
            kept = kept[:-1]
        if kept == text or _CUT_OFF.search(text[len(kept) :]):
            return text
        text = kept


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
    return any(kind.fullmatch(text) for kind in (USER_ID, FOREIGN_ID, SPOILT_ID, _BEGUN_ID))


def is_cut_off(text: str) -> bool:
    """Return whether the end of a slug or an id is missing: `ada-exa…`, `ACoAAB`."""
    return bool(_CUT_OFF.search(text) or _BEGUN_ID.fullmatch(text))


def is_fit(slug: str) -> bool:
    """Return whether a normalised slug can be one person's own, and be stored."""
    bare = slug.strip("()[]{}-_. ")
    return (
        len(slug) <= 200
        and any(map(str.isalnum, slug))
        and not _UNFIT.search(slug)
        and not _CUT_OFF.search(slug)
        and bare not in _PLACEHOLDERS
        and not all(is_nothing(part) for part in bare.split("-"))  # undefined-undefined
    )
