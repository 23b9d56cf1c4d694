"""What the lists of queue items have in common: who may see them, search, columns."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from campaigns.models import Prospect, search
from campaigns.pages import clock
from queueing.admin.confirming import Confirming, is_uuid
from queueing.admin.exporting import Exporting
from queueing.gates import explaining
from queueing.models import QueueItem, SendAttempt
from queueing.sending import meaning

SHOWN_OF_AN_ERROR = 160  # characters; the item's page has all of it
SHOWN_OF_AN_ANSWER = 2000


class ItemChangeList(ChangeList):
    """A list whose rows lead to the item's page, and are explained a page at a time."""

    def url_for_result(self, result: Model) -> str:
        return reverse("admin:queueing_queueitem_change", args=[result.pk])

    def get_results(self, request: HttpRequest) -> None:
        """Find the page's ids before its rows: sorting rows with all that they refer to is slow."""
        super().get_results(request)
        ids = list(self.result_list.select_related(None).values_list("pk", flat=True))
        rows = self.apply_select_related(self.root_queryset).in_bulk(ids)
        self.result_list = [rows[pk] for pk in ids if pk in rows]
        if not any(row.error_message or row.error_code for row in self.result_list):
            # The last column, so that the numbers by which others are sorted stay.
            self.list_display = [name for name in self.list_display if name != "error"]


class ExplainedList(ItemChangeList):
    """Says what the items of the page wait for."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = self.result_list
        pending = [item for item in page if item.status == QueueItem.Status.PENDING]
        reports = explaining.reports(pending, timezone.now()) if pending else {}
        for item in page:
            item.report = reports.get(item.pk)


class AnsweredList(ItemChangeList):
    """Has Unipile's last answer to each item of the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = self.result_list
        last = SendAttempt.objects.filter(item__in=[item.pk for item in page]).exclude(detail="")
        answers = dict(
            last.order_by("item", "-number").distinct("item").values_list("item", "detail")
        )
        for item in page:
            item.answer = answers.get(item.pk, "")


class ItemList(Confirming, Exporting):
    """A list of queue items. Rights are those on queue items, whichever list shows them."""

    list_select_related = ("prospect", "campaign", "linkedin_account")
    list_display_links = ("recipient",)
    search_fields = ("prospect__first_name",)  # shows the box; see get_search_results
    search_help_text = "Recipient: beginnings of names and companies, or a profile address."
    changelist: type[ChangeList] = ItemChangeList

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return self.changelist

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        if is_uuid(text):
            return queryset.filter(pk=text), False
        # The items' own walls are enough.
        return queryset.filter(prospect__in=search.matching(Prospect.objects.all(), text)), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the item's one page, whichever list it was on."""
        return HttpResponseRedirect(reverse("admin:queueing_queueitem_change", args=[object_id]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # planning queues people, under limits and in hours

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("queueing.view_queueitem") or self.has_change_permission(
            request
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the user may act on items: nobody edits one by hand."""
        return obj is None and request.user.has_perm("queueing.change_queueitem")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="recipient")
    def recipient(self, item: QueueItem) -> SafeString | str:
        if not item.prospect.company:
            return str(item.prospect)
        return format_html("{} · {}", item.prospect, item.prospect.company)

    @admin.display(description="error")
    def error(self, item: QueueItem) -> SafeString | None:
        """Return what went wrong; code and answer folded, where the list has those."""
        plain = meaning.plain(item.error_message)
        message = clock.own(Truncator(plain).chars(SHOWN_OF_AN_ERROR))
        code, answer = item.error_code, getattr(item, "answer", "")
        if hasattr(item, "answer") and (answer or (message and code)):
            return format_html(
                '{}<details class="raw"><summary>Details</summary><code>{}</code>{}</details>',
                message,
                code or "no code",
                format_html("<pre>{}</pre>", Truncator(answer).chars(SHOWN_OF_AN_ANSWER))
                if answer
                else "",
            )
        return format_html("{}", message or code) if message or code else None

    @admin.display(description="what it means, what to do next")
    def meaning(self, item: QueueItem) -> SafeString:
        advice = meaning.ADVICE[meaning.of(item.error_code)]
        return format_html("<strong>{}.</strong> {}", advice.label, advice.next_step)

    @admin.display(description="campaign, account")
    def place(self, item: QueueItem) -> SafeString:
        return format_html("{}, by {}", item.campaign, item.linkedin_account)
