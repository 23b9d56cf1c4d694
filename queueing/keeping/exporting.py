"""All that is kept of a person, for whoever asks what that is."""

from typing import Any

from django.core import serializers
from django.db.models import QuerySet

from queueing.keeping.whom import Person


def export(person: Person) -> dict[str, Any]:
    """Return every row about a person, field by field, in values that JSON can hold."""
    return {
        "known_by": sorted(person.names),
        "prospects": _rows(person.prospects),
        "requests": _rows(person.items),
        "calls": _rows(person.attempts),
        "answers": _rows(person.replies),
        "notices": _rows(person.notices),
        "do_not_contact": _rows(person.entries),
        "log": _rows(person.log),
    }


def _rows(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    told = serializers.serialize("python", rows.order_by("pk"))
    return [{"id": str(row["pk"]), **row["fields"]} for row in told]
