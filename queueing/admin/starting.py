"""A campaign's start: its steps in a row, and what would come of it, with a cure where nothing."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import planning
from queueing.planning import board

FORESEEN_AT_MOST = 3_000  # new people: more take longer than a page should
NAMED = 3


@dataclass(frozen=True)
class Step:
    """A step of a draft. The first that is not done is the one to take now."""

    words: str
    detail: str
    url: str
    is_done: bool = False
    is_now: bool = False


@dataclass(frozen=True)
class Cure:
    """A page that takes away what keeps a campaign from sending."""

    words: str
    url: str


@dataclass(frozen=True)
class Verdict:
    """What a start would come to. `goes` is None where so many people are not foreseen here."""

    people: int
    goes: int | None
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    what_binds: str = ""
    note: str = ""
    left_out: list[tuple[str, int]] = field(default_factory=list)
    held: list[tuple[str, int]] = field(default_factory=list)
    problem: str = ""
    cures: list[Cure] = field(default_factory=list)

    @property
    def may_start(self) -> bool:
        return not self.problem and self.goes != 0


def page_of(campaign: Campaign, part: str = "") -> str:
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    return f"{page}#{part}" if part else page


def import_url(campaign: Campaign) -> str:
    page = reverse("admin:campaigns_prospect_import")
    return f"{page}?{urlencode({'campaign': campaign.pk})}"


def start_url(campaign: Campaign) -> str:
    return reverse("admin:campaigns_campaign_deed", args=[campaign.pk, "start"])


def queue_url(campaign: Campaign) -> str:
    return reverse("admin:campaigns_campaign_deed", args=[campaign.pk, "queue"])


def steps(campaign: Campaign, accounts: list[LinkedInAccount], people: int) -> list[Step]:
    """Return a draft's steps, in the order in which they are taken."""
    names = ", ".join(account.name for account in accounts[:NAMED])
    more = f" and {len(accounts) - NAMED:,} more" if len(accounts) > NAMED else ""
    text = "no note" if not campaign.message_template else campaign.message_problem()
    rows = (
        ("Accounts", names + more or "none yet", page_of(campaign, "id_accounts"), bool(accounts)),
        (
            "Text",
            text or "ready",
            page_of(campaign, "id_message_template"),
            not campaign.message_problem(),
        ),
        ("People", f"{people:,}" if people else "nobody yet", import_url(campaign), bool(people)),
    )
    found = [Step(*row) for row in rows]
    is_ready = all(step.is_done for step in found)
    first = next((step.words for step in found if not step.is_done), "")
    found = [Step(s.words, s.detail, s.url, s.is_done, s.words == first) for s in found]
    last = "look at what would go, then start" if is_ready else "when the others are done"
    return [*found, Step("Start", last, start_url(campaign) if is_ready else "", is_now=is_ready)]


def verdict(campaign: Campaign, now: dt.datetime) -> Verdict:
    """Foresee what a start would come to, and say what would help where nothing goes."""
    people = Prospect.objects.filter(campaign=campaign, status=Prospect.Status.NEW).count()
    accounts = list(campaign.accounts.select_related("workspace").order_by("name"))
    problem, cures = _in_the_way(campaign, accounts, people)
    if problem:
        return Verdict(people, 0, problem=problem, cures=cures)
    if people > FORESEEN_AT_MOST:
        return Verdict(people, None)
    found = planning.forecast_campaign(campaign, now)
    times = [send.at for send in found.sends]
    is_plain = campaign.status == Campaign.Status.DRAFT and "is stopped" not in found.note
    return Verdict(
        people,
        len(times),
        first_at=min(times, default=None),
        last_at=found.last_at,
        what_binds=found.what_binds(),
        note="" if is_plain else found.note,
        left_out=found.left_out.most_common(),
        held=found.held.most_common(),
        cures=[] if times else list(_of_nobody(campaign)),
    )


def _in_the_way(
    campaign: Campaign, accounts: list[LinkedInAccount], people: int
) -> tuple[str, list[Cure]]:
    """Say what keeps a campaign from sending at all, and what would help."""
    choose = Cure("Choose accounts", page_of(campaign, "id_accounts"))
    if not accounts:
        return "It has no account to send from.", [choose]
    if not any(board.can_send(account) for account in accounts):
        lost = [account for account in accounts if account.status != account.Status.CONNECTED]
        page = "admin:campaigns_linkedinaccount_deed"
        cures = [
            Cure(f"Reconnect {account}", reverse(page, args=[account.pk, "reconnect"]))
            for account in lost[:NAMED]
        ]
        return "None of its accounts can send.", [*cures, choose]
    if told := campaign.message_problem():
        return told, [Cure("Change the text", page_of(campaign, "id_message_template"))]
    if not people and not campaign.queue_items.pending().exists():
        return "Nobody new is in it.", [Cure("Import people", import_url(campaign))]
    return "", []


def _of_nobody(campaign: Campaign) -> Iterator[Cure]:
    """Yield what helps where everybody is left out, or never has a turn."""
    if campaign.message_template:
        yield Cure("Change the text", page_of(campaign, "id_message_template"))
    yield Cure("Import other people", import_url(campaign))
    hours = campaign.hours()
    page = reverse("admin:campaigns_sendinghours_change", args=[hours.pk])
    yield Cure("Look at its hours", page)


def panel(campaign: Campaign) -> dict[str, Any]:
    """Return what the page that starts a campaign shows besides."""
    return {
        "verdict": verdict(campaign, timezone.now()),
        "client_zone": campaign.hours().timezone,
        "forecast_url": reverse("admin:campaigns_campaign_forecast", args=[campaign.pk]),
    }
