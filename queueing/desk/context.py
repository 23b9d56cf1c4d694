"""What every page's template can use."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from campaigns.models import Workspace
from campaigns.pages import behind_walls
from queueing.models import SendingStop


def site(request: HttpRequest) -> dict[str, Any]:
    """Say on every page whether real people are written to or the sandbox, and if all is stopped.

    The stop is read where a template shows it: not for those who have not logged in.
    """
    user = getattr(request, "user", None)
    open_stops = SimpleLazyObject(lambda: stops_shown_to(user) if user else [])
    return {"in_sandbox": settings.IN_SANDBOX, "open_stops": open_stops}


def stops_shown_to(user: User | AnonymousUser) -> list[SendingStop]:
    """Return the open stops that concern a user: of all workspaces, then of theirs."""
    stops = SendingStop.objects.open().select_related("stopped_by", "workspace")
    if not user.is_superuser:
        mine = behind_walls(Workspace.objects.all(), user, "pk")
        stops = stops.filter(Q(workspace__isnull=True) | Q(workspace__in=mine))
    return list(stops.order_by(F("workspace").asc(nulls_first=True)))
