"""Tell a workspace's people what needs them: one digest a workspace and run, never a mail an item.

A notice is written in the transaction of what it tells of, and mailed after the run: a crash in
between delays it until its claim has lapsed, and loses nothing. It is mailed twice where the crash
comes between the mail and its record.
"""

import datetime as dt
import logging
import smtplib
import uuid
from collections.abc import Callable
from socket import gaierror

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from campaigns.hours import clocks, zones
from campaigns.models import Campaign, LinkedInAccount, Workspace, default_hours
from campaigns.people import email_list
from queueing.models import Installation, Notice, QueueItem
from queueing.telling.fencing import Fence

logger = logging.getLogger(__name__)

TOLD_AGAIN_AFTER = dt.timedelta(days=30)
# The server's fault and not a mail's: it does not answer, or takes nobody's mails.
SERVER_AWAY = (
    TimeoutError,
    ConnectionError,
    gaierror,
    smtplib.SMTPConnectError,
    smtplib.SMTPServerDisconnected,
    smtplib.SMTPAuthenticationError,
)
_NEEDS: list[Callable[[Workspace, dt.datetime], list[str]]] = []
LEASE = dt.timedelta(minutes=10)  # far more than a mail takes; then whoever claimed it is dead


def end_with(needs_of: Callable[[Workspace, dt.datetime], list[str]]) -> None:
    """Let every mail end with these lines: what needs somebody is known further up than here."""
    _NEEDS[:] = [needs_of]


def item_failed(item_id: uuid.UUID, text: str, raw: str, now: dt.datetime) -> None:
    """Note that an item failed for good."""
    item = QueueItem.objects.select_related("prospect", "campaign").get(pk=item_id)
    Notice.objects.create(
        workspace_id=item.workspace_id,
        kind=Notice.Kind.ITEM_FAILED,
        item=item,
        text=f"{item.prospect} ({item.campaign}): {text}",
        detail=raw,
        created_at=now,
    )


def account_changed(account: LinkedInAccount, text: str, now: dt.datetime) -> None:
    """Note that an account stopped sending, or goes on."""
    Notice.objects.create(
        workspace_id=account.workspace_id,
        kind=Notice.Kind.ACCOUNT_CHANGED,
        text=f"{account.name}: {text}",
        page=reverse("admin:campaigns_linkedinaccount_change", args=[account.pk]),
        created_at=now,
    )


def campaign_not_started(campaign: Campaign, why: str, now: dt.datetime) -> None:
    """Note that a campaign could not start at its time; once a day, as long as that lasts."""
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    told = Notice.objects.filter(kind=Notice.Kind.NOT_STARTED, page=page)
    if told.filter(created_at__gt=now - dt.timedelta(days=1)).exists():
        return
    Notice.objects.create(
        workspace_id=campaign.workspace_id,
        kind=Notice.Kind.NOT_STARTED,
        page=page,
        text=f"“{campaign}” could not start at its time. {why}",
        created_at=now,
    )


def unipile_changed(workspace_id: uuid.UUID, text: str, detail: str, now: dt.datetime) -> None:
    """Note that Unipile's answers are not what it documents; the same text once in a while only."""
    same = Notice.objects.filter(
        workspace=workspace_id,
        kind=Notice.Kind.UNIPILE_CHANGED,
        text=text,
        created_at__gt=now - TOLD_AGAIN_AFTER,
    )
    if same.exists():
        return
    Notice.objects.create(
        workspace_id=workspace_id,
        kind=Notice.Kind.UNIPILE_CHANGED,
        text=text,
        detail=detail,
        created_at=now,
    )


def sending_stopped(reason: str, now: dt.datetime) -> None:
    """Note for every workspace that SendQ itself stopped all sending."""
    _tell_all(f"All sending is stopped: {reason}", now)


def sending_goes_on(now: dt.datetime) -> None:
    """Note for every workspace that SendQ itself lifted its stop."""
    _tell_all("Sending goes on: Unipile takes the API key again.", now)


def _tell_all(text: str, now: dt.datetime) -> None:
    Notice.objects.bulk_create(
        Notice(
            workspace=workspace,
            kind=Notice.Kind.SENDING_STOPPED,
            text=text,
            created_at=now,
        )
        for workspace in Workspace.objects.all()
    )


def send_digests(now: dt.datetime) -> int:
    """Mail what is still to be told, one digest a workspace; return how many were mailed.

    What cannot be mailed is tried again, and keeps no other workspace from its own. A copy of the
    database mails nobody: its people are those of the original.
    """
    waiting = Notice.objects.filter(mailed_at__isnull=True).order_by()
    mailed, fence = 0, Fence(now)
    workspaces = list(Workspace.objects.filter(pk__in=waiting.values("workspace")))
    if not workspaces or Installation.why_held():
        return 0
    for workspace in workspaces:
        # No notice of it: that could not be mailed either.
        with fence.around(f"The notices for {workspace}"):
            mailed += _send(workspace, now)
        if isinstance(fence.first, SERVER_AWAY):
            break  # else it is waited for once a workspace, and the run with it
    return mailed


def _send(workspace: Workspace, now: dt.datetime) -> bool:
    claimed = _claim(workspace, now)
    if not claimed:
        return False
    these = Notice.objects.filter(pk__in=[notice.pk for notice in claimed])
    try:
        is_mailed = _mail(workspace, claimed, now)
    except Exception:
        these.update(claimed_at=None)  # the next run tries again
        raise
    these.update(mailed_at=now)
    return is_mailed


@transaction.atomic
def _claim(workspace: Workspace, now: dt.datetime) -> list[Notice]:
    """Claim a workspace's notices, so that two runs at once do not tell the same."""
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - LEASE)
    claimed = list(
        Notice.objects.select_for_update(skip_locked=True)
        .filter(free, workspace=workspace, mailed_at__isnull=True)
        .order_by("created_at", "id")
    )
    Notice.objects.filter(pk__in=[notice.pk for notice in claimed]).update(claimed_at=now)
    return claimed


def _mail(workspace: Workspace, claimed: list[Notice], now: dt.datetime) -> bool:
    """Mail the notices; return False where nobody is to be told by mail."""
    addresses = email_list(workspace.notify_emails)
    if not addresses:
        logger.warning(
            "%s notices for %s, which has no addresses for notices", len(claimed), workspace
        )
        return False
    _digest(workspace, addresses, claimed, now).send()
    return True


def zone_of(workspace: Workspace) -> str:
    """Return the zone of a workspace's hours: whoever reads its mails may be no user here."""
    key = (workspace.sending_hours or default_hours()).timezone
    return key if key in zones.names() else "UTC"


def _page_of(notice: Notice) -> str:
    if notice.item_id:
        return reverse("admin:queueing_queueitem_change", args=[notice.item_id])
    return notice.page or reverse("admin:index")


def _digest(
    workspace: Workspace, addresses: list[str], notices: list[Notice], now: dt.datetime
) -> EmailMessage:
    number = "1 notice" if len(notices) == 1 else f"{len(notices)} notices"
    lines = [f"SendQ has {number} about {workspace}.", ""]
    zone = zones.zone(zone_of(workspace))
    for notice in notices:
        told = clocks.in_text(notice.text, zone, notice.created_at)
        where = f" ({clocks.city(zone.key)} time)" if told != notice.text else ""
        lines.append(f"- {told}{where}")
        if page := _page_of(notice):
            lines.append(f"  {settings.SITE_URL}{page}")
        if notice.detail:
            of_ours = notice.kind == Notice.Kind.SET_ASIDE
            by = "The log has more" if of_ours else "Unipile answered"
            lines.append(f"  {by}: {notice.detail[:1000]}")
    for needs_of in _NEEDS:
        lines += ["", *needs_of(workspace, now)]
    subject = f"[SendQ] {workspace}: {number}"
    return EmailMessage(
        " ".join(subject.split()), "\n".join(lines), settings.DEFAULT_FROM_EMAIL, addresses
    )
