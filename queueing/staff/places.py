"""What people do to campaigns, accounts, and to all sending at once."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from campaigns.hours import clocks
from campaigns.models import Campaign, LinkedInAccount, Workspace
from queueing import gates
from queueing.models import PLURAL, Kind, QueueItem, SendingStop
from queueing.planning.enqueue import CannotEnqueueError, EnqueueReport, cannot_start, enqueue
from queueing.staff import items, log, triage

State = Campaign.Status
FOR_ARCHIVE = "campaign archived"  # why its requests were skipped


@dataclass(frozen=True)
class Move:
    """A campaign's change of state. `verb` is a participle."""

    verb: str
    starts_from: tuple[str, ...]
    to: str


START = Move("started", (State.DRAFT,), State.ACTIVE)
PAUSE = Move("paused", (State.ACTIVE,), State.PAUSED)
RESUME = Move("resumed", (State.PAUSED, State.COMPLETED), State.ACTIVE)
ARCHIVE = Move(
    "archived", (State.DRAFT, State.PAUSED, State.COMPLETED, State.ACTIVE), State.ARCHIVED
)


class NotNowError(Exception):
    """The row is not in the state that the change starts from; the text says so, for staff."""


@dataclass(frozen=True)
class Held:
    """What a campaign has under way: what is pending, and calls that end by themselves."""

    pending: int
    in_flight: int

    def __str__(self) -> str:
        return f"held {self.pending:,}, under way {self.in_flight:,}"


def held(campaign: Campaign) -> Held:
    """Count what a pause of the campaign holds, and what it cannot hold any more."""
    queue = QueueItem.objects.filter(campaign=campaign)
    return Held(queue.pending().count(), queue.sending().count())


def move(campaign: Campaign, to: Move, by: User, reason: str = "") -> Held:
    """Change a campaign's state, and log it.

    A claim asks for the campaign's state under its lock: what is not in flight yet stays held.

    :raises NotNowError: where the campaign is in another state by now.
    """
    with transaction.atomic():
        ready = Campaign.objects.filter(pk=campaign.pk, status__in=to.starts_from)
        if not ready.update(status=to.to):
            raise _not_now(campaign)
        log.note(by, [campaign], to.verb.capitalize(), reason)
    return held(campaign)


def _not_now(campaign: Campaign) -> NotNowError:
    campaign.refresh_from_db(fields=["status"])
    state = campaign.get_status_display().lower()
    return NotNowError(f"“{campaign}” is {state} by now: nothing was changed.")


def start(campaign: Campaign, by: User, now: dt.datetime, reason: str = "") -> EnqueueReport:
    """Queue a campaign's new people, then let it send.

    :raises NotNowError: where it is no draft any more.
    :raises planning.enqueue.CannotEnqueueError: where nobody can be queued.
    """
    if not Campaign.objects.filter(pk=campaign.pk, status__in=START.starts_from).exists():
        raise _not_now(campaign)  # before anybody is queued
    report = enqueue(campaign, now)
    if problem := cannot_start(campaign, report):
        raise CannotEnqueueError(f"“{campaign}” was not started: nobody can be queued. {problem}.")
    move(campaign, START, by, reason)
    return report


def is_half_archived(campaign: Campaign) -> bool:
    """Say whether an archived campaign still holds people: its end was interrupted."""
    is_archived = campaign.status == State.ARCHIVED
    return is_archived and QueueItem.objects.filter(campaign=campaign).pending().exists()


def archive(campaign: Campaign, by: User, reason: str, now: dt.datetime) -> items.Result:
    """End a campaign for good: what it has pending is skipped, so that its people are free again.

    What was interrupted half-way is gone on with.

    :raises NotNowError: where it is archived already, and nothing of it is pending.
    """
    queue = QueueItem.objects.filter(campaign=campaign).pending()
    if not is_half_archived(campaign):
        move(campaign, ARCHIVE, by, reason)
    return items.act(triage.Skip(), queue, by, now, reason=f"{FOR_ARCHIVE}: {reason}")


def unarchive(campaign: Campaign, to: str, by: User, reason: str) -> None:
    """Give an archived campaign the state back that it had.

    :raises NotNowError: where it is not archived any more.
    """
    move(campaign, Move("taken out of the archive", (State.ARCHIVED,), to), by, reason)


def rest(
    account: LinkedInAccount, until: dt.datetime, by: User, reason: str, now: dt.datetime
) -> None:
    """Let an account send nothing until an instant; what it rests for already stays told.

    :raises ValueError: where that is over already, or before the end of a rest under way: LinkedIn
        may have asked for that one.
    """
    if until <= now:
        raise ValueError("Choose a time that is still to come.")
    with transaction.atomic():
        locked = LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        told = reason
        if under_way := rest_under_way(locked, now):
            if locked.paused_until is not None and locked.paused_until > until:
                raise ValueError(f"{under_way} Choose a later time, or end that rest.")
            told = f"{reason} (before: {under_way.removesuffix('.')})"
        locked.rest(until, told)
        locked.changed_at = now
        locked.save(update_fields=[*locked.RESTED, "changed_at"])
        log.note(by, [account], f"Rests until {clocks.utc(until)}", reason)


def rest_under_way(account: LinkedInAccount, now: dt.datetime) -> str:
    """Say until when an account, or what it sends of a kind, rests, and why; else nothing."""
    of_kinds = kinds_at_rest(account, now)
    if account.paused_until is None or account.paused_until <= now:
        return of_kinds
    why = account.why_it_rests or "no reason given"
    told = f"It rests until {clocks.utc(account.paused_until)}: {why}."
    if account.asked_until is not None and account.shorter_rest_asked_for(now):
        told += (
            f" For LinkedIn's sake it rests until {clocks.utc(account.asked_until)} in any case: "
            f"{account.asked_reason}."
        )
    return f"{told} {of_kinds}".strip()


def kinds_at_rest(account: LinkedInAccount, now: dt.datetime) -> str:
    """Say until when what it sends of a kind rests, and why."""
    told = []
    for kind, rest in account.kind_rests.items():
        until, what = dt.datetime.fromisoformat(rest["until"]), PLURAL[Kind(kind)]
        if until > now:
            told.append(f"Its {what} rest until {clocks.utc(until)}: {rest['reason']}.")
    return " ".join(told)


def end_rest(account: LinkedInAccount, by: User, reason: str, now: dt.datetime) -> None:
    """Let an account, and all that rests of it, send again.

    A shorter rest, for LinkedIn's sake, goes on until it is ended, and so do those of kinds then.

    :raises NotNowError: where it does not rest.
    """
    with transaction.atomic():
        locked = LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        if not rest_under_way(locked, now):
            raise NotNowError(f"“{account}” does not rest any more.")
        if locked.paused_until is not None and locked.paused_until > now:
            locked.end_rest(now)
        if locked.paused_until is None or locked.paused_until <= now:
            locked.kind_rests, locked.changed_at = {}, now
            locked.save(update_fields=["kind_rests", "changed_at"])
        log.note(by, [account], "Rest ended", reason)


def mark_connected(account: LinkedInAccount, by: User, reason: str, now: dt.datetime) -> None:
    """Say that an account works again, where it was held as disconnected or restricted.

    A rest that came with that ends, too; one for another reason goes on, and says why.

    :raises NotNowError: where it is connected already.
    """
    with transaction.atomic():
        locked = LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        if locked.status == LinkedInAccount.Status.CONNECTED:
            raise NotNowError(f"“{account}” is connected already.")
        if locked.other_login or locked.same_as_id:
            raise NotNowError(f"“{account}” cannot send. {locked.pause_reason}")
        locked.reconnect(gates.day_of(locked, now).date, now, ends_rest=True)
        log.note(by, [account], "Marked as connected", reason)


def stop_all(by: User, reason: str, now: dt.datetime, of: Workspace | None = None) -> SendingStop:
    """Stop all sending, or that of one workspace.

    :raises NotNowError: where it is stopped already.
    """
    try:
        with transaction.atomic():
            stop = SendingStop.objects.create(
                stopped_by=by, reason=reason, stopped_at=now, workspace=of
            )
            if of is None:
                log.note(by, [stop], "Stopped all sending", reason)
            else:
                log.note(by, [of], "Stopped its sending", reason)
    except IntegrityError as error:
        what = f"The sending of {of}" if of else "All sending"
        raise NotNowError(f"{what} is stopped already.") from error
    return stop


def lift_stop(by: User, reason: str, now: dt.datetime, of: Workspace | None = None) -> None:
    """Let sending go on: of all, or of one workspace.

    :raises NotNowError: where nothing is stopped.
    """
    with transaction.atomic():
        open_one = SendingStop.objects.open().select_for_update(of=("self",))
        stop = open_one.filter(workspace=of).first() if of else open_one.of_all().first()
        if stop is None:
            raise NotNowError("Sending is not stopped any more.")
        stop.lifted_by, stop.lifted_at = by, now
        stop.save(update_fields=["lifted_by", "lifted_at"])
        if of is None:
            log.note(by, [stop], "Let all sending go on", reason)
        else:
            log.note(by, [of], "Let its sending go on", reason)
