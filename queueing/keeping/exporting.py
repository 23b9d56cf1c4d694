"""All that is kept of a person, for whoever asks what that is."""

from typing import Any

from django.core import serializers
from django.db.models import QuerySet

from queueing.keeping.whom import Person


def export(person: Person) -> dict[str, Any]:
    """Return every row about a person, field by field, in values that JSON can hold."""
    told = {name: _rows(rows) for name, rows in rows_about(person).items()}
    return {"known_by": sorted(person.names), **told}


def rows_about(person: Person) -> dict[str, QuerySet[Any]]:
    return {
        "prospects": person.prospects,
        "requests": person.items,
        "calls": person.attempts,
        "retries": person.retries,
        "answers": person.replies,
        "notices": person.notices,
        "do_not_contact": person.entries,
        "log": person.log,
    }


def _rows(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    told = serializers.serialize("python", rows.order_by("pk"))
    return [{"id": str(row["pk"]), **row["fields"]} for row in told]
