"""Connecting LinkedIn accounts: a link to a page of Unipile's, and what came of it."""

import datetime as dt
import logging
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.models import LinkedInAccount, Workspace
from campaigns.pages import behind_walls
from queueing.admin.deeds import Deed, DeedsAdmin, Done, NothingToFill
from queueing.looking import connecting
from queueing.models import ConnectLink
from queueing.sending import runs
from queueing.staff import log
from queueing.staff.places import NotNowError
from queueing.unipile import UnipileError, receiver

logger = logging.getLogger(__name__)

NOTHING_NEW = (
    "Unipile does not show a new LinkedIn account yet. Press again once somebody has logged in: "
    "the last step can take a minute."
)


class ConnectForm(forms.Form):
    """Asks for whom, and how it is to begin."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), label="Client")
    starts_slowly = forms.BooleanField(
        label="Start slowly",
        required=False,
        initial=True,
        help_text="A few requests a day at first, its full limit after two weeks. Leave it on "
        "unless the account has been sending as many until now. A member who is here already "
        "keeps what holds for the account.",
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Workspace]", self.fields["workspace"])
        field.queryset = behind_walls(Workspace.objects.all(), user, "pk")
        if field.queryset[:2].count() == 1:
            field.initial = field.queryset.get()


def page_of(link: ConnectLink) -> str:
    return reverse("admin:campaigns_linkedinaccount_link", args=[link.pk])


def make_link(workspace: Workspace, by: User, now: dt.datetime, **how: Any) -> ConnectLink:
    """Make a link, and note that.

    :raises NotNowError: where there is none to be had now, with the reason.
    """
    try:
        link = connecting.make(runs.unipile_client(), workspace, by, now, **how)
    except (UnipileError, runs.NotConnectedError) as error:
        raise NotNowError(f"There is no link to be had now: {error}") from error
    of: models.Model = link.account or workspace
    log.note(by, [of], "Made a link to connect an account")
    return link


def _before(account: LinkedInAccount, now: dt.datetime) -> str:
    owner = account.owner_slug or account.name
    return (
        f"You get a link to a page of Unipile's, where {owner} logs in to LinkedIn: you open it, "
        "or send it to them. It holds for an hour. Its queue, its use and its limits stay; what "
        "happened while it was away is read before it sends."
    )


def _connect_again(
    account: LinkedInAccount, values: dict[str, Any], by: User, now: dt.datetime
) -> Done:
    link = make_link(account.workspace, by, now, account=account)
    return Done("The link is ready.", goes_to=page_of(link))


CONNECT = Deed(
    "connect",
    "Connect again",
    _before,
    lambda account, now: account.same_as_id is None,
    _connect_again,
    NothingToFill,
)


class ConnectingAdmin(DeedsAdmin):
    """The pages on which accounts are connected."""

    def get_urls(self) -> list[URLPattern]:
        site, name = self.admin_site, "campaigns_linkedinaccount"
        return [
            path("connect/", site.admin_view(self.connect_view), name=f"{name}_connect"),
            path("connect/<uuid:pk>/", site.admin_view(self.link_view), name=f"{name}_link"),
            *super().get_urls(),
        ]

    def connect_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for which client, then make a link."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        user = cast(User, request.user)
        form = ConnectForm(user, request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            values = form.cleaned_data
            try:
                link = make_link(
                    values["workspace"],
                    user,
                    timezone.now(),
                    starts_slowly=values["starts_slowly"],
                )
                return HttpResponseRedirect(page_of(link))
            except NotNowError as error:
                self.message_user(request, str(error), messages.ERROR)
        return self._page(request, "Connect an account", form=form)

    def link_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Show a link and what came of it; `look` and `take` ask Unipile."""
        rows = behind_walls(ConnectLink.objects.all(), cast(User, request.user), "workspace")
        link = rows.filter(pk=pk).select_related("workspace", "account", "connected").first()
        if link is None:
            raise Http404("There is no such link, or it is not yours to see.")
        may = self.has_change_permission if link.account else self.has_add_permission
        if not may(request):
            raise PermissionDenied
        found = self._look(request, link) if request.method == "POST" else []
        if request.method == "POST" and not found:
            return HttpResponseRedirect(page_of(link))
        return self._page(
            request,
            str(link),
            link=link,
            is_open=link.is_open(timezone.now()),
            may_be_opened=link.expires_at > timezone.now(),
            candidates=found,
        )

    def _look(self, request: HttpRequest, link: ConnectLink) -> list[Any]:
        """Ask what the link led to; return accounts of which somebody must say whether it is one.

        Says on the page what there is to say.
        """
        now, chosen = timezone.now(), request.POST.get("take", "")
        try:
            client = runs.unipile_client()
            if connecting.finish(client, link, now):
                return []
            new = connecting.candidates(client, link) if link.is_open(now) else []
            found = next((one for one in new if one.id == chosen), None)
            if found is not None and not link.account:
                connecting.take(client, link, found, now)
                return []
        except (UnipileError, runs.NotConnectedError) as error:
            self.message_user(request, f"Unipile cannot be asked now: {error}", messages.ERROR)
            return []
        if link.account or not new:
            self.message_user(request, NOTHING_NEW, messages.WARNING)
            return []
        return new

    def _page(self, request: HttpRequest, title: str, **shown: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            **shown,
        }
        return TemplateResponse(request, "admin/connect.html", context)


def returned(request: HttpRequest) -> HttpResponse:
    """Receive whoever was on Unipile's page: staff, or the account's owner, who has no login here.

    Nothing of the address is believed but the link's own word, which we signed: Unipile is asked.
    """
    told = receiver(runs.version_spoken()).returned(request.GET.dict())
    link = connecting.link_of(told.state)
    if link is None:
        return render(request, "connected.html", {"is_unknown": True}, status=404)
    now = timezone.now()
    connecting.note(link, told.account_id, told.trouble, now)
    try:
        if not told.trouble:
            connecting.finish(runs.unipile_client(), link, now)
    except (UnipileError, runs.NotConnectedError) as error:
        logger.warning("What link %s led to cannot be asked now: %s", link.pk, error)
    user = cast(User, request.user)
    if user.is_active and user.is_staff:
        return HttpResponseRedirect(page_of(link))
    return render(request, "connected.html", {"link": link, "failed": bool(told.trouble)})
