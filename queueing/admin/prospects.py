"""People: found among a million, imported, and never contacted again where they ask for it."""

from collections.abc import Collection
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from import_export.fields import Field

from campaigns import people as persons
from campaigns.admin.upload_forms import ProspectsForm
from campaigns.importing.work import Work
from campaigns.models import Campaign, Prospect, matching
from campaigns.pages import (
    REASON,
    PlainResource,
    ReasonedForm,
    ReasonForm,
    behind_walls,
    clock,
    reason_field,
    workspaces_of,
)
from queueing.admin import starting
from queueing.admin.person import PersonAdmin
from queueing.admin.stages import (
    ClientFilter,
    InvitedByFilter,
    InvitedFilter,
    SilenceFilter,
    StageFilter,
)
from queueing.models import QueueItem, Reply
from queueing.numbers.standing import standings
from queueing.staff import tags
from queueing.staff.people import correct_identity, never_contact, person_has_ended

AT_MOST = 5_000  # people who are barred at once


class CampaignFilter(admin.SimpleListFilter):
    """Campaigns behind the user's walls; of very many, the first and the one that is chosen."""

    title = "campaign"
    parameter_name = "campaign"
    SHOWN = 100

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        mine = behind_walls(Campaign.objects.order_by("name"), request.user, "workspace")
        found = {str(pk): name for pk, name in mine.values_list("pk", "name")[: self.SHOWN]}
        try:
            chosen = mine.filter(pk=request.GET.get("campaign", "")).first()
        except ValidationError:
            chosen = None
        if chosen is not None:
            found[str(chosen.pk)] = chosen.name
        return list(found.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        known = chosen in dict(self.lookup_choices)  # else made up, or behind another wall
        return queryset.filter(campaign=chosen) if known else queryset.none()


class CompanyFilter(admin.SimpleListFilter):
    """One company, chosen by its name in the list. There is no list of all of them."""

    title = "company"
    parameter_name = "company"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name, "")[:300]
        return [(chosen, chosen)] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = self.value()
        if not name:
            return queryset
        key = persons.company_key(name)
        return queryset.filter(company_key=key) if key else queryset.none()


OUTCOME = ("status", "status_reason", "follow_up_due_at")
ENDS_EVERYWHERE = (
    "Skipped, connected, replied, request sent: nothing is sent to this person any more. What "
    "waits for them is skipped, in every campaign of the client. For campaigns to come, too, "
    "press “Never contact”."
)
BY_HAND = ("tag", "status")
IDENTITY = ("profile_url", "public_identifier", "linkedin_user_id")


def _is_held(person: Prospect | None) -> bool:
    return person is not None and person.queue_items.holding_the_person().exists()


def _is_under_way(person: Prospect | None) -> bool:
    """Return whether the person is being invited, or has been: no hand changes that."""
    if person is None:
        return False
    items = person.queue_items.holding_the_person()
    return items.exclude(status=QueueItem.Status.PENDING, tried_at__isnull=True).exists()


class ProspectForm(ReasonedForm):
    """Offers the states that people may give to somebody: the queue gives the others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "status" not in self.fields:
            return
        status = cast(forms.ChoiceField, self.fields["status"])
        is_new = self.instance._state.adding
        offered = {self.instance.status, *Prospect.ENDED}
        if is_new or not _is_held(self.instance):
            offered.add(Prospect.Status.NEW)
        status.choices = [choice for choice in Prospect.Status.choices if choice[0] in offered]
        status.help_text = "" if is_new else ENDS_EVERYWHERE


class NeverContactForm(ReasonForm):
    reason = reason_field(help_text="Kept with each entry and in the log.")
    companies = forms.BooleanField(
        required=False,
        label="Their companies too",
        help_text="Then nobody at these companies is written to.",
    )


class ProspectResource(PlainResource):
    first_name = Field("first_name", "first name")
    last_name = Field("last_name", "last name")
    headline = Field("headline", "headline")
    company = Field("company", "company")
    location = Field("location", "location")
    profile = Field("profile_url", "profile")
    campaign = Field("campaign__name", "campaign")
    status = Field("get_status_display", "status")
    reason = Field("status_reason", "why")
    follow_up = Field("follow_up_due_at", "follow up")
    accepted_at = Field("accepted_at", "accepted")
    replied_at = Field("replied_at", "first answer")
    tag = Field("get_tag_display", "answer")

    class Meta:
        model = Prospect
        fields = (
            "first_name",
            "last_name",
            "headline",
            "company",
            "location",
            "profile",
            "campaign",
            "status",
            "reason",
            "follow_up",
            "accepted_at",
            "replied_at",
            "tag",
        )


class StandingList(ChangeList):
    """Says of the people of the page where they stand."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = list(self.result_list)
        told = standings(page, timezone.now())
        for person in page:
            person.standing = told[person.pk]
        self.result_list = page


def _heard(person: Prospect) -> dict[str, Any]:
    """Return where somebody stands, and their conversation, if there is one."""
    return {
        "standing": standings([person], timezone.now())[person.pk],
        "reply": Reply.objects.filter(prospect=person).first(),
    }


@admin.register(Prospect)
class ProspectAdmin(PersonAdmin):
    form = ProspectForm
    export_resource = ProspectResource
    workspace_path = "campaign__workspace"
    import_form = ProspectsForm
    import_title = "Import people into a campaign"
    list_display = ("__str__", "at_company", "campaign", "status", "stands")
    list_filter = (
        StageFilter,
        "status",
        "tag",
        CampaignFilter,
        CompanyFilter,
        ClientFilter,
        InvitedFilter,
        InvitedByFilter,
        SilenceFilter,
    )
    list_select_related = ("campaign",)
    # As the index has them, which serves the list of one campaign and of all.
    ordering = ("campaign_id", "status", "created_at", "id")
    search_fields = ("public_identifier",)  # stands for `search.matching`
    search_help_text = "Beginnings of names and companies, or a profile address"
    autocomplete_fields = ("campaign",)
    readonly_fields = (
        "accepted_at",
        "accepted_source",
        "replied_at",
        "replied_source",
        "goes_on_at",
        "invite_again_from",
        "resolved_with",
        "resolved_at",
        "created_at",
    )
    actions = ("never_contact",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prospect]:
        rows: QuerySet[Prospect] = super().get_queryset(request)
        if workspaces_of(request.user) is None:
            return rows
        # A plain list of ids beside the wall: else all that comes before them in order is read.
        own = behind_walls(Campaign.objects.order_by(), request.user, "workspace")
        return rows.filter(campaign__in=list(own.values_list("pk", flat=True)))

    def must_be_explained(self, row: Prospect | None) -> Collection[str]:
        return ("campaign", "status", *IDENTITY)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Prospect | None = None
    ) -> tuple[str, ...]:
        """Who it is stays as it is while the queue holds the person, and once they are invited.

        What has become of the invitation is the machine's to say, from the moment it may be one.
        """
        fields = tuple(super().get_readonly_fields(request, obj))
        held = ("campaign", *IDENTITY) if _is_held(obj) else ()
        return (*fields, *held, *(OUTCOME if _is_under_way(obj) else ()))

    def get_fieldsets(self, request: HttpRequest, obj: Prospect | None = None) -> Any:
        """Fold what the page has above already; what is set by hand most stays open."""
        if obj is None:
            return super().get_fieldsets(request, obj)
        fields, fixed = self.get_fields(request, obj), self.get_readonly_fields(request, obj)
        at_hand = [name for name in fields if name in BY_HAND and name not in fixed]
        details = [name for name in fields if name not in (*at_hand, *fixed)]
        folded = (("Name, company and columns", details), ("All that is stored", [*fixed]))
        return [
            (None, {"fields": at_hand}),
            *((title, {"fields": f, "classes": ("collapse",)}) for title, f in folded if f),
        ]

    def save_model(self, request: HttpRequest, obj: Prospect, form: Any, change: bool) -> None:
        user, reason = cast(User, request.user), form.cleaned_data.get(REASON, "")
        is_set = change and "status" in form.changed_data
        if is_set and "status_reason" not in form.changed_data:
            is_new = obj.status == Prospect.Status.NEW
            obj.status_reason = "" if is_new else f"Set by {user}: {reason}"
        if change and set(IDENTITY) & set(form.changed_data):
            correct_identity(obj, form.initial["public_identifier"])
        else:
            super().save_model(request, obj, form, change)
        if change and "tag" in form.changed_data:
            tags.tag(obj, obj.tag, user, reason, timezone.now())
        if is_set:
            tags.set_by_hand(obj, timezone.now())
        if is_set and (told := person_has_ended(obj, user, reason, timezone.now())):
            messages.info(request, told)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StandingList

    @admin.display(description="where they stand")
    def stands(self, person: Prospect) -> str | None:
        return clock.own(getattr(person, "standing", "")) or None

    @admin.display(description="company", ordering="company")
    def at_company(self, person: Prospect) -> str:
        if not person.company:
            return ""
        here = "?" + urlencode({"company": person.company})
        return format_html('<a href="{}">{}</a>', here, person.company)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found = matching(queryset, search_term)
        if not cast(User, request.user).is_superuser:
            # As a list: a join to the campaigns asks the index of words anew for each of them.
            mine = behind_walls(Campaign.objects.all(), request.user, "workspace")
            found = found.filter(campaign__in=list(mine.values_list("pk", flat=True)))
        return found, False

    def next_step(self, request: HttpRequest, work: Work) -> tuple[str, str]:
        campaign = work.target
        if not isinstance(campaign, Campaign) or not request.user.has_perm(
            "campaigns.change_campaign"
        ):
            return "", ""
        if campaign.status == Campaign.Status.DRAFT:
            return "Go on: what would go, and start", starting.start_url(campaign)
        return "Queue the new people", starting.queue_url(campaign)

    def leads_on(self, work: Work) -> bool:
        return isinstance(work.target, Campaign) and work.target.status == Campaign.Status.DRAFT

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.never_contact_page)
        name = self._named("never_contact")
        return [path("<uuid:pk>/never-contact/", view, name=name), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_bar"] = self.has_never_contact_permission(request)
        person = kwargs.get("obj")
        context["is_held"] = _is_held(person)
        context |= {**self.about(person), **_heard(person)} if person else {}
        return super().render_change_form(request, context, *args, **kwargs)

    def has_never_contact_permission(self, request: HttpRequest) -> bool:
        wanted = ("campaigns.add_donotcontact", "campaigns.change_prospect")
        return cast(User, request.user).has_perms(wanted)

    @admin.action(permissions=["never_contact"], description="Never contact")
    def never_contact(
        self, request: HttpRequest, chosen: QuerySet[Prospect]
    ) -> HttpResponse | None:
        return self._barring(request, chosen, request.get_full_path())

    def never_contact_page(self, request: HttpRequest, pk: Any) -> HttpResponse:
        if not self.has_never_contact_permission(request):
            raise PermissionDenied
        chosen = self.get_queryset(request).filter(pk=pk)
        if not chosen.exists():
            raise Http404("There is no such person, or it is not yours to see.")
        return self._barring(request, chosen, "../change/")

    def _barring(self, request: HttpRequest, chosen: QuerySet[Prospect], back: str) -> HttpResponse:
        """Ask for the reason, then bar these people."""
        people = list(chosen.select_related("campaign")[: AT_MOST + 1])
        if len(people) > AT_MOST:
            messages.error(request, f"Choose at most {AT_MOST:,} people at once.")
            return redirect(back)
        form = NeverContactForm(request.POST if "asked" in request.POST else None)
        if form.is_valid() and request.POST["asked"] != str(len(people)):
            form.add_error(None, "Other people match now than when you looked. Look again.")
        if not form.is_valid():
            return self._never_contact_form(request, form, people, back)
        done = never_contact(
            people,
            cast(User, request.user),
            form.cleaned_data["reason"],
            timezone.now(),
            companies=form.cleaned_data["companies"],
        )
        messages.success(
            request,
            f"On the do-not-contact list: {len(people):,}. Of their requests, "
            + done.sentence("skipped"),
        )
        return redirect(back)

    def _never_contact_form(
        self, request: HttpRequest, form: forms.Form, people: list[Prospect], back: str
    ) -> HttpResponse:
        return self._shown(
            request,
            "never_contact.html",
            form=form,
            title="Never contact",
            back=back,
            number=len(people),
            people=people[:10],
            selected=request.POST.getlist("_selected_action"),
            select_across=request.POST.get("select_across", "0"),
        )
