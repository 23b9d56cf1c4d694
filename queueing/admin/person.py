"""A person's page: all campaigns, what decides about the next send, notes, and who has it."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.admin.imports import ImportingAdmin
from campaigns.models import Prospect
from queueing.gates import GateState, Report, explaining, words
from queueing.models import Card, QueueItem, key_of_person
from queueing.sending import news
from queueing.staff import log, owning

NOTE = "Note"
LOOKED_AT = 100  # entries of the log
CAMPAIGNS_AT_MOST = 50


class NoteForm(forms.Form):
    """Asks for a note."""

    text = forms.CharField(
        label="Note",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        error_messages={"required": "Write something first."},
    )


@dataclass(frozen=True)
class Why:
    """What an item waits for: the check that decides, then the others."""

    report: Report
    decides: GateState | None
    others: list[GateState]
    waits_for: str


@dataclass(frozen=True)
class InCampaign:
    """Somebody in one campaign: their row there, and what is or was in the queue of it."""

    person: Prospect
    items: list[tuple[QueueItem, Why | None]]


@dataclass(frozen=True)
class Said:
    """A line of what was done or noted."""

    at: dt.datetime
    who: str
    text: str


def rows_of(person: Prospect) -> list[Prospect]:
    """Return the rows of the same person in the campaigns of the client, the newest first."""
    workspace = person.campaign.workspace_id
    ids = news.people_named(workspace, {person.public_identifier, person.linkedin_user_id})
    found = Prospect.objects.filter(pk__in=ids | {person.pk}).select_related("campaign__workspace")
    return list(found.order_by("-created_at", "-pk")[:CAMPAIGNS_AT_MOST])


def in_campaigns(rows: list[Prospect], now: dt.datetime) -> list[InCampaign]:
    """Return what the queue has of a person in each campaign, explained where it waits."""
    items = list(
        QueueItem.objects.filter(prospect__in=rows)
        .select_related("linkedin_account", "campaign", "prospect")
        .order_by("created_at")
    )
    reports = explaining.reports([i for i in items if i.status == QueueItem.Status.PENDING], now)
    by_row: dict[uuid.UUID, list[tuple[QueueItem, Why | None]]] = {row.pk: [] for row in rows}
    for item in items:
        report = reports.get(item.pk)
        by_row[item.prospect_id].append((item, _why(report) if report else None))
    return [InCampaign(row, by_row[row.pk]) for row in rows]


def _why(report: Report) -> Why:
    decides = None if report.is_open else report.binding
    others = [state for state in report.states if state != decides]
    return Why(report, decides, others, words.IN_WORDS[words.waits_for(report)])


def said_of(rows: list[Prospect]) -> tuple[list[Said], list[Said]]:
    """Return the notes on a person, and what else was done, the newest first."""
    kind = ContentType.objects.get_for_model(Prospect)
    ids = [str(row.pk) for row in rows]
    entries = LogEntry.objects.filter(content_type=kind, object_id__in=ids)
    notes: list[Said] = []
    done: list[Said] = []
    for entry in entries.select_related("user").order_by("-action_time", "-pk")[:LOOKED_AT]:
        told = entry.get_change_message()
        is_note = told.startswith(f"{NOTE}: ")
        who = entry.user.get_short_name() or entry.user.get_username()
        line = Said(entry.action_time, who, told.removeprefix(f"{NOTE}: ") if is_note else told)
        (notes if is_note else done).append(line)
    return notes, done


def key_of(rows: list[Prospect]) -> str:
    """Return by what is remembered who has the person of these rows."""
    of_rows = ((row.created_at, row.pk) for row in rows)
    return key_of_person(rows[0].campaign.workspace_id, of_rows)


class PersonAdmin(ImportingAdmin):
    """People, each with a page across campaigns."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.say_of_person)
        return [path("<uuid:pk>/say/", view, name=self._named("say")), *super().get_urls()]

    def about(self, person: Prospect) -> dict[str, Any]:
        """Return what the page shows above its form."""
        rows, now = rows_of(person), timezone.now()
        notes, done = said_of(rows)
        card = Card.objects.filter(key=key_of(rows)).select_related("taken_by").first()
        return {
            "in_campaigns": in_campaigns(rows, now),
            "notes": notes,
            "done": done,
            "taken_by": card.taken_by if card else None,
            "note_form": NoteForm(),
        }

    def say_of_person(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Keep a note, take somebody, or give them back."""
        person = self.get_queryset(request).filter(pk=pk).first()
        if person is None:
            raise Http404("There is no such person, or it is not yours to see.")
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        user, said = cast(User, request.user), request.POST.get("say", "")
        form = NoteForm(request.POST)
        if said == "note" and form.is_valid():
            log.note(user, [person], NOTE, form.cleaned_data["text"])
            messages.success(request, "The note is kept.")
        elif said == "note":
            messages.warning(request, "Write something first.")
        elif said in {"take", "give_back"}:
            owning.give(person, user if said == "take" else None, user)
        return HttpResponseRedirect(reverse("admin:campaigns_prospect_change", args=[pk]))
