"""Campaigns: how far they are, what they will write, and what staff do to them."""

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.hours import clocks
from campaigns.importing.uploads import Upload
from campaigns.models import Campaign, LinkedInAccount, Prospect, Workspace
from campaigns.pages import CampaignForm, NewCampaignForm, behind_walls, clock
from queueing import planning
from queueing.admin import left_behind, new_text, numbers, starting, undoing, withdrawing
from queueing.admin.anew import plan_anew, with_waiting
from queueing.admin.confirming import is_uuid
from queueing.admin.deeds import Deed, Done, NothingToFill
from queueing.admin.previews import foreign_signature, previews, some
from queueing.admin.steps import StepInline, texts_changed
from queueing.admin.text_box import TextBoxAdmin
from queueing.desk import campaigns as desk_of_campaigns
from queueing.desk.campaigns import Line
from queueing.gates import limits
from queueing.models import QueueItem
from queueing.planning import ends
from queueing.staff import log, places

TEXT_CHANGED, ACCOUNTS_CHANGED = "_text_changed", "_accounts_changed"
MANY = 10_000  # new people, to be told that they take a while


def progress(campaign: Campaign) -> list[tuple[str, str, int]]:
    """Count a campaign's people: status, label and number, in the order of their way."""
    rows = Prospect.objects.filter(campaign=campaign).order_by().values_list("status")
    found = dict(rows.annotate(number=Count("pk")).values_list("status", "number"))
    return [(status, label, found.get(status, 0)) for status, label in Prospect.Status.choices]


def _in_words(report: planning.EnqueueReport) -> str:
    parts = [f"Queued {report.queued:,}."]
    if report.first_at and report.last_at:
        first, last = map(clocks.utc, (report.first_at, report.last_at))
        parts = [f"Queued {report.queued:,}, from {first} to {last}."]
    parts += [
        f"Left out {len(names):,}. {reason}: {some(names)}."
        for reason, names in report.left_out.items()
    ]
    return " ".join([*parts, report.note]).strip()


def _queue(campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    report = planning.enqueue(campaign, now)
    log.note(by, [campaign], f"Queued {report.queued:,} people")
    failed = bool(report.cannot_send) and not report.queued
    return Done(_in_words(report), messages.WARNING if failed else messages.SUCCESS)


def _start(campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    report = places.start(campaign, by, now)
    report.note = ""  # it was a draft
    return Done(f"Started. {_in_words(report)}")


def _pause(campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    held = places.move(campaign, places.PAUSE, by, values["reason"])
    told = f"Paused: {held}. {_plan_anew(campaign, now)}".strip()
    return Done(told, undo=undoing.of_move(by, [campaign], "resume"))


def _resume(campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    held = places.move(campaign, places.RESUME, by, values["reason"])
    told = _plan_anew(campaign, now)
    told = f"Resumed: {held.pending:,} go on. {told}".strip()
    return Done(told, undo=undoing.of_move(by, [campaign], "pause"))


def _archive(campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    accounts, was = with_waiting(Campaign.objects.filter(pk=campaign.pk)), campaign.status
    result = places.archive(campaign, by, values["reason"], now)
    told = f"Archived. {result.sentence('skipped')} {plan_anew(accounts, now)}".strip()
    return Done(told, undo=undoing.of_archive(by, campaign, was, values["reason"], now))


def _plan_anew(campaign: Campaign, now: dt.datetime) -> str:
    return plan_anew(with_waiting(Campaign.objects.filter(pk=campaign.pk)), now)


def _new_people(campaign: Campaign, now: dt.datetime) -> str:
    new = Prospect.objects.filter(campaign=campaign, status=Prospect.Status.NEW).count()
    text = (
        f"{new:,} new people get a place in the queue and the note that they will be sent. "
        "Who may not be written to is left out, and you are told why."
    )
    if new < MANY:
        return text
    return (
        f"{text} So many take a while: some 25 seconds for 60,000. It goes on if you close the "
        "page, and the campaign's page shows how many are queued so far."
    )


def _held(campaign: Campaign, now: dt.datetime) -> str:
    held = places.held(campaign)
    return (
        f"{held.pending:,} requests that wait are held until it is resumed. "
        f"{held.in_flight:,} under way end by themselves."
    )


def _going_on(campaign: Campaign, now: dt.datetime) -> str:
    return (
        f"{places.held(campaign).pending:,} requests that wait go on, at new times where need be."
    )


def _skipped(campaign: Campaign, now: dt.datetime) -> str:
    pending = places.held(campaign).pending
    return f"The campaign ends for good. {pending:,} requests that wait are skipped."


class CampaignList(ChangeList):
    """Knows how far the campaigns of the page are."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = list(self.result_list)
        since = limits.day_start(timezone.now(), clock.zone())
        for line in desk_of_campaigns.lines(page, since):
            line.campaign.line = line  # type: ignore[attr-defined]
        self.result_list = page


def _line_of(campaign: Campaign) -> Line:
    line: Line = campaign.line  # type: ignore[attr-defined]
    return line


def _deed(slug: str, label: str, states: tuple[str, ...], warns: Any, do: Any) -> Deed:
    return Deed(slug, label, warns, lambda campaign, now: campaign.status in states, do)


NEEDED = ("workspace", "name", "accounts", "message_template", "people_file")
CAN_BE_QUEUED = (Campaign.Status.DRAFT, Campaign.Status.ACTIVE, Campaign.Status.PAUSED)


@admin.register(Campaign)
class CampaignAdmin(TextBoxAdmin):
    form = CampaignForm
    changelist = CampaignList
    list_display = ("name", "workspace", "status", "progress", "accepted", "today", "done_on")
    list_filter = ("status",)
    list_select_related = ("workspace", "sending_hours")
    search_fields = ("name",)
    autocomplete_fields = ("workspace", "accounts", "sending_hours")
    # Buttons change them: what is queued has to follow.
    readonly_fields = ("status", "withdraw_after_days")
    inlines = (StepInline,)
    times_depend_on = ("accounts", "sending_hours", "starts_at", "without_note_when_used_up")
    deeds = (
        replace(
            _deed("start", "Start", places.START.starts_from, _new_people, _start),
            form=NothingToFill,
            template="admin/start.html",
            shows=starting.panel,
        ),
        replace(
            _deed("queue", "Queue new people", CAN_BE_QUEUED, _new_people, _queue),
            form=NothingToFill,
            template="admin/start.html",
            shows=starting.panel,
        ),
        _deed("pause", "Pause", places.PAUSE.starts_from, _held, _pause),
        _deed("resume", "Resume", places.RESUME.starts_from, _going_on, _resume),
        Deed(
            "new-text",
            "Change the text of who waits",
            new_text.warns,
            new_text.differs,
            new_text.give,
            template="admin/new_text.html",
            shows=new_text.panel,
        ),
        Deed(
            "left-behind",
            "Who waits for an account that left",
            left_behind.warns,
            left_behind.is_left,
            left_behind.act,
            form=left_behind.LeftBehindForm,
        ),
        _deed("archive", "Archive", places.ARCHIVE.starts_from, _skipped, _archive),
        withdrawing.WITHDRAW,
        withdrawing.KEEP,
        Deed(
            "end",
            "Skip what is left",
            _skipped,
            lambda campaign, now: places.is_half_archived(campaign),
            _archive,
        ),
    )

    actions = ("pause_all", "resume_all")

    @admin.action(permissions=["change"], description="Pause…")
    def pause_all(self, request: HttpRequest, rows: QuerySet[Campaign]) -> HttpResponse | None:
        return self.do_to_all(request, rows, "pause")

    @admin.action(permissions=["change"], description="Resume…")
    def resume_all(self, request: HttpRequest, rows: QuerySet[Campaign]) -> HttpResponse | None:
        return self.do_to_all(request, rows, "resume")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return self.changelist

    @admin.display(description="progress")
    def progress(self, campaign: Campaign) -> SafeString:
        return render_to_string("admin/progress.html", {"line": _line_of(campaign)})

    @admin.display(description="accepted")
    def accepted(self, campaign: Campaign) -> str | None:
        share = _line_of(campaign).share
        return None if share is None else f"{share} %"

    @admin.display(description="today")
    def today(self, campaign: Campaign) -> str:
        return f"{_line_of(campaign).today:,}"

    @admin.display(description="done on")
    def done_on(self, campaign: Campaign) -> SafeString | str | None:
        line = _line_of(campaign)
        if line.done_on:
            return clock.shown(line.done_on)
        if campaign.status == Campaign.Status.DRAFT and campaign.starts_at:
            return format_html("starts {}", clock.shown(campaign.starts_at))
        return f"{line.waiting:,} wait" if line.waiting else None

    def must_be_explained(self, row: Campaign | None) -> Collection[str]:
        """Return all fields of a campaign that sends."""
        is_running = row is not None and row.status == Campaign.Status.ACTIVE
        return [field.name for field in self.opts.get_fields()] if is_running else ()

    def accounts_of(self, row: Campaign) -> list[LinkedInAccount]:
        return with_waiting(Campaign.objects.filter(pk=row.pk))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        is_other = "message_template" in form.changed_data or texts_changed(formsets)
        setattr(request, TEXT_CHANGED, is_other)
        if any(formset.deleted_objects for formset in formsets):
            ends.skip_removed_steps(timezone.now())
        setattr(request, ACCOUNTS_CHANGED, "accounts" in form.changed_data)

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        """Ask what becomes of those who wait: for an account that left, or with another text."""
        answer = super().response_change(request, obj)
        goes_on = {"_continue", "_addanother", "_saveasnew"} & request.POST.keys()
        is_other, now = getattr(request, TEXT_CHANGED, False), timezone.now()
        name = "admin:campaigns_campaign_deed"
        has_left = getattr(request, ACCOUNTS_CHANGED, False) and left_behind.is_left(obj, now)
        if has_left and not goes_on:
            return HttpResponseRedirect(reverse(name, args=[obj.pk, "left-behind"]))
        if is_other and not goes_on and new_text.differs(obj, now):
            return HttpResponseRedirect(reverse(name, args=[obj.pk, "new-text"]))
        return answer

    def panel(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        accounts = list(campaign.accounts.order_by("name"))
        people = progress(campaign)
        unconfirmed = QueueItem.Status.UNCONFIRMED
        return {
            **super().panel(request, campaign),
            "progress": people,
            "people": sum(number for _, _, number in people),
            "held": places.held(campaign),
            "unconfirmed": QueueItem.objects.filter(campaign=campaign, status=unconfirmed).count(),
            "notes": previews(campaign, accounts),
            "note_limits": sorted({account.note_limit for account in accounts}),
            "has_accounts": bool(accounts),
            "signature": foreign_signature(campaign.message_template, accounts),
            "steps": starting.steps(campaign, accounts, sum(number for _, _, number in people))
            if campaign.status == Campaign.Status.DRAFT
            else [],
            "import_url": starting.import_url(campaign)
            if campaign.status != Campaign.Status.ARCHIVED
            and request.user.has_perm("campaigns.add_prospect")
            else "",
            **numbers.panel(campaign.queue_items.all(), timezone.now(), campaign=campaign.pk),
            **numbers.of_texts(campaign.queue_items.all(), timezone.now(), by_wording=True),
        }

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None and request.user.has_perm("campaigns.add_prospect"):
            kwargs["form"] = NewCampaignForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask first for what a campaign needs; the rest has values that are usual."""
        names = list(self.get_fields(request, obj))
        if obj is not None:
            return [(None, {"fields": names})]
        first = [name for name in NEEDED if name in names]
        rest = [name for name in names if name not in first]
        return [(None, {"fields": first}), ("More", {"fields": rest})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Choose what there is no choice of: the only client, and its only account."""
        found: dict[str, Any] = super().get_changeform_initial_data(request)
        clients = behind_walls(Workspace.objects.all(), request.user, "pk")[:2]
        if "workspace" not in found and len(clients) == 1:
            found["workspace"] = str(clients[0].pk)
        if "accounts" not in found and "workspace" in found:
            mine = behind_walls(LinkedInAccount.objects.all(), request.user, "workspace")
            its = mine.filter(workspace=found["workspace"]) if is_uuid(found["workspace"]) else mine
            found["accounts"] = [its[0].pk] if its.count() == 1 else []
        return found

    def response_add(self, request: HttpRequest, obj: Campaign, *args: Any) -> HttpResponse:
        """Go on with its people: the file that came along, or the campaign's next step."""
        answer = super().response_add(request, obj, *args)
        if {"_popup", "_addanother", "_continue"} & request.POST.keys():
            return answer
        if file := request.FILES.get("people_file"):
            people: Any = self.admin_site._registry[Prospect]
            return cast(HttpResponse, people.take(request, Upload.kept(file, target=str(obj.pk))))
        return HttpResponseRedirect(self.page_of(obj))
