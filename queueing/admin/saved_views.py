"""Views of lists: filters under a name, each user's own."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from campaigns.models import SavedView
from campaigns.pages import back_to

AT_MOST = 12  # of one list: more are no chips any more
NOT_KEPT = ("p", "q", "e", "all")  # the page, the search, and what the admin adds


class ViewForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks for the name of a view; the list and its filters come with the page."""

    class Meta:
        model = SavedView
        fields = ("name", "list", "query")

    def clean_list(self) -> str:
        label: str = self.cleaned_data["list"]
        if label not in {model._meta.label_lower for model in admin.site._registry}:
            raise forms.ValidationError("There is no such list.")
        return label

    def clean_query(self) -> str:
        query = kept(self.cleaned_data["query"])
        if not query:
            raise forms.ValidationError("Choose a filter first: the whole list needs no view.")
        return query


def kept(query: str) -> str:
    """Return what a view keeps of an address's query, always in the same order."""
    given = QueryDict(query)
    pairs = sorted(
        (name, value)
        for name, values in given.lists()
        for value in values
        if value and name not in NOT_KEPT
    )
    found = QueryDict(mutable=True)
    for name, value in pairs:
        found.appendlist(name, value)
    return found.urlencode()


def of(user: Any, label: str) -> list[SavedView]:
    """Return the views of a list that a user has saved, by name."""
    return list(SavedView.objects.filter(user=user.pk, list=label))


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep a view; one of the same name is replaced."""
    back = HttpResponseRedirect(back_to(request, reverse("admin:index")))
    form = ViewForm(request.POST)
    if not form.is_valid():
        told = [f"{name}: {error}" for name, errors in form.errors.items() for error in errors]
        messages.warning(request, f"The view was not saved. {' '.join(told).capitalize()}")
        return back
    user, values = cast(User, request.user), form.cleaned_data
    views = SavedView.objects.filter(user=user, list=values["list"])
    if views.exclude(name=values["name"]).count() >= AT_MOST:
        messages.warning(request, f"Not saved: a list has {AT_MOST} views. Forget one first.")
        return back
    views.update_or_create(
        user=user,
        list=values["list"],
        name=values["name"],
        defaults={"query": values["query"]},
    )
    messages.success(request, f"Saved: “{values['name']}” stands above the list.")
    return back


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Take a view of one's own away; the list stays as it is shown."""
    key = request.POST.get("view", "")
    mine = SavedView.objects.filter(user=request.user.pk)
    view = (
        mine.filter(pk=key).first() if key.isascii() and key.isdigit() and len(key) < 18 else None
    )
    if view is None:
        messages.warning(request, "There is no such view any more.")
    else:
        view.delete()
        messages.success(request, f"Forgotten: “{view}”. The list is as it was.")
    return HttpResponseRedirect(back_to(request, reverse("admin:index")))
