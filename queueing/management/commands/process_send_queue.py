"""Make one run of the send queue."""

import argparse
import json
import signal
import threading
import uuid
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, CommandParser

from queueing.management.ending import ended
from queueing.management.jobs import JobCommand
from queueing.management.named import account_named
from queueing.models import ProcessRun
from queueing.sending import DatabaseClock, runs, sharing


def a_positive_number(text: str) -> int:
    """argparse type.

    :raises argparse.ArgumentTypeError: where the text is no whole number from 1 on.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no whole number from 1 on")
    return int(text)


def a_share(text: str) -> sharing.Share:
    """argparse type.

    :raises argparse.ArgumentTypeError: where the text is no share.
    """
    try:
        return sharing.Share.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


WHOLE_RUNS_ONLY = ("limit", "account", "dry_run")


class Command(JobCommand):
    help = "Send what may go now, at most one request of each account."
    requires_system_checks = ["queueing"]  # those of the pages would import them all

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=a_positive_number, help="send at most so many")
        parser.add_argument("--account", help="this account only: its id, or its Unipile id")
        parser.add_argument("--concurrency", type=a_positive_number, help="calls at once")
        parser.add_argument("--dry-run", action="store_true", help="show what would be sent")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument(
            "--trigger",
            choices=[ProcessRun.Trigger.COMMAND, ProcessRun.Trigger.SCHEDULE],
            default=ProcessRun.Trigger.COMMAND,
            help="“schedule” where a clock starts it: accounts then leave some seconds apart",
        )
        parser.add_argument(
            "--distribute",
            type=a_positive_number,
            metavar="N",
            help="send nothing here: hand N shares of it to the clusters",
        )
        parser.add_argument(
            "--share",
            type=a_share,
            help="one that --distribute has handed out, such as 2/4@2026-07-08T16:00:00+00:00",
        )

    def handle(self, *args: Any, **options: Any) -> str:
        _refuse_what_does_not_go_together(options)
        if options["distribute"]:
            sharing.hand_out(options["distribute"], DatabaseClock()())
            return f"Handed {options['distribute']} shares to the clusters"
        if options["share"]:
            return self._share(options["share"], options)
        return self._run(options)

    def _share(self, share: sharing.Share, options: dict[str, Any]) -> str:
        clock = DatabaseClock()
        with sharing.the_only_one_here() as is_alone:
            if share.is_late(clock()):
                return f"Share {share} comes too late: the others have done its part"
            if not is_alone and sharing.give_back(share, clock):
                return f"Share {share} was given back: this machine is at another one"
            return self._run(options)

    def _run(self, options: dict[str, Any]) -> str:
        account = _account_id(options["account"])
        if options["dry_run"]:
            return self._dry_run(options["limit"], account, as_json=options["json"])
        try:
            with Stopping() as stopping:
                result = runs.run(
                    options["trigger"],
                    DatabaseClock(),
                    limit=options["limit"],
                    account=account,
                    concurrency=options["concurrency"],
                    should_stop=stopping.is_set,
                    share=options["share"],
                )
        except runs.NotConnectedError as error:
            raise CommandError(str(error)) from error
        told = json.dumps(result) if options["json"] else str(result["message"])
        return ended(self, told, result.get("set_aside", ()))

    def _dry_run(self, limit: int | None, account: uuid.UUID | None, *, as_json: bool) -> str:
        items = runs.would_send(DatabaseClock()(), limit, account)
        if as_json:
            listed = [{"id": str(item.pk), "name": str(item.prospect)} for item in items]
            return json.dumps({"dry_run": True, "would_send": listed})
        lines = [f"{item.prospect} ({item.campaign})" for item in items]
        return "\n".join(
            [f"Would send {len(items)}:", *lines] if items else ["Would send nothing."]
        )


def _refuse_what_does_not_go_together(options: dict[str, Any]) -> None:
    for one in ("distribute", "share"):
        others = [each for each in (*WHOLE_RUNS_ONLY, "distribute") if each != one]
        for other in others if options[one] else ():
            if options[other]:
                name = other.replace("_", "-")
                raise CommandError(f"--{one} and --{name} do not go together: leave one away.")


def _account_id(text: str | None) -> uuid.UUID | None:
    return None if text is None else account_named(text).pk


class Stopping:
    """While in force, SIGTERM and SIGINT ask the run to end after the calls in flight.

    In the main thread only, for no other may set signal handlers.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stopping":
        if threading.current_thread() is threading.main_thread():
            for number in self.SIGNALS:
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked.set()

    def is_set(self) -> bool:
        return self._asked.is_set()
