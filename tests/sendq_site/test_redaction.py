"""Planted secrets: errors are provoked, and every way out of a process is searched for them."""

import gzip
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from sendq_site import redaction
from tests.preloaded import ROOT

PLANTED = {
    "SECRET_KEY": "planted-signing-key-1111111111111111111111111111111",
    "CRON_SECRET": "planted-cron-secret-2222222222",
    "UNIPILE_API_KEY": "planted-unipile-key-3333",
    "UNIPILE_WEBHOOK_SECRET": "planted-webhook-secret-4444",
}
DATABASE, MAIL = "planted-db-pass-5555", "planted-mail-pass-6666"
TYPED = ("planted-log-in-7777", "planted-note-8888", "planted-query-9999")

# The database is away, the mail server too, and a run fails with all it knows in its message.
# What is typed is not in the program's text: from Python 3.13 on, tracebacks show that of a `-c`.
PROGRAM = """
import logging, os, sys
LOG_IN, NOTE, QUERY = os.environ.pop("TYPED").split()
import django; django.setup()
from django.conf import settings
from django.core import mail
from django.test import Client
import sentry_sdk
from queueing import api

def fail(*args, **kwargs):
    note = NOTE
    known = f"{settings.UNIPILE_API_KEY} {settings.DATABASES}"
    raise RuntimeError(f"failed with {known}\\nDETAIL: " + note)

api.DatabaseClock = fail
browser = Client(raise_request_exception=False, HTTP_HOST="127.0.0.1")
stolen = {"cookie": f"sessionid={LOG_IN}"}
cron = {"x-cron-secret": settings.CRON_SECRET}
answers = [
    browser.post(f"/api/cron/process-send-queue?who={QUERY}", headers=cron),
    browser.post("/admin/login/", {"username": "ada", "password": LOG_IN}),
    browser.get(f"/admin/?q={QUERY}", headers=stolen),
]
try:
    fail()
except RuntimeError:
    logging.getLogger("sendq").exception("A note: %s", "planted" and settings.CRON_SECRET)
try:
    mail.send_mail("x", NOTE, None, ["ada@example.com"])
except OSError:
    logging.getLogger("sendq").exception("Not mailed")
logging.getLogger("sendq").error("forged?\\n2026-01-01 INFO all is well")
for answer in answers:
    print(answer.status_code, answer.content.decode(), dict(answer.headers))
sentry_sdk.flush(5)
"""


@pytest.fixture
def reports() -> Iterator[tuple[str, list[str]]]:
    """A Sentry that keeps what it is sent; its address, and what came."""
    came: list[str] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers.get("Content-Encoding")
            plain = gzip.decompress(body) if kind == "gzip" else body
            came.append(plain.decode(errors="replace"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", came
    server.shutdown()
    server.server_close()


def test_no_secret_leaves_by_a_log_a_report_or_a_page(reports: tuple[str, list[str]]) -> None:
    dsn, came = reports
    env = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "sendq_site.settings",
        **PLANTED,
        "TYPED": " ".join(TYPED),
        "DATABASE_URL": f"postgresql://sendq:{DATABASE}@127.0.0.1:1/sendq",
        "EMAIL_URL": f"smtp://sendq:{MAIL}@127.0.0.1:1",
        "UNIPILE_DSN": "http://127.0.0.1:1",
        "SENTRY_DSN": dsn,
    }

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    outputs = done.stdout + done.stderr + "".join(came)
    found = [each for each in (*PLANTED.values(), DATABASE, MAIL, *TYPED) if each in outputs]
    assert found == []
    assert len(came) >= 3, "nothing was reported"
    assert "RuntimeError" in "".join(came)
    assert "RuntimeError" in done.stderr
    assert "\n2026-01-01" not in done.stderr, "a line was forged"
    statuses = [line.split()[0] for line in done.stdout.splitlines() if line[:3].isdecimal()]
    assert statuses == ["500", "503", "503"]


def test_an_address_that_cannot_be_read_is_not_shown_either() -> None:
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50}
    for name, value in (
        ("DATABASE_URL", f"postgresql://a:{DATABASE}/s@h:port/d"),
        ("EMAIL_URL", f"smtp://a:{DATABASE}/s@h:port"),
    ):
        more = {name: value} if name == "DATABASE_URL" else {name: value, "DATABASE_URL": ""}
        program = "import sendq_site.settings"
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=env | more,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode != 0
        assert DATABASE not in done.stdout + done.stderr
        assert f"{name} is no address" in done.stderr


def test_what_a_refused_row_holds_is_not_told() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "Failed", (), None)
    record.exc_text = "Traceback\nIntegrityError: no\nDETAIL: (1, Dear Ada\nsecond line)\nHINT: x"

    text = redaction.LineFormatter("%(message)s").format(record)

    assert "Ada" not in text
    assert "second line" not in text
    assert text.endswith("DETAIL: (a row)\n    HINT: x")


def test_a_strangers_text_is_one_line_of_the_log() -> None:
    record = logging.LogRecord(
        "x", logging.WARNING, "", 0, "Not Found: %s", ("/a\n\x1b[2J\u202e",), None
    )

    text = redaction.LineFormatter("%(levelname)s %(message)s").format(record)

    assert text == "WARNING Not Found: /a\\n\\x1b[2J\\u202e"


def test_an_error_page_names_variables_and_shows_none() -> None:
    secret = "-".join(("planted", "anywhere"))  # not as the source has it, which is shown
    request = RequestFactory().post("/x", {"password": secret})
    request.META["DATABASE_URL"] = request.META["HTTP_X_CRON_SECRET"] = secret
    request.COOKIES["known"] = secret
    try:
        _fails(secret)
    except RuntimeError:
        page = ExceptionReporter(request, *sys.exc_info()).get_traceback_html()

    assert secret not in page
    assert "hidden" in page


def _fails(hidden: str) -> None:
    raise RuntimeError
