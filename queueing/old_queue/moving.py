"""Moving over from the system that SendQ replaces: its queue becomes ours, row by row.

Whom it invited must never be invited again: those rows come first, win over whatever is queued for
the person here, and nothing is ever taken back from a later state.
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction

from campaigns import people
from campaigns.importing.columns import ColumnMapping
from campaigns.importing.reading import Table
from campaigns.importing.verdicts import CHUNK, PROBLEMS_KEPT, Outcome, Verdict
from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import QueueItem
from queueing.old_queue.old_rows import OldRow, OldTable
from queueing.planning import board
from queueing.sending import INTERRUPTED, follow_up_due_at

IN_DOUBT = "Under way when it was moved over: it may have been sent, so it is looked up."

Status = QueueItem.Status


@dataclass
class MoveReport:
    """What moving over did. `became` counts what was added or updated, by the item's status.

    `by_id_alone`: of these, people whose address is not known, so that they are recognised only by
    the account itself. `left_out`: rows that are no connection requests, by their kind.
    """

    dry_run: bool
    added: int = 0
    updated: int = 0
    known: int = 0
    became: Counter[str] = field(default_factory=Counter)
    by_id_alone: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    refused_count: int = 0
    refused: list[Verdict] = field(default_factory=list)  # the first of them

    @property
    def rows(self) -> int:
        counted = self.added + self.updated + self.known + self.refused_count
        return counted + self.left_out.total()

    def refuse(self, verdict: Verdict) -> None:
        self.refused_count += 1
        if len(self.refused) < PROBLEMS_KEPT:
            self.refused.append(verdict)


class MoveFailedError(Exception):
    """Nothing was moved over; the text says why."""


def move_over(
    table: Table,
    mapping: ColumnMapping,
    campaign: Campaign,
    account: LinkedInAccount,
    now: dt.datetime,
    *,
    dry_run: bool = False,
    on_row: Callable[[], object] = lambda: None,
) -> MoveReport:
    """Take over the rows of the old queue, all in one transaction. Can be repeated.

    A row is added once. A newer file brings up to date what an older one left pending here, as
    long as SendQ has not touched it; what it says was sent always counts. The dry run does the same
    and takes it back.

    :param account: that sent, or was to send: the ids in the file are good for it alone.
    :param on_row: called for each row.
    :raises MoveFailedError: where somebody else queued or added the same people meanwhile.
    :raises UnreadableFileError: where the file lacks a column or breaks off.
    """
    old = OldTable(
        table, mapping, namespace=campaign.pk, note_limit=account.note_limit, now=now
    ).rows()
    moving = _Moving(campaign, account, MoveReport(dry_run))
    try:
        with transaction.atomic(), board.planning(campaign.workspace_id):
            while chunk := list(islice(old, CHUNK)):
                rows = []
                for each in chunk:
                    on_row()
                    if isinstance(each, Verdict):
                        moving.report.refuse(each)
                    else:
                        rows.append(each)
                moving.move(rows)
            transaction.set_rollback(dry_run)
    except IntegrityError as error:
        raise MoveFailedError(
            "Somebody else queued or added the same people at the same time. Import the file again."
        ) from error
    return moving.report


class _Moving:
    """One file on its way into a campaign."""

    def __init__(self, campaign: Campaign, account: LinkedInAccount, report: MoveReport) -> None:
        self._campaign, self._account, self.report = campaign, account, report
        self._ids: set[uuid.UUID] = set()  # of the rows so far

    def move(self, rows: Sequence[OldRow]) -> None:
        """Judge and store a chunk of rows."""
        self._look_up(rows)
        self._new_prospects: list[Prospect] = []
        self._changed: dict[uuid.UUID, Prospect] = {}
        self._new_items: list[tuple[QueueItem, OldRow]] = []
        self._tried: dict[uuid.UUID, dt.datetime] = {}  # of these items, by another row
        for row in rows:
            if row.id in self._ids:
                self.report.known += 1
                continue
            self._ids.add(row.id)
            if row.kind:
                self._leave_out(row)
            else:
                self._move(row)
        Prospect.objects.bulk_create(self._new_prospects)
        Prospect.objects.bulk_update(self._changed.values(), _CHANGED)
        self._store_items()
        for pk, at in self._tried.items():
            waiting = QueueItem.objects.pending().filter(pk=pk, tried_at__isnull=True)
            waiting.update(tried_at=at)

    def _look_up(self, rows: Sequence[OldRow]) -> None:
        """Read what there is of these people. The campaign's prospects are locked."""
        keys = {key for row in rows for key in row.keys}
        self._prospects: dict[str, Prospect] = {}
        self._by_pk: dict[uuid.UUID, Prospect] = {}
        locked = Prospect.objects.select_for_update(no_key=True).filter(campaign=self._campaign)
        for name in ("public_identifier", "linkedin_user_id"):
            for prospect in locked.filter(**{f"{name}__in": keys}).order_by("pk"):
                kept = self._by_pk.setdefault(prospect.pk, prospect)
                self._prospects.setdefault(getattr(prospect, name), kept)
        for prospect in self._by_pk.values():
            keys |= self._keys_of(prospect)
        holding = QueueItem.objects.holding_the_person()
        self._held: dict[str, list[QueueItem]] = defaultdict(list)
        for item in {
            *holding.filter(workspace=self._campaign.workspace_id, person_key__in=keys),
            *holding.filter(linkedin_account=self._account, linkedin_user_id__in=keys),
        }:
            self._hold(item)
        self._by_id = QueueItem.objects.in_bulk([row.id for row in rows])

    def _keys_of(self, prospect: Prospect) -> set[str]:
        """Return what a prospect is known by; ids of other accounts mean nothing to this one."""
        is_ours = prospect.resolved_with_id in {None, self._account.pk}
        user_id = prospect.linkedin_user_id if is_ours else ""
        return {prospect.person_key, user_id} - {""}

    def _hold(self, item: QueueItem) -> None:
        is_ours = item.linkedin_account_id == self._account.pk
        for key in {item.person_key, item.linkedin_user_id if is_ours else ""} - {""}:
            self._held[key].append(item)

    def _move(self, row: OldRow) -> None:
        same = self._by_id.get(row.id)
        if same and same.workspace_id != self._campaign.workspace_id:
            self._refuse(row, "this row was moved over into another workspace already")
            return
        slug, user_id = row.candidate.identity.slug, row.candidate.user_id
        prospect = self._prospects.get(slug) or self._prospects.get(user_id)
        keys = row.keys | (self._keys_of(prospect) if prospect else set())
        known = {item.pk: item for key in keys for item in self._held.get(key, ())}
        if same and not known:
            known = {same.pk: same}
        behind = [item for item in known.values() if _is_behind(item, row)]
        is_dealt_with = prospect is not None and prospect.status != Prospect.Status.NEW
        if behind:
            self._bring_up_to_date(behind, row)
        elif known or (is_dealt_with and row.status == Status.PENDING):
            self.report.known += 1
            if row.tried_at:
                self._tried |= dict.fromkeys(known, row.tried_at)
        else:
            self._add(prospect, row)

    def _leave_out(self, row: OldRow) -> None:
        """Keep of another kind of message what it shows of the person; its text is no note."""
        self.report.left_out[row.kind] += 1
        if row.shows is None:
            return
        slug, user_id = row.candidate.identity.slug, row.candidate.user_id
        prospect = self._prospects.get(slug) or self._prospects.get(user_id)
        if prospect is None:
            prospect = row.candidate.prospect(self._campaign)
            self._new_prospects.append(prospect)
        else:
            self._changed[prospect.pk] = prospect
        self._identify(prospect, row)
        if prospect.status == Prospect.Status.NEW or (
            row.shows == Prospect.Status.CONNECTED and prospect.status != Prospect.Status.REPLIED
        ):
            told = f"The old system has sent this person a message of the kind “{row.kind}”."
            prospect.status, prospect.status_reason = row.shows, told
            prospect.follow_up_due_at = None

    def _refuse(self, row: OldRow, reason: str) -> None:
        who = row.candidate
        self.report.refuse(Verdict(who.row, Outcome.REFUSED, who.shown_as, "", reason))

    def _add(self, prospect: Prospect | None, row: OldRow) -> None:
        if prospect is None:
            prospect = row.candidate.prospect(self._campaign)
            self._new_prospects.append(prospect)
        else:
            self._changed[prospect.pk] = prospect
        self._identify(prospect, row)
        _follow(prospect, row, self._campaign)
        # Without a slug, only a look-up tells whether another account has invited the person: what
        # waits, or fails and may be retried, gets one before it is sent.
        may_be_sent = row.status in {Status.PENDING, Status.FAILED}
        is_unsure = may_be_sent and not prospect.public_identifier
        item = QueueItem(
            id=row.id,
            workspace_id=self._campaign.workspace_id,
            campaign=self._campaign,
            prospect=prospect,
            linkedin_account=self._account,
            linkedin_user_id="" if is_unsure else row.candidate.user_id,
            person_key=prospect.person_key,
            message=row.message,
            scheduled_for=row.scheduled_for,
            **_state(row),
        )
        self._new_items.append((item, row))
        if item.sent_at or item.tried_at or item.status in QueueItem.PERSON_HELD_BY:
            self._hold(item)
        self.report.added += 1
        self.report.by_id_alone += not prospect.public_identifier
        self.report.became[row.status] += 1

    def _identify(self, prospect: Prospect, row: OldRow) -> None:
        """Keep what the row says of who a prospect is, where that is not known yet."""
        slug, user_id = row.candidate.identity.slug, row.candidate.user_id
        if slug and not prospect.public_identifier:
            self._name_ended_items(prospect, slug)
            prospect.public_identifier = slug
            prospect.profile_url = people.profile_address(slug)
        if user_id and prospect.linkedin_user_id in {"", user_id}:
            prospect.linkedin_user_id, prospect.resolved_with = user_id, self._account
        prospect.resolved_at = None  # what was seen of them here does not know what was done there
        for key in self._keys_of(prospect):
            self._prospects.setdefault(key, prospect)

    def _name_ended_items(self, prospect: Prospect, slug: str) -> None:
        """Let what ended under a prospect's id bear its slug: a retry must know who it is."""
        prospect.queue_items.filter(person_key=prospect.person_key).update(person_key=slug)
        for item, _ in self._new_items:
            if item.prospect is prospect:
                item.person_key = slug

    def _bring_up_to_date(self, items: Sequence[QueueItem], row: OldRow) -> None:
        """Give items that wait, or are in doubt, the state that the old system knows.

        Never waits for an item: whoever holds it may be waiting for us.
        """
        ids = [item.pk for item in items]
        free = QueueItem.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=ids)
        if sum(_is_behind(item, row) for item in free) < len(ids):
            self._refuse(row, "SendQ is at work on this person in this moment: import it again")
            return
        for item in items:
            if item.linkedin_account_id != self._account.pk:
                # What another account sees as the person's id means nothing to this one.
                item.linkedin_account, item.linkedin_user_id = self._account, ""
            for name, value in _state(row).items():
                setattr(item, name, value)
            item.save(update_fields=["linkedin_account", "linkedin_user_id", *_state(row)])
            self._bring_along(item, row)
        self.report.updated += 1
        self.report.became[row.status] += 1

    def _bring_along(self, item: QueueItem, row: OldRow) -> None:
        """Let an item's prospect follow it, also one of another campaign."""
        prospect = self._by_pk.get(item.prospect_id)
        if prospect is None:
            of = Prospect.objects.select_for_update(no_key=True, of=("self",))
            prospect = of.select_related("campaign").get(pk=item.prospect_id)
            self._by_pk[prospect.pk] = prospect
        self._changed[prospect.pk] = prospect
        _follow(prospect, row, prospect.campaign)

    def _store_items(self) -> None:
        items = [item for item, _ in self._new_items]
        QueueItem.objects.bulk_create(items)
        for item, row in self._new_items:  # creating has set both to this moment
            item.created_at, item.updated_at = row.created_at, row.updated_at
        QueueItem.objects.bulk_update(items, ["created_at", "updated_at"])


# What may change of a prospect that is here already.
_CHANGED = (
    "public_identifier",
    "profile_url",
    "linkedin_user_id",
    "resolved_with",
    "resolved_at",
    "status",
    "status_reason",
    "follow_up_due_at",
)


def _is_behind(item: QueueItem, row: OldRow) -> bool:
    """Return whether a row knows of something that the item here does not.

    That it was sent, always. Else only of what waits and was not tried by SendQ: that it may have
    been sent, or, of the same row in an older file, that it has ended.
    """
    if item.sent_at is not None or item.status == Status.SENDING:
        return False
    if row.sent_at is not None:
        return True
    if item.status != Status.PENDING or item.claimed_at is not None:
        return False
    has_ended = row.status in {Status.FAILED, Status.SKIPPED}
    return row.status == Status.UNCONFIRMED or (has_ended and item.pk == row.id)


def _state(row: OldRow) -> dict[str, Any]:
    """Return the fields of an item that say how it stands."""
    in_doubt = row.status == Status.UNCONFIRMED
    return {
        "status": row.status,
        "sent_at": row.sent_at,
        "claimed_at": row.claimed_at,
        "tried_at": row.tried_at,
        # What the old system gave up stays so until somebody retries it.
        "searched_at": row.tried_at if row.status == Status.FAILED else None,
        "error_code": INTERRUPTED if in_doubt else "",
        "error_message": f"{IN_DOUBT} {row.error_message}".strip()
        if in_doubt
        else row.error_message,
    }


def _follow(prospect: Prospect, row: OldRow, campaign: Campaign) -> None:
    """Bring a prospect to what its row says; never back from a later state."""
    if row.status == Status.SENT and row.sent_at:
        if prospect.status not in {Prospect.Status.CONNECTED, Prospect.Status.REPLIED}:
            prospect.status, prospect.status_reason = Prospect.Status.CONNECTION_REQUEST_SENT, ""
            prospect.follow_up_due_at = follow_up_due_at(campaign, row.sent_at)
        return
    if prospect.status not in {Prospect.Status.NEW, Prospect.Status.QUEUED}:
        return
    ends_as = {Status.FAILED: Prospect.Status.FAILED, Status.SKIPPED: Prospect.Status.SKIPPED}
    prospect.status = ends_as.get(row.status, Prospect.Status.QUEUED)
    if row.status in ends_as:
        prospect.status_reason = row.error_message
