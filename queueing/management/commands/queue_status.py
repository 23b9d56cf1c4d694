"""Show how the queue stands."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from campaigns.models import LinkedInAccount, Workspace
from queueing.desk import status
from queueing.gates import words
from queueing.models import QueueItem

FAILED_AT_MOST = 20


class Command(BaseCommand):
    help = "Show counts by status, the next items, what failed and why, and usage by account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print it as JSON")
        parser.add_argument("--workspace", metavar="NAME", help="this workspace only")

    def handle(self, *args: Any, **options: Any) -> str:
        items, accounts = QueueItem.objects.all(), LinkedInAccount.objects.all()
        if options["workspace"]:
            workspace = Workspace.objects.filter(name=options["workspace"]).first()
            if workspace is None:
                raise CommandError(
                    f"--workspace: there is no workspace “{options['workspace']}”.", returncode=2
                )
            items, accounts = (
                items.filter(workspace=workspace),
                accounts.filter(workspace=workspace),
            )
        now = timezone.now()
        found: dict[str, Any] = {
            "counts": status.count_by_status(items),
            "next": [_waiting(waiting) for waiting in status.next_pending(items, now)],
            "failed": [_failed(item) for item in status.failed(items, FAILED_AT_MOST)],
            "accounts": [_usage(usage) for usage in status.usage(accounts, now)],
        }
        return json.dumps(found) if options["json"] else _as_text(found)


def _waiting(waiting: status.Waiting) -> dict[str, Any]:
    report = waiting.report
    return {
        "id": str(waiting.item.pk),
        "name": str(waiting.item.prospect),
        "campaign": str(waiting.item.campaign),
        "account": str(waiting.item.linkedin_account),
        "scheduled_for": waiting.item.scheduled_for.isoformat(),
        "waits_for": words.waits_for(report),
        "detail": report.binding.detail if report.binding else "It goes with the next run",
        "earliest": report.earliest.isoformat() if report.earliest else None,
    }


def _failed(item: QueueItem) -> dict[str, Any]:
    return {
        "id": str(item.pk),
        "name": str(item.prospect),
        "campaign": str(item.campaign),
        "error_code": item.error_code,
        "error_message": item.error_message,
    }


def _usage(usage: status.Usage) -> dict[str, Any]:
    facts = usage.facts
    return {
        "id": str(usage.account.pk),
        "name": str(usage.account),
        "status": usage.account.status,
        "sent_today": facts.sent_today,
        "daily_limit": facts.daily.value,
        "daily_limit_source": facts.daily.source,
        "sent_in_7_days": facts.sent_this_week,
        "weekly_limit": facts.weekly.value,
        "weekly_limit_source": facts.weekly.source,
        "rests_until": usage.rests_until.isoformat() if usage.rests_until else None,
    }


def _as_text(found: dict[str, Any]) -> str:
    lines = ["By status:"]
    lines += [f"  {name:<12}{number:>8}" for name, number in found["counts"].items()]
    lines += ["", "Next pending:"]
    lines += [
        f"  {row['scheduled_for'][:16]}  {row['name']} ({row['campaign']}): {row['detail']}"
        for row in found["next"]
    ] or ["  none"]
    lines += ["", f"Failed (the last {FAILED_AT_MOST} at most):"]
    lines += [
        f"  {row['name']} ({row['campaign']}): {row['error_message'] or row['error_code']}"
        for row in found["failed"]
    ] or ["  none"]
    lines += ["", "Accounts:"]
    lines += [_account_line(row) for row in found["accounts"]] or ["  none"]
    return "\n".join(lines)


def _account_line(row: dict[str, Any]) -> str:
    rest = f", rests until {row['rests_until'][:16]} UTC" if row["rests_until"] else ""
    return (
        f"  {row['name']} ({row['status']}): "
        f"today {row['sent_today']}/{row['daily_limit']} ({row['daily_limit_source']}), "
        f"7 days {row['sent_in_7_days']}/{row['weekly_limit']} ({row['weekly_limit_source']}){rest}"
    )
