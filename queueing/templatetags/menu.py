"""The header of every page: a menu by the day's work, and the client that lists are narrowed to."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from campaigns.models import Workspace
from campaigns.pages import CappedPaginator, behind_walls, client, clock
from queueing.admin import saved_views as of_lists
from queueing.admin import stopping, undoing
from queueing.models import QueueItem, Reply

register = template.Library()

CLIENTS_AT_MOST = 100
_READ = "_clients"

# Words, the page, who may see it; the first are shown, the others under “More”.
_DAILY = (
    ("Campaigns", "admin:campaigns_campaign_changelist", "campaigns.view_campaign"),
    ("People", "admin:campaigns_prospect_changelist", "campaigns.view_prospect"),
    ("Answers", "admin:queueing_reply_changelist", "queueing.view_reply"),
    ("Numbers", "numbers", "queueing.view_queueitem"),
    ("Accounts", "admin:campaigns_linkedinaccount_changelist", "campaigns.view_linkedinaccount"),
    ("To fix", "admin:queueing_failedsend_changelist", "queueing.view_queueitem"),
    ("Maybe sent", "admin:queueing_unconfirmedsend_changelist", "queueing.view_queueitem"),
    ("Queue", "admin:queueing_queueitem_changelist", "queueing.view_queueitem"),
    ("Hours", "admin:campaigns_sendinghours_changelist", "campaigns.view_sendinghours"),
)
_MORE = (
    ("Clients", "admin:campaigns_workspace_changelist", "campaigns.view_workspace"),
    ("Never contact", "admin:campaigns_donotcontact_changelist", "campaigns.view_donotcontact"),
    ("What was done", "admin:admin_logentry_changelist", "admin.view_logentry"),
    ("New client", "admin:campaigns_workspace_add", "campaigns.add_workspace"),
    ("Colleagues", "admin:auth_user_changelist", "auth.view_user"),
    ("Invite a colleague", "invite", "auth.add_user"),
    ("Groups", "admin:auth_group_changelist", "auth.view_group"),
)
_ENGINE_ROOM = (
    ("Runs", "admin:queueing_processrun_changelist", "queueing.view_processrun"),
    ("Calls", "admin:queueing_sendattempt_changelist", "queueing.view_sendattempt"),
    ("Stops", "admin:queueing_sendingstop_changelist", "queueing.view_sendingstop"),
    ("Schedules", "admin:django_q_schedule_changelist", "django_q.view_schedule"),
    ("Tasks that failed", "admin:django_q_failure_changelist", "django_q.view_failure"),
)


@dataclass(frozen=True)
class Entry:
    """A link of the menu; `count` is what waits behind it, as text."""

    words: str
    url: str
    is_here: bool
    count: str = ""


@register.inclusion_tag("admin/menu.html", takes_context=True)
def menu(context: dict[str, Any]) -> dict[str, Any]:
    """Show what the user may see, and where they are."""
    request: HttpRequest = context["request"]
    desk = reverse("admin:index")
    return {
        "desk": Entry("Desk", desk, request.path == desk),
        "daily": [_counted(entry, request) for entry in _entries(_DAILY, request)],
        "more": _entries(_MORE, request),
        "engine_room": _entries(_ENGINE_ROOM, request),
    }


def _entries(rows: tuple[tuple[str, str, str], ...], request: HttpRequest) -> list[Entry]:
    urls = [(words, reverse(name)) for words, name, needs in rows if request.user.has_perm(needs)]
    return [Entry(words, _first(url), request.path.startswith(url)) for words, url in urls]


def _first(url: str) -> str:
    """Return what a link of the menu opens: of the queue, what comes next."""
    return f"{url}?status__exact={QueueItem.Status.PENDING}" if url == reverse(_QUEUE) else url


def _counted(entry: Entry, request: HttpRequest) -> Entry:
    if entry.words == "To fix":
        items = behind_walls(QueueItem.objects.all(), request.user, "workspace")
        rows: Any = items.filter(status=QueueItem.Status.FAILED)
    elif entry.words == "Answers":
        waiting = Reply.objects.waiting(timezone.now())
        rows = behind_walls(waiting, request.user, "workspace")
    else:
        return entry
    found = CappedPaginator(rows, per_page=1)
    count = f"{found.count:,}{'+' if found.is_cut else ''}" if found.count else ""
    return Entry(entry.words, entry.url, entry.is_here, count)


@register.filter
def undo_token(message: Any) -> str:
    """Return what a message offers to undo, if anything."""
    tags = message.extra_tags or ""
    return tags.removeprefix(undoing.TAG) if tags.startswith(undoing.TAG) else ""


_QUEUE = "admin:queueing_queueitem_changelist"


@register.inclusion_tag("admin/queue_tabs.html", takes_context=True)
def queue_tabs(context: dict[str, Any]) -> dict[str, Any]:
    """Offer, on the lists of the queue, what people look for in them."""
    request: HttpRequest = context["request"]
    queue, today = reverse(_QUEUE), clock.today().isoformat()
    tabs: list[tuple[str, str, dict[str, str]]] = [
        ("Next", queue, {"status__exact": QueueItem.Status.PENDING}),
        ("Today", queue, {"planned_from": today, "planned_until": today}),
        ("Maybe sent", reverse("admin:queueing_unconfirmedsend_changelist"), {}),
        ("To fix", reverse("admin:queueing_failedsend_changelist"), {}),
        ("Sent", queue, {"status__exact": QueueItem.Status.SENT, "o": "-5"}),
        ("All", queue, {}),
    ]
    if request.path not in {path for _, path, _ in tabs}:
        return {"tabs": []}
    asked = {name: value for name, value in request.GET.items() if name not in {"p", "q"}}
    of_queue = request.path == queue
    return {
        "tabs": [
            Entry(
                words,
                f"{path}?{urlencode(params)}" if params else path,
                path == request.path and (not of_queue or asked == params),
            )
            for words, path, params in tabs
        ]
    }


@register.inclusion_tag("admin/queue_tabs.html", takes_context=True)
def answer_tabs(context: dict[str, Any]) -> dict[str, Any]:
    """Offer the answers by what is still to be done about them."""
    request: HttpRequest = context["request"]
    url, state = reverse("admin:queueing_reply_changelist"), request.GET.get("state", "waiting")
    mine = request.GET.get("whose") == "mine"
    tabs = [
        ("Need an answer", "state=waiting", state == "waiting" and not mine),
        ("Mine", "state=waiting&whose=mine", state == "waiting" and mine),
        ("Snoozed", "state=snoozed", state == "snoozed"),
        ("Done", "state=done", state == "done"),
        ("All", "state=all", state == "all"),
    ]
    shown = [Entry(words, f"{url}?{query}", is_here) for words, query, is_here in tabs]
    return {"tabs": shown, "tabs_label": "Answers"}


@register.inclusion_tag("admin/saved_views.html", takes_context=True)
def saved_views(context: dict[str, Any], changelist: Any) -> dict[str, Any]:
    """Offer the views of a list that its reader has saved, and to save what they see."""
    request: HttpRequest = context["request"]
    label, query = changelist.opts.label_lower, of_lists.kept(request.GET.urlencode())
    views = of_lists.of(request.user, label)
    here = [view for view in views if view.query == query]
    return {
        "views": views,
        "here": here[0] if here else None,
        "may_save": bool(query) and changelist.has_active_filters and not here,
        "list": label,
        "query": query,
        "url": request.path,
        "back": request.get_full_path(),
    }


def _clients(request: HttpRequest) -> list[tuple[Any, str]]:
    """Return the clients that the user sees, read once a page."""
    if not hasattr(request, _READ):
        rows = behind_walls(Workspace.objects.order_by("name"), request.user, "pk", narrowed=False)
        setattr(request, _READ, list(rows.values_list("pk", "name")[: CLIENTS_AT_MOST + 1]))
    found: list[tuple[Any, str]] = getattr(request, _READ)
    return found


@register.inclusion_tag("admin/client_picker.html", takes_context=True)
def client_picker(context: dict[str, Any]) -> dict[str, Any]:
    """Offer the clients that the user sees, where there are several."""
    request: HttpRequest = context["request"]
    found = _clients(request)
    return {
        "clients": found[:CLIENTS_AT_MOST] if len(found) > 1 else [],
        "chosen": client.of(request.user),
        "back": request.get_full_path(),
    }


@register.simple_tag(takes_context=True)
def stop_link(context: dict[str, Any]) -> str:
    """Offer to stop sending to whoever may, of the chosen client first."""
    request: HttpRequest = context["request"]
    is_stopped = any(stop.workspace_id is None for stop in context["open_stops"])
    if is_stopped or not stopping.may_stop(request.user) or not _clients(request):
        return ""
    words = "Stop all sending" if request.user.is_superuser else "Stop sending"
    return format_html('<a class="stop-link" href="{}">{}</a>', reverse("stop_sending"), words)
