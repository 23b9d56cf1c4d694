"""The cards of the first page, as a mail of notices ends with them."""

import datetime as dt
from functools import partial

from django.conf import settings
from django.urls import reverse

from campaigns.hours import clocks, zones
from campaigns.models import Workspace
from queueing.admin import cards
from queueing.desk import needs
from queueing.models import QueueItem
from queueing.telling import notices

AT_MOST = 20  # cards in a mail


def needs_of(workspace: Workspace, now: dt.datetime) -> list[str]:
    """Return what needs somebody in a workspace, line by line: what the first page says of it.

    Times are those of the client's hours. A line with the page on which it is solved follows each.
    """
    said = partial(clocks.said, zone=zones.zone(notices.zone_of(workspace)), now=now)
    found = needs.of([workspace.pk], now)
    lines = [f"Needs you: {len(found.now)}"] if found.now else ["Nothing needs you now."]
    for need in found.now[:AT_MOST]:
        about = cards.facts(need, said=said)
        lines.append(f"- {need.title}" + (f" ({' · '.join(about)})" if about else ""))
        lines.append(f"  {settings.SITE_URL}{cards.button(need).url}")
    if rest := found.now[AT_MOST:]:
        lines.append(f"- {len(rest):,} more: {settings.SITE_URL}{reverse('admin:index')}#needs-you")
    if found.put_off:
        lines.append(f"Put off: {len(found.put_off):,}")
    doubts = QueueItem.objects.filter(workspace=workspace, status=QueueItem.Status.UNCONFIRMED)
    if number := doubts.count():
        url = f"{reverse('admin:queueing_unconfirmedsend_changelist')}"
        only = f"?workspace__id__exact={workspace.pk}"
        lines.append(f"{number:,} maybe sent: SendQ looks them up. {settings.SITE_URL}{url}{only}")
    return lines
