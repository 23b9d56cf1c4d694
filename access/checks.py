"""`manage.py check --deploy`: what weakens the ways in is named."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, Warning

SHORTEST_SECRET = 20  # characters


def register_all() -> None:
    checks.register(check_ways_in, Tags.security, deploy=True)


def check_ways_in(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of short secrets, and of an installation whose people prove themselves once only."""
    return list(_weak())


def _weak() -> Iterator[CheckMessage]:
    if 0 < len(settings.CRON_SECRET) < SHORTEST_SECRET:
        yield Warning(
            f"CRON_SECRET has fewer than {SHORTEST_SECRET} characters.",
            hint='Make one: python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
            id="access.W001",
        )
    if not settings.SECOND_FACTOR_REQUIRED:
        yield Warning(
            "Superusers and managers need no second factor.",
            hint="Remove WITHOUT_SECOND_FACTOR; a trial never asks for one.",
            id="access.W002",
        )
    if settings.SERVED_TO_OTHERS and not settings.TRUSTED_PROXIES:
        yield Warning(
            "TRUSTED_PROXIES is 0: behind a proxy all people have its address.",
            hint="Set it to the number of your proxies.",
            id="access.W003",
        )
