"""Who a person is: one spelling for a profile address, a slug, a company."""

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

PROVIDER_ID = re.compile(r"A[A-Za-z]o?[A-Za-z0-9_-]{10,}")
_PROFILE_HOST = re.compile(r"(?:[a-z0-9-]+\.)*linkedin\.com", re.IGNORECASE)
_UNFIT_FOR_A_SLUG = re.compile(r"[\s/?#\\<>\x00-\x1f\x7f]")


def normalised_slug(slug: str) -> str:
    """Return the one spelling of a public identifier: decoded, composed (NFC), in lower case.

    LinkedIn does not tell upper from lower case in it. Decodes until nothing changes, so that
    the normal form is its own normal form.
    """
    while (decoded := unquote(slug)) != slug:
        slug = decoded
    return unicodedata.normalize("NFC", slug.strip().lower())


def slug_of(profile_url: str) -> str:
    """Return the normalised slug of a LinkedIn profile address, such as `ada-example`.

    Takes what people have: with or without scheme, country and mobile hosts, a language or a query
    behind it, percent-encoding.

    :raises ValidationError: where it is no address of a LinkedIn profile.
    """
    text = profile_url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    path = [step for step in parts.path.split("/") if step]
    if not _PROFILE_HOST.fullmatch(host) or len(path) < 2 or path[0].lower() != "in":
        raise ValidationError(
            f"“{text[:200]}” is no LinkedIn profile. Use an address such as "
            "https://www.linkedin.com/in/ada-example."
        )
    slug = normalised_slug(path[1])
    if not slug or len(slug) > 200 or _UNFIT_FOR_A_SLUG.search(slug):
        raise ValidationError(f"“{text[:200]}” names no LinkedIn profile that could be read.")
    return slug


def validate_profile_url(value: str) -> None:
    """Model-field validator.

    :raises ValidationError: where the address is no LinkedIn profile.
    """
    slug_of(value)


def validate_email_list(value: str) -> None:
    """Model-field validator for addresses separated by commas, semicolons or new lines.

    :raises ValidationError: naming the address that is none.
    """
    for address in email_list(value):
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValidationError(f"“{address}” is no e-mail address.") from error


def email_list(value: str) -> list[str]:
    """Return the addresses in a text, in order, each once."""
    return list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", value))))


def company_key(name: str) -> str:
    """Return the spelling under which companies are compared: one space, lower case.

    :raises ValidationError: where nothing is left.
    """
    key = " ".join(name.split()).lower()
    if not key:
        raise ValidationError({"value": "Give the company's name."})
    return key


def person_value(value: str) -> str:
    """Return what a do-not-contact entry for a person is compared by: a slug or a provider id.

    :raises ValidationError: where it names nobody.
    """
    text = value.strip()
    if "linkedin." in text.lower() or "://" in text:
        return slug_of(text)
    if PROVIDER_ID.fullmatch(text):
        return text
    slug = normalised_slug(text)
    if not slug or _UNFIT_FOR_A_SLUG.search(slug):
        raise ValidationError(
            {
                "value": f"“{text[:200]}” names no person. Use a profile address, its last part "
                "(ada-example), or a LinkedIn user id."
            }
        )
    return slug
