"""See to it that Unipile tells by webhook what SendQ needs to know."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueing.looking import events
from queueing.sending import runs
from queueing.unipile import UnipileError


class Command(BaseCommand):
    help = (
        "Register the webhooks at Unipile, or check them. Without them everything works, only "
        "later: SendQ asks from time to time. Harmless twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default="", help="where they are to arrive; else SITE_URL and the usual path"
        )
        parser.add_argument("--check", action="store_true", help="change nothing; fail if missing")

    def handle(self, *args: Any, **options: Any) -> str:
        url = options["url"] or events.webhook_address()
        secrets = settings.UNIPILE_WEBHOOK_SECRETS
        try:
            client = runs.unipile_client()
            if options["check"]:
                return self._checked(client.missing_webhooks(url), url)
            made = client.register_webhooks(url, secrets[0] if secrets else "")
        except (runs.NotConnectedError, UnipileError) as error:
            raise CommandError(str(error)) from error
        told = "\n".join(made.lines) or "All webhooks are there."
        if made.secret:
            told += f"\nSet UNIPILE_WEBHOOK_SECRET to this; it is shown once: {made.secret}"
        return told

    def _checked(self, missing: tuple[str, ...], url: str) -> str:
        if missing:
            raise CommandError("\n".join(missing))
        return f"All webhooks tell {url} what is needed."
