"""Answers: who has answered what, the conversation as it stands, and what is done about it."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from import_export.fields import Field

from campaigns.messages import MESSAGE_LIMIT
from campaigns.models import Prospect
from campaigns.pages import ExportingAdmin, PlainResource, clock
from queueing import gates
from queueing.admin.evidence import ReadOnly
from queueing.admin.filters import AccountFilter
from queueing.admin.filters import CampaignFilter as OfCampaign
from queueing.looking import conversations
from queueing.models import Kind, QueueItem, Reply
from queueing.numbers import texts
from queueing.numbers.standing import standings
from queueing.sending import runs
from queueing.staff import replies
from queueing.unipile import MessageKind

SECONDS = 5  # that the page waits for Unipile: then it shows what was kept
SHOWN = 160  # characters
SNOOZES = ((1, "until tomorrow"), (3, "for 3 days"), (7, "for a week"), (30, "for 30 days"))
CHANGE = "queueing.change_reply"

Status = QueueItem.Status


class CampaignFilter(OfCampaign):
    lookup = "item__campaign"


class StateFilter(admin.SimpleListFilter):
    """Answers by what is still to be done about them; without one, those that need an answer."""

    title = "state"
    parameter_name = "state"
    WAITING, SNOOZED, DONE, ALL = "waiting", "snoozed", "done", "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (self.WAITING, "Need an answer"),
            (self.SNOOZED, "Snoozed"),
            (self.DONE, "Done"),
            (self.ALL, "All"),
        ]

    def choices(self, changelist: Any) -> Any:
        for value, words in self.lookup_choices:
            yield {
                "selected": (self.value() or self.WAITING) == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": words,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows, now, state = cast(Any, queryset), timezone.now(), self.value() or self.WAITING
        found = {
            self.SNOOZED: lambda: rows.snoozed(now),
            self.DONE: lambda: rows.filter(done=True),
            self.ALL: lambda: rows,
        }
        return cast(QuerySet[Any], found.get(state, lambda: rows.waiting(now))())


class OwnerFilter(admin.SimpleListFilter):
    """Answers by whose they are."""

    title = "whose it is"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "Mine"), ("nobody", "Nobody's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        of = {"mine": Q(taken_by=request.user.pk), "nobody": Q(taken_by__isnull=True)}
        return queryset.filter(of.get(str(self.value()), Q()))


class ReplyResource(PlainResource):
    """An answer in a sheet."""

    person = Field("prospect", "who")
    company = Field("prospect__company", "company")
    profile = Field("prospect__profile_url", "profile")
    at = Field("at", "answered")
    text = Field("text", "what they wrote")
    tag = Field("prospect__get_tag_display", "tag")
    campaign = Field("item__campaign__name", "campaign")
    account = Field("linkedin_account__name", "account")
    answered = Field("item__message", "the text they answered")
    owner = Field("taken_by", "whose it is")

    class Meta:
        model = Reply
        fields = (
            "person",
            "company",
            "profile",
            "at",
            "text",
            "tag",
            "campaign",
            "account",
            "answered",
            "owner",
        )


def answered_what(item: QueueItem) -> str:
    """Return which text of a campaign an item was, in words."""
    return texts.name_of(item.step, item.variant, has_note=bool(item.message))


@dataclass(frozen=True)
class Line:
    """A message of a conversation. `state` is that of an item which has not gone; else empty."""

    at: dt.datetime | None
    from_us: bool | None
    text: str
    kind: str
    state: str = ""
    item: QueueItem | None = None

    @property
    def is_event(self) -> bool:
        return self.kind in {MessageKind.EVENT, MessageKind.ADVERT, MessageKind.REMOVED}


def conversation(reply: Reply) -> list[Line]:
    """Return what was said, and what waits to be: what went as well, where nothing was read yet."""
    lines = [
        Line(_instant(one.get("at", "")), one.get("from_us"), one.get("text", ""), one["kind"])
        for one in reply.messages
    ]
    items = QueueItem.objects.filter(
        prospect__queue_items=reply.item_id, kind__in=[Kind.CONNECTION_REQUEST, Kind.MESSAGE]
    ).exclude(message="")
    for item in items.order_by("sent_at", "created_at").distinct():
        if item.sent_at is None and item.by_hand:
            state = "" if item.status == Status.SENT else item.get_status_display().lower()
            lines.append(Line(None, True, item.message, MessageKind.MESSAGE, state, item))
        elif item.sent_at is not None and not reply.messages:
            lines.append(Line(item.sent_at, True, item.message, MessageKind.MESSAGE, "", item))
    return lines


def _instant(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


class WriteForm(forms.Form):
    """Asks for an answer's text."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label="Your answer",
        max_length=MESSAGE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
    )


def _take(reply: Reply, data: Any, by: User, now: dt.datetime) -> str:
    replies.take(reply, by)
    return "It is yours."


def _give_back(reply: Reply, data: Any, by: User, now: dt.datetime) -> str:
    replies.give_back(reply, by)
    return "It is nobody's now."


def _end(reply: Reply, data: Any, by: User, now: dt.datetime) -> str:
    replies.end(reply, by)
    return "Done. A newer answer of theirs brings it back."


def _reopen(reply: Reply, data: Any, by: User, now: dt.datetime) -> str:
    replies.reopen(reply, by)
    return "It needs an answer again."


def _snooze(reply: Reply, data: Any, by: User, now: dt.datetime) -> str:
    days = data.get("days", "")
    if days not in {str(number) for number, _ in SNOOZES}:
        raise replies.CannotWriteError("Choose for how long.")
    local = timezone.localtime(now) + dt.timedelta(days=int(days))
    until = local.replace(hour=8, minute=0, second=0, microsecond=0)
    replies.snooze(reply, until, by)
    return f"Snoozed until {clock.said(until)}, for everybody."


def _tag(reply: Reply, data: Any, by: User, now: dt.datetime) -> str:
    what = data.get("tag", "")
    if what not in {"", *Prospect.Tag.values}:
        raise replies.CannotWriteError("Choose one of the tags.")
    replies.tag(reply, what, by, now)
    return f"Tagged as {Prospect.Tag(what).label.lower()}." if what else "The tag is taken off."


SAID: dict[str, Callable[[Reply, Any, User, dt.datetime], str]] = {
    "take": _take,
    "give_back": _give_back,
    "done": _end,
    "reopen": _reopen,
    "snooze": _snooze,
    "tag": _tag,
}


@admin.register(Reply)
class ReplyAdmin(ReadOnly, ExportingAdmin):
    export_resource = ReplyResource
    change_list_template = "admin/queueing/reply/change_list.html"
    list_display = ("who", "said", "to_what", "answered_at", "tag", "taken_by")
    list_display_links = ("who",)
    list_filter = (StateFilter, "prospect__tag", OwnerFilter, CampaignFilter, AccountFilter)
    list_select_related = ("prospect", "item__campaign", "linkedin_account", "taken_by")
    ordering = ("-at", "id")
    sortable_by = ("answered_at",)
    search_fields = ("prospect__first_name", "prospect__last_name", "prospect__company")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.say)
        return [
            path("<uuid:pk>/say/", view, name="queueing_reply_say"),
            *super().get_urls(),
        ]

    @admin.display(description="who", ordering="prospect__first_name")
    def who(self, reply: Reply) -> SafeString | str:
        if not reply.prospect.company:
            return str(reply.prospect)
        return format_html("{} · {}", reply.prospect, reply.prospect.company)

    @admin.display(description="what they wrote")
    def said(self, reply: Reply) -> str | None:
        return Truncator(reply.text).chars(SHOWN) or None

    @admin.display(description="to which text, by whom")
    def to_what(self, reply: Reply) -> SafeString:
        return format_html(
            "{} of {}, by {}",
            answered_what(reply.item),
            reply.item.campaign,
            reply.linkedin_account,
        )

    @admin.display(description="answered", ordering="at")
    def answered_at(self, reply: Reply) -> SafeString | None:
        return clock.shown(reply.at)

    @admin.display(description="tag")
    def tag(self, reply: Reply) -> str | None:
        return reply.prospect.get_tag_display() or None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        reply = self.get_object(request, object_id)
        if reply is None or not self.has_view_permission(request, reply):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self._page(request, reply, WriteForm(initial={"key": uuid.uuid4()}))

    def say(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Do what a button of the page says, or queue an answer."""
        reply = self.get_queryset(request).filter(pk=pk).first()
        if reply is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        if request.method != "POST":
            return HttpResponseRedirect(_page_of(reply))
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        user, now, said = cast(User, request.user), timezone.now(), request.POST.get("say", "")
        if said == "write":
            return self._write(request, reply, user, now)
        if said not in SAID:
            messages.warning(request, "This button is not there any more.")
            return HttpResponseRedirect(_page_of(reply))
        try:
            messages.success(request, SAID[said](reply, request.POST, user, now))
        except replies.CannotWriteError as error:
            messages.warning(request, str(error))
        return HttpResponseRedirect(_page_of(reply))

    def _write(
        self, request: HttpRequest, reply: Reply, user: User, now: dt.datetime
    ) -> HttpResponse:
        form = WriteForm(request.POST)
        if form.is_valid():
            try:
                item = replies.write(
                    reply, form.cleaned_data["text"], form.cleaned_data["key"], user, now
                )
            except replies.CannotWriteError as error:
                form.add_error("text", str(error))
            else:
                messages.success(request, f"Your answer is in the queue. {_when(item, now)}")
                return HttpResponseRedirect(_page_of(reply))
        return self._page(request, reply, form)

    def _page(self, request: HttpRequest, reply: Reply, form: WriteForm) -> HttpResponse:
        now = timezone.now()
        trouble = _read(reply)
        person, usage = reply.prospect, gates.usage(reply.linkedin_account, now, kind=Kind.MESSAGE)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{person} has answered",
            "opts": self.opts,
            "original": reply,
            "person": person,
            "standing": standings([person], now)[person.pk],
            "answered": _in_a_sentence(answered_what(reply.item)),
            "lines": conversation(reply),
            "trouble": trouble,
            "is_snoozed": reply.snoozed_until is not None and reply.snoozed_until > now,
            "may_change": request.user.has_perm(CHANGE),
            "may_see_item": request.user.has_perm("queueing.view_queueitem"),
            "form": form,
            "tags": Prospect.Tag.choices,
            "snoozes": SNOOZES,
            "sent_today": usage.sent_today,
            "daily": usage.daily.value,
        }
        return TemplateResponse(request, "admin/queueing/reply/page.html", context)


def _in_a_sentence(name: str) -> str:
    return name[:1].lower() + name[1:]


def _page_of(reply: Reply) -> str:
    return reverse("admin:queueing_reply_change", args=[reply.pk])


def _read(reply: Reply) -> str:
    """Read the conversation; return why what was kept of it is shown instead, else ""."""
    try:
        client = runs.unipile_client(SECONDS)
    except runs.NotConnectedError as error:
        return str(error)
    return conversations.refresh(client, reply, timezone.now)


def _when(item: QueueItem, now: dt.datetime) -> str:
    """Say when an answer goes, as far as can be known."""
    report = gates.report(item.pk, now)
    if report.is_open:
        return "It goes with the next run."
    if report.earliest is None:
        return f"It waits: {clock.own(report.binding.detail)}." if report.binding else ""
    return f"It goes at about {clock.said(report.earliest)}: within the hours, under the limits."
