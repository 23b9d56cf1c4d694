"""Find the person that a command is about."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from campaigns.models import Workspace
from queueing.keeping import Person, UnknownPersonError, person_named
from queueing.management.named import workspace_named


def add_person(parser: CommandParser) -> None:
    """Let a command be told whom it is about."""
    parser.add_argument("person", help="a profile address, its last part, or a LinkedIn user id")
    parser.add_argument("--workspace", metavar="NAME", help="in this workspace alone; else in all")


def person_in(options: dict[str, Any]) -> Person:
    """Return the person that the options name.

    :raises CommandError: with exit code 2 where that is nobody.
    """
    name = options["workspace"]
    chosen = (
        [workspace_named(name).pk] if name else list(Workspace.objects.values_list("pk", flat=True))
    )
    try:
        return person_named(options["person"], chosen)
    except UnknownPersonError as error:
        raise CommandError(str(error), returncode=2) from error
