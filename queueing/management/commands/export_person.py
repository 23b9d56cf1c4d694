"""Print all that is kept of a person, as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from queueing.keeping import exporting
from queueing.management.whose import add_person, person_in


class Command(BaseCommand):
    help = "Print all that is kept of a person, as JSON, for whoever asks what that is."

    def add_arguments(self, parser: CommandParser) -> None:
        add_person(parser)

    def handle(self, *args: Any, **options: Any) -> str:
        told = exporting.export(person_in(options))
        return json.dumps(told, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
