"""`python -m sandbox`: serve the sandbox until it is told to stop."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.app import Core, Options, default_accounts
from sandbox.clock import parse
from sandbox.faults import Weather
from sandbox.journal import JournalError
from sandbox.model import APIS, CAP_ERRORS, Account, Settings, Tier
from sandbox.server import bind, serve


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


def _port(text: str) -> int:
    number = _whole(text)
    if number > 65535:
        raise argparse.ArgumentTypeError("must be at most 65535")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1e9:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


def _rate(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return number


def _account(text: str) -> Account:
    account_id, _, tier = text.rpartition(":")
    if not account_id or tier not in list(Tier):
        raise argparse.ArgumentTypeError(
            f"{text!r} must be ID:TYPE, and TYPE one of {', '.join(Tier)}"
        )
    return Account(account_id, Tier(tier))


def _instant(text: str) -> datetime:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant") from error


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    plain = Settings()
    add = parser.add_argument
    seconds: dict[str, Any] = {"type": _seconds, "metavar": "SECONDS"}
    number: dict[str, Any] = {"type": _whole, "metavar": "N"}
    share: dict[str, Any] = {"type": _rate, "metavar": "SHARE", "default": 0.0}
    add("--lag", **seconds, default=plain.lag_seconds, help="before a new invitation shows")
    add("--profile-lag", **seconds, help="the same for profiles alone")
    add("--day-cap", **number, default=plain.day_cap, help="invitations in 24 hours")
    add("--week-cap", **number, default=plain.week_cap, help="invitations in 7 days")
    add("--month-note-cap", **number, help="notes from a free account in 30 days; none if left out")
    add("--cap-error", choices=CAP_ERRORS, default=plain.cap_error, help="answer at a cap")
    add("--page-cap", **number, default=plain.page_cap, help="longest page of sent ones")
    add("--note-error", choices=CAP_ERRORS, help="answer at the cap of notes; left out: as at any")
    add("--accept-rate", **share, help="share of people who accept an invitation")
    add("--decline-rate", **share, help="who decline it: it vanishes")
    add("--ignore-rate", **share, help="who ignore it")
    add("--withdraw-rate", **share, help="whose invitation its sender withdraws by hand")
    add("--answer-seconds", **seconds, default=plain.answer_seconds, help="within which they do so")
    add("--unknown-strangers", action="store_true", help="name who is out of network UNKNOWN")
    add("--people-seed", **number, default=plain.people_seed, help="makes what they do repeatable")
    add("--reply-rate", **share, help="share of people who answer the first that they are told")
    add("--reply-seconds", **seconds, default=plain.reply_seconds, help="within which they do so")
    add("--message-lag", **seconds, default=plain.message_lag_seconds, help="of the chats")
    add("--webhook-delay", **seconds, default=0.0, help="before webhooks are told of new relations")
    add("--allow-repeats", action="store_true", help="a second invitation is a second effect")
    add("--clock", type=_instant, metavar="INSTANT", help="start the clock there; it ticks on")
    add("--fault-rate", **share, help="share of the calls that send which fail somehow")
    add("--fault-hides", **share, help="of those that are sent and not answered so")
    add("--fault-blinds", **share, help="share of look-ups that fail")
    add("--fault-seed", **number, default=1, help="makes the failures repeatable")
    add("--fault-seconds", **seconds, default=30.0, help="length of random hangs, delays, drips")


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of an option unless that is nothing."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default in (None, False) or action.dest == "api_key":
            return action.help
        return super()._get_help_string(action)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A stand-in for Unipile's API, version 1 or 2 (LinkedIn). Nothing"
        " leaves this machine and nobody is real.",
        formatter_class=_Formatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=_port, default=8090, help="port to listen on; 0 picks a free one")
    key = os.environ.get("SANDBOX_API_KEY") or Options().api_key
    told = "the X-API-KEY that callers must send; SANDBOX_API_KEY keeps it from other users"
    add("--api-key", default=key, help=f"{told} (default: {Options().api_key})")
    add("--service-key", default=Options().service_key, help="V2: the key that registers webhooks")
    add("--api", choices=APIS, default=APIS[0], help="which version the key is for")
    add(
        "--account",
        type=_account,
        action="append",
        metavar="ID:TYPE",
        dest="listed",
        help=f"an account, TYPE one of {', '.join(Tier)}; repeat for more"
        " (default: one free and one sales_navigator)",
    )
    add("--accounts", type=_whole, metavar="N", help="N accounts, sandbox-account-001 and on")
    add("--state", type=Path, metavar="FILE", help="keep what happens in FILE, go on from it")
    _add_behaviour(parser)
    return parser


def _accounts(args: argparse.Namespace) -> list[Account]:
    accounts: list[Account] = list(args.listed or [])
    tiers = list(Tier)
    for number in range(args.accounts or 0):
        accounts.append(Account(f"sandbox-account-{number + 1:03d}", tiers[number % len(tiers)]))
    return accounts or default_accounts()


def options(args: argparse.Namespace) -> Options:
    """Turn the command line into how the sandbox starts."""
    return Options(
        api_key=args.api_key,
        service_key=args.service_key,
        accounts=_accounts(args),
        settings=Settings(
            lag_seconds=args.lag,
            profile_lag_seconds=args.profile_lag,
            day_cap=args.day_cap,
            week_cap=args.week_cap,
            month_note_cap=args.month_note_cap,
            cap_error=args.cap_error,
            page_cap=args.page_cap or 1,
            refuse_repeats=not args.allow_repeats,
            note_error=args.note_error,
            unknown_strangers=args.unknown_strangers,
            accept_rate=args.accept_rate,
            decline_rate=args.decline_rate,
            ignore_rate=args.ignore_rate,
            withdraw_rate=args.withdraw_rate,
            answer_seconds=args.answer_seconds,
            people_seed=args.people_seed,
            message_lag_seconds=args.message_lag,
            reply_rate=args.reply_rate,
            reply_seconds=args.reply_seconds,
            webhook_delay_seconds=args.webhook_delay,
            api=args.api,
        ),
        weather=Weather(
            args.fault_rate,
            args.fault_hides,
            args.fault_blinds,
            args.fault_seed,
            args.fault_seconds,
        ),
        clock_start=args.clock,
        state=args.state,
    )


def main(argv: list[str] | None = None) -> int:
    """Run the sandbox; return 0 after a stop, 1 if it cannot start."""
    args = _parser().parse_args(argv)
    try:
        core = Core(options(args))
        listener = bind(args.host, args.port)
    except JournalError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    except OSError as error:
        where = error.filename or f"{args.host}:{args.port}"
        sys.stderr.write(f"sandbox: {where}: {error.strerror}\n")
        return 1
    with listener:
        serve(core, listener)
    return 0


if __name__ == "__main__":
    sys.exit(main())
