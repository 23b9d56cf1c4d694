"""What staff do to queue items, as actions of lists and buttons of an item's page."""

import datetime as dt
from collections import Counter
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import F, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from campaigns.pages import ReasonForm
from queueing.admin import undoing
from queueing.admin.confirming import (
    Confirming,
    Plan,
    Progress,
    TextForm,
    chosen_rows,
    where_from,
)
from queueing.looking import reconciling
from queueing.models import QueueItem
from queueing.sending import DatabaseClock, runs
from queueing.staff import back, items, log, texts, triage

CHECKED_AT_MOST = reconciling.LOOKS_PER_ACCOUNT
NAMED_AT_MOST = 5  # of those who were looked up; of more a count is told


def _undo_of_retry(by: User, form: ReasonForm, progress: Progress, now: dt.datetime) -> str:
    return undoing.of_retry(by, form.cleaned_data["reason"], progress.seen_at, now)


def _undo_of_skip(by: User, form: ReasonForm, progress: Progress, now: dt.datetime) -> str:
    return undoing.of_skip(by, form.cleaned_data["reason"], progress.seen_at, now, barred=False)


def _undo_of_never(by: User, form: ReasonForm, progress: Progress, now: dt.datetime) -> str:
    return undoing.of_skip(by, form.cleaned_data["reason"], progress.seen_at, now, barred=True)


RETRY_NOW = Plan(
    "Retry now",
    lambda asked: triage.RetryNow(),
    warning="Their time has passed: they go before what is planned for later. Hours and limits "
    "still hold.",
    undo=_undo_of_retry,
)
SAME_PERSON = Plan(
    "It is the same person: retry",
    lambda asked: triage.SamePerson(),
    warning="LinkedIn shows another name at their addresses. Open the profiles before you confirm: "
    "names are not compared for them any more.",
    undo=_undo_of_retry,
)
EDIT_TEXT = Plan(
    "Edit the text",
    lambda asked: texts.EditText(asked.get("text", "")),
    TextForm,
    "They keep their turn. Whoever's message comes out too long, or without a value for a "
    "variable, keeps the text that they have.",
)
RETRY_SPREAD = Plan(
    "Retry, spread over the next windows",
    lambda asked: triage.RetrySpread(),
    undo=_undo_of_retry,
)
EDIT_AND_RETRY = Plan(
    "Edit the message and retry",
    lambda asked: triage.EditAndRetry(asked.get("text", "")),
    TextForm,
    "They get the next free times of their accounts. Whoever's message comes out too long, or "
    "without a value for a variable, is left alone.",
    undo=_undo_of_retry,
)


SKIP = Plan("Skip", lambda asked: triage.Skip(), undo=_undo_of_skip)
NEVER_CONTACT = Plan(
    "Never contact",
    lambda asked: triage.NeverContact(),
    warning="These people go on the client's do-not-contact list: no campaign invites them.",
    undo=_undo_of_never,
)
PUT_BACK = Plan(
    "Put back in the queue",
    lambda asked: back.PutBack(),
    warning="They get the next free times of their accounts.",
)
SEND_NOW = Plan(
    "Send with the next run",
    lambda asked: items.SendNext(timezone.now()),
    warning="Hours, limits and every other rule still hold for them.",
)
LOOK_AGAIN = Plan(
    "Look them up again",
    lambda asked: triage.LookAgain(),
    warning="Nothing is sent by it. They stand under “Maybe sent” until LinkedIn shows whether "
    "it arrived: SendQ looks them up from the next look on, and “Look all up” there does it now.",
)
MARK_SENT = Plan(
    "Mark as sent",
    lambda asked: triage.MarkSent(),
    warning="Only if you have seen the invitation on LinkedIn.",
)
CONFIRM_NOT_SENT = Plan(
    "Confirm as not sent",
    lambda asked: triage.ConfirmNotSent(),
    warning="Who was maybe sent it, or waits, will be invited again; whoever has failed or was "
    "skipped may be. Make sure that LinkedIn shows no invitation to them.",
)


class Setting(Confirming):
    """Set items aside."""

    @admin.action(permissions=["change"], description="Skip…")
    def skip(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, SKIP)

    @admin.action(permissions=["change"], description="Edit the text…")
    def edit_text(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, EDIT_TEXT)

    @admin.action(permissions=["change"], description="Put back in the queue…")
    def put_back(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, PUT_BACK)

    @admin.action(permissions=["change"], description="Never contact…")
    def never_contact(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, NEVER_CONTACT)


class Retrying(Setting):
    """Ways out of a failure."""

    @admin.action(permissions=["change"], description="Retry now…")
    def retry_now(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, RETRY_NOW)

    @admin.action(permissions=["change"], description="It is the same person: retry…")
    def same_person(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, SAME_PERSON)

    @admin.action(permissions=["change"], description="Retry, spread over the next windows…")
    def retry_spread(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, RETRY_SPREAD)

    @admin.action(permissions=["change"], description="Edit the message and retry…")
    def edit_and_retry(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, EDIT_AND_RETRY)


class SendingNext(Confirming):
    """Let items go before their time, for which there is a permission of its own."""

    def has_send_now_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("queueing.send_now")

    @admin.action(permissions=["send_now"], description="Send with the next run…")
    def send_now(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, SEND_NOW)


class Settling(Confirming):
    """Ways out of a doubt."""

    @admin.action(permissions=["change"], description="Look them up again…")
    def look_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, LOOK_AGAIN)

    def has_confirm_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("queueing.confirm_unconfirmed")

    @admin.action(permissions=["change"], description="Check with LinkedIn now")
    def check_now(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        """Look people up; it reads only, so nobody is asked whether they mean it.

        Of a whole list that is longer than what is looked up at a time, those go that have waited
        the longest for a look, so that the same button goes on with the others.
        """
        back = HttpResponseRedirect(where_from(request))
        rows = chosen_rows(request, chosen).filter(status=QueueItem.Status.UNCONFIRMED)
        number, is_all = rows.count(), request.POST.get("select_across") == "1"
        if not number:
            _tell(request, "Nothing was checked: none of them is maybe sent any more.")
            return back
        if number > CHECKED_AT_MOST and not is_all:
            _tell(request, f"Check {CHECKED_AT_MOST} at a time: LinkedIn counts profile views.")
            return back
        looked = Max("send_attempts__started_at", filter=Q(send_attempts__kind="lookup"))
        longest = rows.annotate(looked=looked).order_by(
            F("looked").asc(nulls_first=True), "claimed_at", "pk"
        )
        _check(request, list(longest[:CHECKED_AT_MOST]), number)
        return back

    @admin.action(permissions=["confirm"], description="Mark as sent…")
    def mark_sent(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, MARK_SENT)

    @admin.action(permissions=["confirm"], description="Confirm as not sent…")
    def confirm_not_sent(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return self.confirm(request, chosen, CONFIRM_NOT_SENT)


def _check(request: HttpRequest, doubtful: list[QueueItem], of: int) -> None:
    """Look up these, which are some of so many, and say what came of it."""
    try:
        client = runs.unipile_client()
    except runs.NotConnectedError as error:
        _tell(request, f"Nothing was checked. {error}")
        return
    became: Counter[str] = Counter()
    for item in doubtful:
        status = reconciling.check_item(client, item.pk, DatabaseClock())
        log.note(cast(User, request.user), [item], "Checked with LinkedIn", f"{status} afterwards")
        became[QueueItem.Status(status)] += 1
        if len(doubtful) <= NAMED_AT_MOST:
            _tell_of(request, item, status)
    if len(doubtful) > NAMED_AT_MOST:
        _tell_of_all(request, became)
    if rest := of - len(doubtful):
        _tell(
            request,
            f"{rest:,} more {'is' if rest == 1 else 'are'} still to be looked up: press “Look all "
            f"up” again for the next {min(rest, CHECKED_AT_MOST)}. SendQ goes on with them by "
            "itself, too: LinkedIn counts profile views.",
        )


def _tell_of(request: HttpRequest, item: QueueItem, status: str) -> None:
    if status == QueueItem.Status.UNCONFIRMED:
        _tell(
            request,
            f"{item.prospect}: still maybe sent. SendQ goes on looking every half hour; "
            "the item's page shows what LinkedIn answered.",
        )
    else:
        messages.success(request, f"{item.prospect}: {_words_of(status)}.")


def _tell_of_all(request: HttpRequest, became: Counter[str]) -> None:
    still = became.pop(QueueItem.Status.UNCONFIRMED, 0)
    parts = [f"{number:,} {_words_of(status)}" for status, number in became.most_common()]
    parts += [f"{still:,} still maybe sent"] if still else []
    messages.success(request, f"{became.total() + still:,} looked up: {', '.join(parts)}.")


def _words_of(status: str) -> str:
    return items.ALREADY[QueueItem.Status(status)].removeprefix("already ")


def _tell(request: HttpRequest, text: str) -> None:
    messages.warning(request, text)
