"""A run starts at once: what it has no need of is not imported."""

import json

import pytest

from sandbox.testing import Sandbox
from tests import processes

NOT_NEEDED = {
    "campaigns.pages",
    "doors.api",
    "holidays",  # until there are holidays to ask for
    "import_export",
    "nameparser",  # until a name is to be compared
    "ninja",
    "openpyxl",
    "queueing.admin",
    "queueing.desk",
    "queueing.looking",
    "requests",
    "sendq_site.urls",
    "sentry_sdk",
    "webauthn",
    "whitenoise",
}
RUN = """
import json, sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "process_send_queue"])
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.django_db(transaction=True)
def test_a_run_with_nothing_to_do_imports_no_pages(sandbox: Sandbox) -> None:
    env = processes.environment(sandbox, DJANGO_SETTINGS_MODULE="sendq_site.settings")

    (printed,) = processes.end(processes.start_anew(env, "-c", RUN))

    told, imported = printed.strip().splitlines()
    assert told == "No messages due"
    assert "queueing.sending.runs" in json.loads(imported)
    assert NOT_NEEDED.isdisjoint(json.loads(imported))
