"""Lists whose addresses and choices may be anything: what cannot be is said, never an error."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldError, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse

NUL = "\0"
# Typed by hand: patterns may be none or take for ever, PostgreSQL knows no year 0, and a range is
# of two.
REFUSED_LOOKUPS = {"regex", "iregex", "year", "iso_year", "range"}
UNFILTERED = "The list cannot be filtered like that. It is shown without filters."
# What Django and PostgreSQL raise of a lookup or a value that cannot be.
OF_LOOKUPS = (FieldError, ValidationError, ValueError, TypeError, OverflowError, DataError)


def _refuse_filters(request: HttpRequest) -> None:
    """Refuse what PostgreSQL may not take, and no link asks for.

    :raises IncorrectLookupParameters: where an address has it.
    """
    for name, values in request.GET.lists():
        if any(NUL in value for value in values) or REFUSED_LOOKUPS & {*name.split("__")}:
            raise IncorrectLookupParameters


class CheckedLists(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list that survives its address."""

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Say so where the list cannot be filtered as it is asked to.

        :raises IncorrectLookupParameters: the list is then shown without filters.
        """
        try:
            _refuse_filters(request)
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, *OF_LOOKUPS) as error:
            if not request.GET:
                raise  # of no filter, and so a fault of ours
            self.message_user(request, UNFILTERED, messages.WARNING)
            raise IncorrectLookupParameters from error

    def response_action(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Answer an action on rows whose ids are none like one on rows that are gone."""
        if all(map(self._can_be_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, *args, **kwargs)
        self.message_user(request, "These are no rows of this list.", messages.WARNING)
        return None

    def _can_be_key(self, chosen: str) -> bool:
        try:
            self.opts.pk.to_python(chosen)
        except ValidationError:
            return False
        return NUL not in chosen
