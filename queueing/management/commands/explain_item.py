"""Say why an item has not been sent yet."""

import datetime as dt
import json
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from queueing import gates, planning
from queueing.looking import next_steps
from queueing.models import QueueItem


class Command(BaseCommand):
    help = "Ask every gate why an item has not been sent yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="the item's id, a UUID, as its page in the admin shows it")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> str:
        now = timezone.now()
        try:
            report = gates.report(uuid.UUID(options["id"]), now)
        except ValueError as error:
            raise CommandError(f"id: “{options['id']}” is no UUID.", returncode=2) from error
        except QueueItem.DoesNotExist as error:
            raise CommandError(f"id: there is no item {options['id']}.") from error
        item = QueueItem.objects.select_related("linkedin_account").get(pk=options["id"])
        foreseen = planning.foreseen_at(item, now) if report.earliest else None
        happens_next = next_steps.of(item, now)
        if options["json"]:
            return json.dumps(_as_json(report, foreseen, happens_next))
        return _as_text(report, foreseen, happens_next)


def _as_json(
    report: gates.Report, foreseen: dt.datetime | None, happens_next: str
) -> dict[str, Any]:
    return {
        "may_go_now": report.is_open,
        "waits_for": report.binding.gate if report.binding else None,
        "somebody_must_act": any(state.somebody_must_act for state in report.states),
        "earliest": report.earliest.isoformat() if report.earliest else None,
        "foreseen": foreseen.isoformat() if foreseen else None,
        "happens_next": happens_next,
        "gates": [
            {
                "gate": state.gate,
                "open": state.is_open,
                "detail": state.detail,
                "opens_at": state.opens_at.isoformat() if state.opens_at else None,
                "somebody_must_act": state.somebody_must_act,
            }
            for state in report.states
        ],
    }


def _as_text(report: gates.Report, foreseen: dt.datetime | None, happens_next: str) -> str:
    lines = [
        f"{'open  ' if state.is_open else 'CLOSED'}  {state.detail}" for state in report.states
    ]
    if report.is_open:
        lines.append("It goes with the next run.")
    elif report.binding and report.binding.gate != gates.Gate.PENDING:
        act = " Somebody must act." if report.binding.somebody_must_act else ""
        lines.append(f"It waits for this: {report.binding.detail}.{act}")
    if report.earliest and not report.is_open:
        lines.append(f"Earliest: {report.earliest:%Y-%m-%d %H:%M} UTC")
    if foreseen:
        lines.append(f"Foreseen, after all that goes before it: {foreseen:%Y-%m-%d %H:%M} UTC")
    if happens_next:
        lines.append(f"What happens next: {happens_next}")
    return "\n".join(lines)
