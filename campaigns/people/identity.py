"""Who a person is: one spelling for a profile address, a slug, a company."""

import math
import re
import unicodedata
from typing import NamedTuple, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from campaigns import messages
from campaigns.people import addresses, redirects
from campaigns.people.nothing import is_nothing
from campaigns.people.slugs import (
    FOREIGN_ID,
    INVISIBLE,
    SPOILT_ID,
    USER_ID,
    is_cut_off,
    is_fit,
    is_id,
    normalised_slug,
)

EXAMPLE = "https://www.linkedin.com/in/ada-example"
_OLD_PROFILE_NUMBER = re.compile(r"[0-9a-f]{1,3}", re.IGNORECASE | re.ASCII)
_UNKEPT = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes neither in a text
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WRAPPING = "<>()[]{}\"'“”\u2018\u2019,;"
_PAID_LINK = re.compile(
    rf"linkedin\.com/(?:sales|recruiter|talent)/|{FOREIGN_ID.pattern}", re.ASCII
)
_SHORT_LINK = re.compile(r"(?:https?://)?(?:www\.)?lnkd\.in/", re.IGNORECASE)
_LIKE_A_SLUG = re.compile(r"[@/]?[^\W_]+(?:-[^\W_]+)+/?")
_ENCODED_SCHEME = re.compile(r"https?%3a%2f%2f", re.IGNORECASE)
_LIKE_AN_ADDRESS = re.compile(
    r"linkedin[.:]|://|%3a%2f%2f|lnkd\.in/|\A/?(?:in|pub|profile)/", re.IGNORECASE
)
_NAMES_LINKEDIN = re.compile(
    r"linkedin|lnkd\.in/|\A\s*/(?:in|pub)/|urn(?::|%3a)li|\A\s*A[CE][A-Za-z]AA", re.IGNORECASE
)
_LONGEST = 5_000  # redirects within redirects are a few hundred characters long
_TWO = "“{}” holds two addresses, and which one is meant is not guessed. Leave one."
_PAID = (
    ": nobody can be invited by it, or be recognised as the person of a public address. Use the "
    "column with the public addresses"
)
COMPANY_KEY_AT_MOST = 300
_OTHER_PAGES = {
    "sales": f"is a Sales Navigator link{_PAID}",
    "recruiter": f"is a Recruiter link{_PAID}",
    "talent": f"is a Recruiter link{_PAID}",
    "profile": "is a link of an old form that names nobody. Use the public address",
    "company": "is the page of a company. Use the person's own address",
    "showcase": "is the page of a company. Use the person's own address",
    "school": "is the page of a school. Use the person's own address",
    "groups": "is the page of a group. Use the person's own address",
}


class Named(Protocol):
    """A person as a row of the database has it: a prospect, or what was read of one."""

    @property
    def first_name(self) -> str: ...

    @property
    def last_name(self) -> str: ...

    @property
    def public_identifier(self) -> str: ...

    @property
    def linkedin_user_id(self) -> str: ...


def shown_as(person: Named) -> str:
    """Return what staff read for a person: the name, or else who it is on LinkedIn."""
    name = f"{person.first_name} {person.last_name}".strip()
    return name or person.public_identifier or person.linkedin_user_id or "(no name)"


class Identity(NamedTuple):
    """What a profile address says about the person: a slug, or a LinkedIn user id instead."""

    slug: str = ""
    user_id: str = ""


def identity_of(profile_url: str) -> Identity:
    """Return who a LinkedIn profile address names.

    Takes what people have: with or without scheme, country and mobile hosts, a language or a query
    behind it, percent-encoding, redirects of mail programs and search engines around it, links of
    markup, a prefix that was put in front twice, the form of before 2015
    (`/pub/ada-example/1/2b/3c4`, which LinkedIn redirects to `/in/ada-example-3c402b1`), and a user
    id in the place of the slug. What was cut off names nobody.

    :raises ValidationError: where it is no address of a LinkedIn profile, in words for staff.
    """
    if len(profile_url) > _LONGEST:
        raise ValidationError(_no_profile(profile_url))
    text = INVISIBLE.sub("", profile_url)
    address, label = addresses.without_markup(text)
    if not label and (found := _only_one_among_words(address)):
        return found
    identity = _identity_of_one(address.strip(_WRAPPING).strip())
    if label and _identity_or_nothing(label) not in {None, identity}:
        raise ValidationError(_TWO.format(profile_url.strip()[:100]))
    return identity


def _only_one_among_words(text: str) -> Identity | None:
    """Return whom the addresses in a text name, if there are words beside them; else None."""
    found, is_apart = addresses.among_words(text)
    if not found or not is_apart or found == [text]:
        return None
    named = {_identity_of_one(address.strip(_WRAPPING)) for address in found}
    if len(named) > 1:
        raise ValidationError(_TWO.format(text[:100]))
    return named.pop()


def _identity_or_nothing(label: str) -> Identity | None:
    """Return whom the words of a link name, which are mostly no address, or a shortened one."""
    try:
        return _identity_of_one(label.strip(_WRAPPING).strip())
    except ValidationError:
        return None


def _identity_of_one(text: str) -> Identity:
    if _SHORT_LINK.match(text):
        raise ValidationError(
            f"“{text[:100]}” is a short link: only LinkedIn knows where it leads. Open it in a "
            f"browser and use the address that it leads to, such as {EXAMPLE}."
        )
    if is_id(text) or addresses.is_urn(text):
        return _identity_in_path(text, text)
    if _ENCODED_SCHEME.match(text):
        text = unquote(text)
    parts = _on_linkedin(redirects.unwrapped(addresses.mended(text)))
    if parts is None:
        raise ValidationError(_no_profile(text))
    kind, steps = addresses.steps_of(parts.path)
    if kind == "profile" and (member := addresses.id_in_query(parts.query)):
        return _identity_in_path(member, text)
    if kind in _OTHER_PAGES:
        raise ValidationError(f"“{text[:100]}” {_OTHER_PAGES[kind]}, such as {EXAMPLE}.")
    if kind not in {"in", "pub"} or not steps:
        raise ValidationError(_no_profile(text))
    return _identity_behind(kind, steps, text)


def _identity_behind(kind: str, steps: list[str], text: str) -> Identity:
    """Return whom the steps of a path behind `in` or `pub` name."""
    if "linkedin.com" in "/".join(steps).lower() or "in" in steps[1:-1]:
        raise ValidationError(_TWO.format(text[:100]))
    if kind == "pub":
        return Identity(slug=_slug_of_old_form(steps, text))
    if is_nothing("/".join(steps[:2])):  # n/a
        raise ValidationError(_nobody(text))
    return _identity_in_path(addresses.without_query(steps[0]), text)


def identity_in(value: str) -> Identity:
    """Return who is named by a profile address, by the last part of one, or by a user id.

    :raises ValidationError: where it names nobody, in words for staff.
    """
    text = value.strip()
    if len(text) > _LONGEST or _LIKE_AN_ADDRESS.search(text):
        return identity_of(text)
    return _identity_in_path(addresses.without_query(text).strip("/"), text)


def looks_like_profile(text: str) -> bool:
    """Return whether a text names a person on LinkedIn, be it in a form that cannot be used.

    Links of Sales Navigator and Recruiter, ids of theirs, and short links are such forms.
    """
    if not _NAMES_LINKEDIN.search(text):
        return False  # as most cells of a file; and “in/out” is no address
    try:
        identity_of(text)
    except ValidationError:
        return bool(_PAID_LINK.search(text) or _SHORT_LINK.match(text.strip()))
    return True


def slug_of(profile_url: str) -> str:
    """Return the normalised slug of a LinkedIn profile address, such as `ada-example`.

    :raises ValidationError: where it is no address of a LinkedIn profile, or names the person by
        a user id, which must be kept as it is spelt and so is a field of its own.
    """
    identity = identity_of(profile_url)
    if not identity.slug:
        raise ValidationError(
            f"This address holds a LinkedIn user id. Put {identity.user_id} into “LinkedIn user "
            f"id” instead, or use the public address, such as {EXAMPLE}."
        )
    return identity.slug


def profile_address(slug: str) -> str:
    """Return the address of a profile: `slug_of` undoes it."""
    return f"https://www.linkedin.com/in/{slug}"


def _no_profile(text: str) -> str:
    if _LIKE_A_SLUG.fullmatch(text) and not is_nothing(text):
        return (
            f"“{text[:100]}” is no address. Where a column holds only the last part of each, map "
            f"it to “Last part of the profile address”; else use an address such as {EXAMPLE}."
        )
    return f"“{text[:100]}” is no LinkedIn profile. Use an address such as {EXAMPLE}."


def _nobody(text: str) -> str:
    return (
        f"“{text[:100]}” names no person. Use the address of a LinkedIn profile, such as {EXAMPLE}."
    )


def _on_linkedin(text: str) -> SplitResult | None:
    """Return an address split up, or None where its host is not certain to be LinkedIn's."""
    if CONTROL.search(text):  # urlsplit would drop them, and so join two addresses in one
        return None
    try:
        parts = urlsplit(redirects.with_scheme(text))
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    is_web = parts.scheme.lower() in {"http", "https"} and "@" not in parts.netloc
    return parts if is_web and addresses.HOST.fullmatch(host) else None


def _identity_in_path(step: str, text: str) -> Identity:
    name = unquote(step).strip()
    decoded = addresses.id_of_urn(name)
    if decoded != name and not is_id(decoded):
        raise ValidationError(
            f"“{text[:100]}” holds a number that LinkedIn alone knows. Use the public address, "
            f"such as {EXAMPLE}."
        )
    if USER_ID.fullmatch(decoded):
        return Identity(user_id=decoded)
    if FOREIGN_ID.fullmatch(decoded):
        raise ValidationError(
            f"“{text[:100]}” holds an id of Sales Navigator or Recruiter{_PAID}, such as {EXAMPLE}."
        )
    if SPOILT_ID.fullmatch(decoded):
        raise ValidationError(
            f"“{text[:100]}” holds a LinkedIn id in lower case, which names nobody. Export it "
            f"again as it is spelt, or use the public address, such as {EXAMPLE}."
        )
    return Identity(slug=_fit_slug(decoded, text))


def _slug_of_old_form(steps: list[str], text: str) -> str:
    """Turn `ada-example/1/2b/3c4` into `ada-example-3c402b1`: reversed, the last two padded.

    Source: LinkedIn's redirects, as recorded by the npm package linkedin-canonical-url.
    """
    name, numbers = steps[:1], steps[1:4]
    if len(numbers) != 3 or not all(map(_OLD_PROFILE_NUMBER.fullmatch, numbers)):
        raise ValidationError(_no_profile(text))
    first, second, third = numbers
    return _fit_slug(f"{name[0]}-{third:0>3}{second:0>3}{first}", text)


def _fit_slug(step: str, text: str) -> str:
    slug = normalised_slug(step)
    if is_cut_off(step) or is_cut_off(slug):
        raise ValidationError(
            f"“{text[:100]}” was cut off, so it names nobody. Use the whole address, such as "
            f"{EXAMPLE}."
        )
    if not is_fit(slug):
        raise ValidationError(_nobody(text))
    return slug


def fit_user_id(value: str) -> str:
    """Return a LinkedIn user id as it may be stored.

    :raises ValidationError: where it is none that an invitation can be sent to.
    """
    text = value.strip()
    if not USER_ID.fullmatch(text) or len(text) > 200:
        raise ValidationError(
            f"“{text[:100]}” is no LinkedIn user id. It begins with ACoAA, spelt exactly; ids "
            "of Sales Navigator (ACw…) and of Recruiter (AE…) cannot be invited."
        )
    return text


def user_id_in(value: str) -> str:
    """Return the LinkedIn user id that a text is, or that an address or `urn:li:…` of it holds.

    :raises ValidationError: where it holds none that an invitation can be sent to.
    """
    text = value.strip()
    is_address = addresses.is_urn(text[:_LONGEST]) or _LIKE_AN_ADDRESS.search(text)
    return fit_user_id(identity_of(text).user_id or text if is_address else text)


def slug_in(value: str) -> str:
    """Return the normalised slug that somebody typed, or of the address that they pasted.

    :raises ValidationError: where it names nobody, or is a user id.
    """
    identity = identity_in(value)
    if not identity.slug:
        raise ValidationError("This is a LinkedIn user id: it belongs into “LinkedIn user id”.")
    return identity.slug


def validate_user_id(value: str) -> None:
    """Model-field validator.

    :raises ValidationError: where no invitation can be sent to it.
    """
    fit_user_id(value)


def validate_variables(value: object) -> None:
    """Model-field validator for a prospect's extra columns.

    :raises ValidationError: where they are no object of texts and numbers by name.
    """
    if not isinstance(value, dict):
        raise ValidationError('Write an object, such as {"industry": "Shipping"}.')
    for name, entry in value.items():
        if not messages.is_variable(name):
            raise ValidationError(f"“{name}” is no name. Use letters, digits and underscores.")
        if not isinstance(entry, str | int | float) or isinstance(entry, bool):
            raise ValidationError(f"“{name}” must be a text or a number.")
        if isinstance(entry, float) and not math.isfinite(entry):
            raise ValidationError(f"“{name}” must be a number that can be written down.")
        if isinstance(entry, str) and _UNKEPT.search(entry):
            raise ValidationError(f"“{name}” holds a sign that cannot be kept. Type it anew.")


def validate_profile_url(value: str) -> None:
    """Model-field validator.

    :raises ValidationError: where the address is no LinkedIn profile.
    """
    slug_of(value)


def validate_email_list(value: str) -> None:
    """Model-field validator for addresses separated by commas, semicolons or new lines.

    :raises ValidationError: naming the address that is none; also where there is none at all.
    """
    if value and not email_list(value):
        raise ValidationError("Name an address such as ada@example.com, or leave it empty.")
    for address in email_list(value):
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValidationError(f"“{address}” is no e-mail address.") from error


def email_list(value: str) -> list[str]:
    """Return the addresses in a text, in order, each once."""
    return list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", value))))


def company_key(name: str) -> str:
    """Return the spelling under which companies are compared; "" where a name has nothing to it.

    Without regard to case, spaces, width and composition, nor to the dots of a Turkish i: where one
    of two companies of nearly one name is barred, rather both are. Its own normal form. Made here
    alone, and stored: what a database takes for a small letter depends on how it was set up.
    """
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", name)).casefold()
    text = unicodedata.normalize("NFKC", text.replace("i\u0307", "i").replace("\u0131", "i"))
    return " ".join(text.split())[:COMPANY_KEY_AT_MOST].strip()


def person_value(value: str) -> str:
    """Return what a do-not-contact entry for a person is compared by: a slug or a user id.

    :raises ValidationError: where it names nobody.
    """
    identity = identity_in(value)
    return identity.slug or identity.user_id
