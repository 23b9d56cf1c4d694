"""What every page's template can use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, bool]:
    """Say on every page whether real people are written to or the sandbox."""
    return {"in_sandbox": settings.IN_SANDBOX}
