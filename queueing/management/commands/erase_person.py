"""Forget a person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueing.keeping import erasing
from queueing.management.whose import add_person, person_in
from queueing.sending import DatabaseClock


class Command(BaseCommand):
    help = (
        "Forget a person: everything about them goes but keyed hashes of their names, by which "
        "they are never added, queued or written to again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_person(parser)
        parser.add_argument("--yes", action="store_true", help="do it: there is no way back")

    def handle(self, *args: Any, **options: Any) -> str:
        person = person_in(options)
        if not options["yes"]:
            return (
                f"{len(person.prospect_ids)} prospects, {len(person.item_ids)} requests and what "
                "belongs to them would be erased, for good. Say --yes to do it."
            )
        try:
            became = erasing.erase(person, DatabaseClock()())
        except erasing.BeingSentError as error:
            raise CommandError(str(error)) from error
        told = ", ".join(f"{number} {what}" for what, number in became.most_common())
        return f"Erased: {told}. Backups and error reports made before still have them."
