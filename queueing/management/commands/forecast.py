"""Show what will go when, before it goes."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from campaigns.models import Campaign, Workspace
from queueing import planning
from queueing.management.named import campaign_named, workspace_named
from queueing.models import PLURAL, Kind


class Command(BaseCommand):
    help = (
        "Show, by day and account, how many will go and what binds: of a campaign with "
        "the people that are not queued yet, or of all that a workspace has queued."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", metavar="CAMPAIGN", nargs="?", help="the campaign's name")
        parser.add_argument(
            "--workspace", metavar="NAME", help="this workspace, or the campaign in it"
        )
        parser.add_argument(
            "--kind",
            choices=Kind.values,
            default=Kind.CONNECTION_REQUEST,
            help="what is foreseen: requests, or the messages or withdrawals planned by now",
        )
        parser.add_argument("--json", action="store_true", help="print the forecast as JSON")

    def handle(self, *args: Any, **options: Any) -> str:
        now, what = timezone.now(), _what(options["campaign"], options["workspace"])
        kind = Kind(options["kind"])
        if isinstance(what, Campaign):
            forecast = planning.forecast_campaign(what, now, kind=kind)
        else:
            forecast = planning.forecast_workspace(what, now, kind=kind)
        if options["json"]:
            return json.dumps(as_json(forecast))
        return "\n".join(in_words(what, forecast, PLURAL[kind]))


def _what(campaign: str | None, workspace: str | None) -> Campaign | Workspace:
    if campaign is not None:
        return campaign_named(campaign, workspace)
    if workspace is not None:
        return workspace_named(workspace)
    raise CommandError("Name a campaign, or a workspace with --workspace NAME.", returncode=2)


def as_json(forecast: planning.Forecast) -> dict[str, object]:
    """Return a forecast for programs: instants in UTC, days of the daily cap."""
    return {
        "count": len(forecast.sends),
        "last_at": forecast.last_at.isoformat() if forecast.last_at else None,
        "what_binds": forecast.what_binds(),
        "note": forecast.note,
        "held": forecast.held,
        "left_out": forecast.left_out,
        "days": [
            {
                "day": row.day.isoformat(),
                "account": row.account,
                "count": row.count,
                "first_at": row.first_at.isoformat(),
                "last_at": row.last_at.isoformat(),
                "binds": row.binds.detail if row.binds else None,
            }
            for row in forecast.days
        ],
    }


def in_words(
    what: Campaign | Workspace, forecast: planning.Forecast, of: str = "requests"
) -> Iterator[str]:
    """Yield the lines of a table for people."""
    if forecast.note:
        yield forecast.note
    if forecast.last_at is None:
        yield f"“{what}”: nothing will go."
    else:
        end = f"{forecast.last_at:%a %Y-%m-%d at %H:%M} UTC"
        yield f"“{what}”: {len(forecast.sends)} {of}, the last on {end}."
        width = max(len("Account"), *(len(row.account) for row in forecast.days))
        yield f"{'Day':14}  {'Account':{width}}  {of.capitalize():>8}  Last at  What binds"
        for row in forecast.days:
            binds = row.binds.detail if row.binds else ""
            yield (
                f"{row.day:%a %Y-%m-%d}  {row.account:{width}}  {row.count:8}  "
                f"{row.last_at:%H:%M}    {binds}"
            ).rstrip()
        yield f"What binds most: {forecast.what_binds()}"
    for reason, number in forecast.held.items():
        yield f"Held {number}. {reason}"
    for reason, number in forecast.left_out.items():
        yield f"Left out {number}. {reason}"
