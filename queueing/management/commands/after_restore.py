"""Let a database that was restored, copied or moved send again, once LinkedIn was asked."""

import argparse
import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_q.brokers import get_broker
from django_q.models import OrmQ

from access.models import Session
from queueing.looking import restoring, syncing
from queueing.management.ending import ended
from queueing.models import Installation, SendingStop
from queueing.schedules import make_schedules
from queueing.sending import DatabaseClock, journal, recording, runs
from queueing.telling import Fence
from queueing.unipile import UnipileError

NOT_HELD = (
    "SendQ has always sent from this database, as far as it can tell: there is nothing to do. "
    "Where a disk was set back as a whole, say to when: --since 2026-11-28T03:00Z."
)
NOT_OURS = (
    "Unipile has LinkedIn accounts that this database does not know: {ids}. Whom they have invited "
    "is not known either. Where one was connected here after the backup, add it by its id, and "
    "before sending goes on run this again with --since {since}"
)
MOVED = "The database was moved, and nothing was sent meanwhile: let sending go on when all is up."
NEVER_SENT = "It never sent, as far as it knows. Name the time of the backup with --since."


def an_instant(text: str) -> dt.datetime:
    """argparse type.

    :raises argparse.ArgumentTypeError: where the text is no instant with a time zone.
    """
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is no time: 2026-11-28T03:00Z") from error
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"“{text}” lacks its time zone: {text}Z for UTC")
    return instant.astimezone(dt.UTC)


class Command(BaseCommand):
    help = (
        "Read from LinkedIn what was sent since the backup, end all sessions, and make this "
        "database the one that sends. Sending stays stopped until people let it go on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since",
            type=an_instant,
            metavar="TIME",
            help="when the backup was made; else the last run that it knows of",
        )
        parser.add_argument(
            "--nothing-was-sent",
            action="store_true",
            help="the database was only moved, with everything stopped: read nothing",
        )
        parser.add_argument(
            "--rest-unread",
            action="store_true",
            help="let accounts that cannot be read rest for seven days, instead of waiting",
        )

    def handle(self, *args: Any, **options: Any) -> str:
        clock = DatabaseClock()
        now = clock()
        if not Installation.why_held() and options["since"] is None:
            raise CommandError(NOT_HELD)
        is_read = not options["nothing_was_sent"]
        ready = restoring.READY if is_read else MOVED
        recording.stop_sending(ready, now)
        since = options["since"] or restoring.known_until()
        _end_what_ran()
        told = "Nothing was read, as you said."
        fence = Fence(now)
        if is_read:
            if since is None:
                raise CommandError(NEVER_SENT)
            told = self._read(clock, since, fence, rest_unread=options["rest_unread"])
        if fence.aside:
            self.stdout.write("Sending stays impossible. See to what follows, and run this again.")
            return ended(self, told, fence.aside)
        Installation.make_known(now, restored_at=now)
        _say(ready)
        return f"{told}\nLook at what is unconfirmed; then let sending go on, in the admin."

    def _read(
        self, clock: DatabaseClock, since: dt.datetime, fence: Fence, *, rest_unread: bool
    ) -> str:
        self.stdout.write(f"What was sent since {since:%Y-%m-%d %H:%M} UTC is read from LinkedIn.")
        try:
            client = runs.unipile_client()
            journal.replay(fence)
            syncing.sync_accounts(client, clock(), fence)
            unknown = restoring.not_ours(client)
        except (runs.NotConnectedError, UnipileError) as error:
            raise CommandError(str(error)) from error
        if unknown:
            told = NOT_OURS.format(ids=", ".join(unknown), since=since.isoformat())
            self.stdout.write(self.style.WARNING(told))
        became = restoring.read_back(client, clock, since, fence, rest_unread=rest_unread)
        return ", ".join(f"{number} {what}" for what, number in became.most_common()) or "Nothing"


def _end_what_ran() -> None:
    """End what the backup brought back: sessions of anybody since, and tasks that were waiting."""
    Session.objects.all().delete()
    OrmQ.objects.all().delete()
    if "redis" in settings.Q_CLUSTER:
        get_broker().purge_queue()
    make_schedules()


def _say(ready: str) -> None:
    """Say in the stop that was made of itself what is to be done about it now."""
    own = SendingStop.objects.open().of_all().filter(stopped_by__isnull=True)
    own.filter(reason__contains="after_restore").update(reason=ready)
