"""A run from its first note to its result: what the command, the endpoint and the admin call."""

import datetime as dt
import json
import logging
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django import db
from django.conf import settings
from django.db.models import Count

from campaigns.models import Campaign, LinkedInAccount
from queueing import gates, tracing
from queueing.gates import Explainer, Gate, GateState, explaining
from queueing.models import Installation, Kind, ProcessRun, QueueItem
from queueing.sending import choosing, claiming, processing, recording
from queueing.sending.clocks import Clock
from queueing.sending.sharing import Share
from queueing.sending.turns import ItemResult, Run
from queueing.telling import Fence, notices
from queueing.unipile import Client, Version, connect

logger = logging.getLogger(__name__)


class NotConnectedError(Exception):
    """There is no Unipile to talk to."""


def unipile_client(total_timeout: float | None = None) -> Client:
    """Return a client for Unipile, or for the sandbox where no Unipile is configured.

    :param total_timeout: seconds that a call may take; a page waits less long than a run.
    :raises NotConnectedError: where neither can be had; the message says what to do.
    """
    if settings.UNIPILE_DSN:
        try:
            return configured_client(total_timeout)
        except ValueError as error:
            raise NotConnectedError(str(error)) from error
    path = Path(settings.SANDBOX_FILE)
    try:
        sandbox = json.loads(path.read_text())
        return connect(
            sandbox["url"],
            sandbox["api_key"],
            total_timeout=total_timeout or settings.CALL_TOTAL_SECONDS,
        )
    except (OSError, ValueError, KeyError) as error:
        raise NotConnectedError(
            "The sandbox is not running. Start it with `make run`, or set UNIPILE_DSN and "
            "UNIPILE_API_KEY to send for real."
        ) from error


def version_spoken() -> str:
    """Return which version of the API `unipile_client` speaks; the sandbox beside us speaks V1."""
    return settings.UNIPILE_API_VERSION if settings.UNIPILE_DSN else Version.V1


def configured_client(total_timeout: float | None = None) -> Client:
    """Return a client for the Unipile of the settings.

    :raises ValueError: with what to do, where address, keys and version do not go together.
    """
    return connect(
        settings.UNIPILE_DSN,
        settings.UNIPILE_API_KEY,
        settings.UNIPILE_API_VERSION,
        service_key=settings.UNIPILE_SERVICE_KEY,
        total_timeout=total_timeout or settings.CALL_TOTAL_SECONDS,
    )


def run(
    trigger: str,
    clock: Clock,
    *,
    client: Client | None = None,
    limit: int | None = None,
    account: uuid.UUID | None = None,
    concurrency: int | None = None,
    deadline_seconds: float | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    share: Share | None = None,
) -> dict[str, Any]:
    """Make one run of the queue and return its result, as the command and the endpoint print it.

    The run is noted before it begins; whatever ends it early is noted too.

    :raises NotConnectedError: where there is no Unipile to talk to.
    """
    row = ProcessRun.objects.create(trigger=trigger, started_at=clock())

    def make() -> Run:
        return processing.process_queue(
            client or unipile_client(),
            clock=clock,
            row=row,
            limit=limit,
            account=account,
            concurrency=concurrency or settings.SEND_CONCURRENCY,
            deadline_seconds=deadline_seconds or settings.SEND_RUN_DEADLINE_SECONDS,
            should_stop=should_stop,
            share=share,
        )

    with tracing.about(run=row.pk):
        return _noted(row, clock, make, account)


def _noted(
    row: ProcessRun, clock: Clock, make: Callable[[], Run], account: uuid.UUID | None
) -> dict[str, Any]:
    if held := Installation.meet(row.started_at):
        recording.stop_sending(held, row.started_at)
    try:
        made = make()
        result = result_of(made.results, clock(), account, made.fence)
    except BaseException as error:  # SystemExit too: django-q2 ends a task with it
        _finish(row, clock(), {}, f"Ended early: {type(error).__name__}: {error}")
        raise
    counts = Counter(item.status for item in made.results)
    _finish(row, clock(), {**counts, "held": result["held"]}, result["message"])
    if made.fence.aside:
        result["set_aside"] = made.fence.aside
    notices.send_digests(clock())
    return result


def _finish(row: ProcessRun, now: dt.datetime, counts: dict[str, Any], message: str) -> None:
    row.finished_at, row.counts, row.message = now, counts, message
    try:
        row.save(update_fields=["finished_at", "counts", "message"])
    except db.Error:
        logger.exception("The end of the run cannot be noted: %s", message)


def result_of(
    results: list[ItemResult],
    now: dt.datetime,
    account: uuid.UUID | None = None,
    fence: Fence | None = None,
) -> dict[str, Any]:
    """Return a run's result: the shape is relied on by callers of the endpoint and of `--json`."""
    sent = processing.sent_results(results)
    remaining = QueueItem.objects.pending().count()
    held, binding = held_by_gate(now, account, fence)
    return {
        "success": True,
        "processed": len(sent),
        "sent_to": sent[0].name if sent else None,
        "remaining_in_queue": remaining,
        "message": _message(sent, results, remaining, binding),
        "results": [_as_json(result) for result in results],
        "held": held,
    }


_IN_RESULTS = {
    Kind.CONNECTION_REQUEST: "CR",
    Kind.MESSAGE: "message",
    Kind.WITHDRAWAL: "withdrawal",
}


def _what(sent: list[ItemResult]) -> str:
    """Count what was sent by kind: “CR”, “3 CRs and 1 message”."""
    counts = Counter(result.kind for result in sent)
    if set(counts) == {Kind.CONNECTION_REQUEST.value} and len(sent) == 1:
        return "CR"
    return " and ".join(
        f"{counts[kind]} {word}{'' if counts[kind] == 1 else 's'}"
        for kind, word in _IN_RESULTS.items()
        if counts[kind]
    )


def _message(
    sent: list[ItemResult],
    results: list[ItemResult],
    remaining: int,
    binding: GateState | None,
) -> str:
    if sent:
        return f"{_what(sent)} sent. {remaining} messages remaining in queue"
    if results:
        first = results[0]
        return (
            f"Nothing sent. {len(results)} tried; the first, {first.name}, is {first.status}: "
            f"{first.error_message}"
        )
    if binding is None:
        return "No messages due"
    in_old_words = _HELD_MESSAGES.get(binding.gate)
    return in_old_words(binding) if in_old_words else binding.detail


# The words that the replaced system used; other gates speak for themselves.
_HELD_MESSAGES: dict[Gate, Callable[[GateState], str]] = {
    Gate.HOURS_OPEN: lambda state: "Skipped due to schedule restrictions",
    Gate.DAILY_CAP: lambda state: f"Daily limit reached ({state.count}/{state.limit})",
    Gate.WEEKLY_CAP: lambda state: f"Weekly limit reached ({state.count}/{state.limit})",
}


def _as_json(result: ItemResult) -> dict[str, Any]:
    return {
        "id": str(result.item_id),
        "name": result.name,
        "status": result.status,
        "error_code": result.error_code,
        "error_message": result.error_message,
    }


def held_by_gate(
    now: dt.datetime, account: uuid.UUID | None = None, fence: Fence | None = None
) -> tuple[dict[str, int], GateState | None]:
    """Count the due items by the gate that holds them, and say which gate holds most.

    Items of one account and campaign share every gate but the do-not-contact list, so each such
    group is asked once.
    """
    due = QueueItem.objects.due(now)
    if account is not None:
        due = due.filter(linkedin_account=account)
    due = due.order_by().annotate(
        do_not_contact=gates.on_do_not_contact_list(), note=gates.KIND_OF_NOTE
    )
    one = ("linkedin_account", "campaign", "do_not_contact", *explaining.Sort._fields)
    groups = list(due.values(*one).annotate(number=Count("id")))
    campaigns = Campaign.objects.filter(pk__in={group["campaign"] for group in groups})
    fence = fence or Fence(now)
    explain = Explainer(now, {group["linkedin_account"] for group in groups}, campaigns)
    held: Counter[str] = Counter()
    closed: dict[str, tuple[int, GateState]] = {}
    for group in groups:
        state = None
        with fence.around(f"What campaign {group['campaign']} waits for"):
            state = explain.report(
                group["linkedin_account"],
                group["campaign"],
                do_not_contact=group["do_not_contact"],
                sort=explaining.Sort(group["kind"], group["note"], group["by_hand"]),
            ).binding
        if state is None:
            continue
        held[state.gate] += group["number"]
        most, _ = closed.get(state.gate, (0, state))
        if group["number"] > most:
            closed[state.gate] = (group["number"], state)
    if not held:
        return {}, None
    binding = held.most_common(1)[0][0]
    return dict(held), closed[binding][1]


def would_send(
    now: dt.datetime, limit: int | None = None, account: uuid.UUID | None = None
) -> list[QueueItem]:
    """Return what a run would claim now, in order; changes nothing."""
    found: list[QueueItem] = []
    for turn in claiming.in_turn(now, account):
        row = LinkedInAccount.objects.select_related("workspace").get(pk=turn.account_id)
        found.extend(choosing.next_open_items([row], now, kind=turn.kind).values())
    return found[:limit]
