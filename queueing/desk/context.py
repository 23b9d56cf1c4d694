"""What every page's template can use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from queueing.models import SendingStop


def site(request: HttpRequest) -> dict[str, Any]:
    """Say on every page whether real people are written to or the sandbox, and if all is stopped.

    The stop is read where a template shows it: not for those who have not logged in.
    """
    return {"in_sandbox": settings.IN_SANDBOX, "open_stop": SimpleLazyObject(_open_stop)}


def _open_stop() -> SendingStop | None:
    return SendingStop.objects.open().select_related("stopped_by").first()
