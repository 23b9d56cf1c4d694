"""Actions with a page between: it counts what will happen, asks why, and only then acts."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.contrib import messages as told
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from campaigns import messages
from campaigns.models import LinkedInAccount
from campaigns.pages import DeskAdmin, ReasonForm, behind_walls, kept_for_back
from queueing.admin.anew import plan_anew
from queueing.models import QueueItem, QueueItemQuerySet
from queueing.staff import items, log
from queueing.staff.items import ItemAction, Result

SECONDS = 3.0  # of one request; a longer action says how far it is, and goes on in the next one
NAMED = 10  # people named on the page
NOTHING = "Nothing was changed: nothing matches any more."


class TextForm(ReasonForm):
    """Asks for a new message too."""

    text = forms.CharField(
        label="New message",
        max_length=3000,
        help_text="May hold {{ first_name }}, {{ last_name }}, {{ company }} and other variables. "
        f"LinkedIn takes {messages.NOTE_LIMITS['free']} characters from free accounts, "
        f"{messages.NOTE_LIMITS['premium']} from others.",
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 6}),
    )
    field_order = ("text", "reason")

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        problem = messages.problem(text)
        if problem:
            raise forms.ValidationError(problem)
        return text


@dataclass(frozen=True)
class Plan:
    """An action before its page: `make` takes what the form asked for, or nothing yet."""

    title: str
    make: Callable[[dict[str, Any]], ItemAction]
    form: type[ReasonForm] = ReasonForm
    warning: str = ""
    undo: "Undo" = lambda by, form, progress, now: ""


Undo = Callable[[User, ReasonForm, "Progress", dt.datetime], str]
"""Returns the tag that offers to undo it; empty where nothing does."""


@dataclass
class Progress:
    """What a page hands to the next: when its figures were taken, and how far the action is."""

    seen_at: dt.datetime
    after: uuid.UUID | None = None
    so_far: Result = field(default_factory=Result)
    of: int = 0  # items in all, when they were counted

    def signed(self) -> str:
        after = str(self.after) if self.after else ""
        figures = [self.so_far.done, dict(self.so_far.left), self.of]
        return signing.dumps([self.seen_at.isoformat(), after, figures], salt="confirming")

    @classmethod
    def sent_with(cls, request: HttpRequest) -> "Progress | None":
        """Return what the page before handed on; None where there was none, or it is a day old."""
        try:
            seen_at, after, (done, left, of) = signing.loads(
                request.POST.get("progress", ""), salt="confirming", max_age=24 * 3600
            )
        except signing.BadSignature:
            return None
        return cls(
            dt.datetime.fromisoformat(seen_at),
            uuid.UUID(after) if after else None,
            Result(done, Counter(left)),
            of,
        )

    def with_more(self, result: Result) -> "Progress":
        total = Result(self.so_far.done + result.done, self.so_far.left + result.left)
        return Progress(self.seen_at, result.went_to, total, self.of)


class Confirming(DeskAdmin):
    """Its actions, on queue items, answer with `self.confirm(...)`."""

    def confirm(self, request: HttpRequest, chosen: QuerySet[Any], plan: Plan) -> HttpResponse:
        """Answer with the page that counts, or act where that page was sent with a reason."""
        now, rows = timezone.now(), chosen_rows(request, chosen)
        progress = Progress.sent_with(request)
        form = plan.form(request.POST if progress else None, initial={"text": _common_text(rows)})
        if progress is None or not form.is_valid():
            return self._page(request, rows, plan, form, Progress(now))
        action = plan.make(form.cleaned_data)
        # One that takes several requests leaves it to the job that finds what goes late.
        is_short = action.takes_time and progress.after is None
        accounts = _accounts_of(rows) if is_short else []
        result = items.act(
            action,
            rows,
            cast(User, request.user),
            now,
            reason=form.cleaned_data["reason"],
            seen_at=progress.seen_at,
            after=progress.after,
            seconds=SECONDS,
        )
        progress = progress.with_more(result)
        if progress.after is not None:
            return self._page(request, rows, plan, form, progress)
        done = progress.so_far
        if "text" in form.fields and not done.done and items.preview(action, rows).done:
            # Nobody can be sent this text: it stays to be changed.
            form.add_error("text", done.sentence(action.verb))
            return self._page(request, rows, plan, form, Progress(now))
        moved = plan_anew(accounts, now) if done.done else ""
        undo = plan.undo(cast(User, request.user), form, progress, now) if done.done else ""
        return self._done(request, action, done, moved, undo)

    def _done(
        self, request: HttpRequest, action: ItemAction, result: Result, moved: str, undo: str
    ) -> HttpResponse:
        if result.done or result.left:
            level = told.WARNING if result.left else told.SUCCESS
            text = f"{result.sentence(action.verb)} {moved}".strip()
            self.message_user(request, text, level, extra_tags=undo)
        else:
            self.message_user(request, NOTHING, told.WARNING)
        return HttpResponseRedirect(where_from(request))

    def _page(
        self,
        request: HttpRequest,
        rows: QueueItemQuerySet,
        plan: Plan,
        form: ReasonForm,
        progress: Progress,
    ) -> HttpResponse:
        action = plan.make({})
        is_going_on = progress.after is not None
        counted = progress.so_far if is_going_on else items.preview(action, rows)
        if not is_going_on:
            progress.of = counted.done + counted.left.total()
        named = rows.select_related("prospect", "campaign").in_turn()[:NAMED]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": plan.title,
            "warning": plan.warning,
            "sentence": counted.sentence(action.verb, "" if is_going_on else "will be "),
            "counted": counted,
            "named": [] if is_going_on else named,
            "others": max(0, counted.done + counted.left.total() - NAMED),
            "form": form,
            "again": [] if is_going_on else log.last_reasons(cast(User, request.user)),
            "progress": progress.signed(),
            "is_going_on": is_going_on,
            "looked_at": progress.so_far.done + progress.so_far.left.total(),
            "of": progress.of,
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "action": request.POST.get("action", ""),
            "select_across": request.POST.get("select_across", "0"),
            "item": request.POST.get("item", ""),
            "back": where_from(request),
        }
        return kept_for_back(TemplateResponse(request, "admin/queueing/confirm.html", context))


def chosen_rows(request: HttpRequest, chosen: QuerySet[Any]) -> QueueItemQuerySet:
    """Return the items an action is for: the rows ticked, or all that match the filter.

    Of ticked rows also those that have left the list since: so they can be reported.
    """
    if request.POST.get("select_across") == "1":
        return cast(QueueItemQuerySet, chosen)
    ticked = QueueItem.objects.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
    return cast(QueueItemQuerySet, behind_walls(ticked, request.user, "workspace"))


def where_from(request: HttpRequest) -> str:
    """Return the page on which the action was chosen: an item's own, or the filtered list."""
    item = request.POST.get("item", "")
    if is_uuid(item):
        return reverse("admin:queueing_queueitem_change", args=[item])
    return request.get_full_path()


def _accounts_of(rows: QueueItemQuerySet) -> list[LinkedInAccount]:
    keys = rows.order_by().values("linkedin_account").distinct()
    return list(LinkedInAccount.objects.filter(pk__in=keys))


def _common_text(rows: QueueItemQuerySet) -> str:
    """Return the text to start from: a single item's own, or the template of the one campaign."""
    first, *others = rows.select_related("campaign")[:2] or [None]
    if first is None:
        return ""
    if not others:
        return first.message
    campaigns = rows.order_by().values_list("campaign", flat=True).distinct()[:2]
    return first.campaign.message_template if len(campaigns) == 1 else ""


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
