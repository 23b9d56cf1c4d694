"""Migrations let the version before go on: they lock no writes, and take what it writes.

Judged are those after the ones below; for what is older than these everything is stopped.
`bench/two_versions.py` shows two versions side by side.
"""

from collections.abc import Iterator

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

OURS = ("access", "campaigns", "queueing", "doors")
NOT_JUDGED = {"access": "0001", "campaigns": "0022", "queueing": "0024", "doors": "0003"}


def troubles(migration: migrations.Migration) -> Iterator[str]:
    """Yield what a migration must not do while the version before it is running."""
    made = {
        operation.name_lower
        for operation in migration.operations
        if isinstance(operation, migrations.CreateModel)
    }
    for operation in migration.operations:
        if getattr(operation, "model_name", "").lower() in made:
            continue
        if told := _trouble(operation):
            yield f"{migration}: {operation.describe()}: {told}"


def _trouble(operation: Operation) -> str:
    concurrently = (AddIndexConcurrently, RemoveIndexConcurrently)
    if isinstance(operation, migrations.AddIndex | migrations.RemoveIndex) and not isinstance(
        operation, concurrently
    ):
        return "it locks writes: use the operation that ends with Concurrently, atomic = False"
    if isinstance(operation, migrations.AddField):
        field = operation.field
        lacks = field.db_default is models.NOT_PROVIDED and not isinstance(
            field, models.ManyToManyField | models.GeneratedField
        )
        if lacks and not field.null:
            return "the version before writes rows without it: give it a db_default, or null"
    if isinstance(operation, migrations.RemoveField | migrations.RenameField):
        return "the version before reads it: stop using it now, remove it a version later"
    if isinstance(operation, migrations.DeleteModel | migrations.RenameModel):
        return "the version before uses it: remove it a version later"
    return ""


def test_new_migrations_let_the_version_before_go_on() -> None:
    loader = MigrationLoader(None)
    new = [
        migration
        for (app, name), migration in loader.disk_migrations.items()
        if app in OURS and name[:4] > NOT_JUDGED[app]
    ]

    assert [trouble for migration in new for trouble in troubles(migration)] == []


@pytest.mark.parametrize(
    ("operation", "is_taken"),
    [
        (migrations.AddIndex("item", models.Index(fields=["a"], name="a")), False),
        (AddIndexConcurrently("item", models.Index(fields=["a"], name="a")), True),
        (migrations.AddField("item", "a", models.TextField(default="")), False),
        (migrations.AddField("item", "a", models.TextField(db_default="")), True),
        (migrations.AddField("item", "a", models.TextField(null=True)), True),
        (migrations.RemoveField("item", "a"), False),
        (migrations.CreateModel("new", []), True),
    ],
)
def test_what_is_judged(operation: Operation, is_taken: bool) -> None:
    migration = migrations.Migration("9999_x", "queueing")
    setattr(migration, "operations", [operation])  # noqa: B010

    assert (list(troubles(migration)) == []) is is_taken
