"""The one client that somebody has chosen to see: lists are narrowed to it until they change it.

A page of one row is shown all the same: a link from a mail must not end nowhere.
"""

import uuid
from typing import Any

from django.http import HttpRequest

NARROWED_TO = "_narrowed_to"
CHOSEN = "_chosen_client"


def remember(request: HttpRequest, chosen: uuid.UUID | None) -> None:
    """Note on the user of a request which client they have chosen."""
    setattr(request.user, CHOSEN, chosen)
    setattr(request.user, NARROWED_TO, chosen)


def widen_for(request: HttpRequest, view_kwargs: dict[str, Any]) -> None:
    """Narrow no page of a single row, nor the choices of its form."""
    match = request.resolver_match
    if "object_id" in view_kwargs or (match and match.url_name == "autocomplete"):
        setattr(request.user, NARROWED_TO, None)


def of(user: Any) -> uuid.UUID | None:
    """Return the client that somebody has chosen."""
    chosen: uuid.UUID | None = getattr(user, CHOSEN, None)
    return chosen


def narrows(user: Any) -> uuid.UUID | None:
    """Return the client that this page is narrowed to."""
    chosen: uuid.UUID | None = getattr(user, NARROWED_TO, None)
    return chosen
