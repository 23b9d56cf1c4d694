"""Find people by the beginnings of words, in an index: any number of prospects takes no longer."""

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Value
from django.db.models.functions import Replace

from campaigns import people

WORDS_AT_MOST = 8

_WORD = re.compile(r"\w+")


def words_of_a_prospect() -> SearchVector:
    """Return what an index holds of a prospect: name, company, and the parts of the slug."""
    return SearchVector(
        "first_name",
        "last_name",
        "company",
        Replace("public_identifier", Value("-"), Value(" ")),
        config="simple",
    )


def matching(prospects: models.QuerySet[Any], text: str) -> models.QuerySet[Any]:
    """Return the prospects in which every word of the text begins some word.

    A profile address finds its person too, as people paste it: only the slug in it counts.
    """
    words = _WORD.findall(_slug_in(text).lower())[:WORDS_AT_MOST]
    if not words:
        return prospects.none()
    query = SearchQuery(
        " & ".join(f"{word}:*" for word in words), search_type="raw", config="simple"
    )
    found: models.QuerySet[Any] = prospects.alias(words=words_of_a_prospect())
    return found.filter(words=query)


def _slug_in(text: str) -> str:
    """Return the slug of a profile address; of what is none, or is cut off, what can be looked for.

    An address may have a query, a language or a page behind it, and be percent-encoded.
    """
    if "/" not in text:
        return text
    try:
        return people.slug_of(text)
    except ValidationError:
        return text.rpartition("/in/")[2]
