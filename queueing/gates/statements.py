"""Statements that every claim makes: the ORM says what they are, once, and PostgreSQL plans once.

Building one anew takes the ORM longer than PostgreSQL takes to answer it. What changes from one
claim to the next is a slot; all else stands in the text, so that partial indexes answer also where
a plan is kept. Behind a pooler that hands out connections by transaction, which is where Django
wants DISABLE_SERVER_SIDE_CURSORS, nothing is kept on a connection.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import get_related_populators
from psycopg.sql import Literal


class _Slot(Expression):
    def __init__(self, name: str, output_field: "Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


def slot(name: str, output_field: "Field[Any, Any] | None" = None) -> Any:
    """Return what stands in a query for a value that each execution gives by this name."""
    return _Slot(name, output_field)


class Statement:
    """A query with slots, built once; good for any thread and connection."""

    def __init__(self, query: "QuerySet[Any, Any]") -> None:
        compiler = query.query.get_compiler(using=query.db)
        built, values = compiler.as_sql()
        given = iter(values)
        self.text = re.sub(
            "%%|%s", lambda at: "%%" if at[0] == "%%" else _written(next(given)), built
        )
        fields = [one for one, _, _ in compiler.select[: compiler.col_count]]
        self._converters = compiler.get_converters(fields)
        self._compiler = compiler

    def rows(self, **given: Any) -> list[Sequence[Any]]:
        """Execute it; return its rows.

        :raises django.db.ProgrammingError: where a slot is given no value.
        """
        rows: Iterable[Any] = execute(self.text, given)
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        return list(rows)

    def instances(self, **given: Any) -> list[Any]:
        """Execute it; return the model's instances, with what the query selects beside them."""
        told, select = self._compiler.klass_info, self._compiler.select
        model: type[Model] = told["model"]
        first, last = told["select_fields"][0], told["select_fields"][-1] + 1
        names = [one.target.attname for one, _, _ in select[first:last]]
        related = get_related_populators(told, select, connection.alias)  # type: ignore[call-arg]
        found = []
        for row in self.rows(**given):
            one = model.from_db(connection.alias, names, row[first:last])
            for populator in related:
                populator.populate(row, one)
            for name, at in self._compiler.annotation_col_map.items():
                setattr(one, name, row[at])
            found.append(one)
        return found


def _written(value: Any) -> str:
    """Return a value as it stands in the text of a statement, or its slot."""
    if isinstance(value, _Slot):
        return f"%({value.name})s"
    plain = str(value) if isinstance(value, str) else value
    return Literal(plain).as_string(connection.connection).replace("%", "%%")


class _Preparing(ServerBindingCursor):
    """A cursor whose statements PostgreSQL parses and plans once a connection."""

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        try:
            return super().execute(query, params, prepare=True)  # type: ignore[misc]
        finally:
            # Of what is prepared psycopg keeps no text, and Django's log of queries asks for it.
            self._query = SimpleNamespace(query=query.encode())


def execute(text: str, given: Mapping[str, Any], *, returning: bool = True) -> list[Any]:
    """Execute a statement that comes again and again, prepared; return its rows."""
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        cursor = connection.cursor()
    else:
        connection.ensure_connection()
        if connection.connection.prepare_threshold is None:  # Django's own cursors never prepare
            connection.connection.prepare_threshold = 1
        cursor = connection._prepare_cursor(_Preparing(connection.connection))  # type: ignore[attr-defined, call-arg]
    with cursor:
        cursor.execute(text, given)
        return cursor.fetchall() if returning else []
