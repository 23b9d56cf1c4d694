"""Two versions of SendQ on one database while it is migrated: what people and the queue notice.

Run from the checkout: `python bench/two_versions.py CHECKOUT [--seconds 20]`, where CHECKOUT is the
version before, whose migrations this one's go beyond. It makes a database of its own and drops it.
The old version serves pages and sends; the new one migrates beside it, serves and sends beside it,
and goes on alone. Every page and every call is counted: a page that fails, a person who is invited
twice, or a cap that is exceeded ends it with an error.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psycopg
import requests

from sandbox.testing import SandboxProcess
from sendq_site.embedded.server import USER, Cluster

PAGES = (
    "/admin/",
    "/admin/campaigns/campaign/",
    "/admin/campaigns/prospect/",
    "/admin/campaigns/linkedinaccount/",
    "/admin/queueing/queueitem/",
    "/api/v1/openapi.json",
    "/healthz",
)
ACCOUNTS, EACH, CAP = 60, 40, 30
SEED = f"""
import django; django.setup()
from django.contrib.auth.models import User
from django.utils import timezone
from tests.builders import a_campaign, a_workspace, an_account, an_item
User.objects.create_superuser("boss", password="boss-example-1")
workspace = a_workspace()
limits = dict(daily_limit={CAP}, min_gap_seconds=0)
accounts = [an_account(workspace, **limits) for _ in range({ACCOUNTS})]
campaign = a_campaign(workspace, *accounts)
for account in accounts:
    for _ in range({EACH}):
        an_item(campaign, account, scheduled_for=timezone.now())
print(*[account.unipile_account_id for account in accounts])
"""


class Version:
    """A checkout that serves pages on a port of its own and makes one run after the other."""

    def __init__(self, name: str, checkout: Path, env: dict[str, str]) -> None:
        self.name, self.checkout, self.env = name, checkout, env
        self.answers: Counter[str] = Counter()
        self.slowest = 0.0
        self.runs = self.sent = 0
        self._ended = threading.Event()

    def manage(self, *arguments: str) -> str:
        return self._python("manage.py", *arguments)

    def program(self, text: str) -> str:
        return self._python("-c", text)

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.checkout,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{self.name}: {arguments[:2]} failed:\n{done.stderr}")
        return done.stdout

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Serve, look at pages all the while, and send, until the end of the block."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        gunicorn = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "sendq_site.wsgi"]
        with tempfile.TemporaryFile() as said:
            site = subprocess.Popen(
                gunicorn, cwd=self.checkout, env=self.env, stdout=said, stderr=said
            )
            threads = [
                threading.Thread(target=self._look, args=(f"http://127.0.0.1:{port}",)),
                threading.Thread(target=self._send),
            ]
            try:
                self._wait_for(port)
                for thread in threads:
                    thread.start()
                yield
            finally:
                self._ended.set()
                for thread in threads:
                    if thread.ident:
                        thread.join()
                site.terminate()
                site.wait()

    def _wait_for(self, port: int) -> None:
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit(f"{self.name}: its site did not start")

    def _look(self, site: str) -> None:
        browser = requests.Session()
        browser.trust_env = False
        page = browser.get(f"{site}/admin/login/", timeout=60)
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert found, page.text
        who = {"username": "boss", "password": "boss-example-1", "csrfmiddlewaretoken": found[1]}
        browser.post(f"{site}/admin/login/", who, timeout=60)
        while not self._ended.is_set():
            for address in PAGES:
                began = time.monotonic()
                answer = browser.get(site + address, timeout=60)
                self.slowest = max(self.slowest, time.monotonic() - began)
                is_in = "/login/" not in answer.url
                self.answers[f"{answer.status_code}" if is_in else "asked to log in"] += 1
                if answer.status_code >= 500 and address != "/healthz":
                    self.answers[f"failed: {address}"] += 1

    def _send(self) -> None:
        while not self._ended.is_set():
            result = json.loads(self.manage("process_send_queue", "--json"))
            self.runs += 1
            self.sent += result.get("sent", result.get("processed", 0))


class Writer(threading.Thread):
    """Writes to a row that runs write to, a hundred times a second: how long has it waited?"""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self._dsn, self.longest, self.writes, self.ended = dsn, 0.0, 0, threading.Event()

    def run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while not self.ended.wait(0.01):
                for table in ("send_queue", "campaigns_linkedinaccount", "campaigns_prospect"):
                    began = time.monotonic()
                    connection.execute(
                        f"UPDATE {table} SET id = id WHERE id = (SELECT id FROM {table} "
                        "ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1)"
                    )
                    self.longest = max(self.longest, time.monotonic() - began)
                    self.writes += 1


def environment(sandbox: SandboxProcess, cluster: Cluster, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "DJANGO_SETTINGS_MODULE": "sendq_site.settings",
        "DATABASE_URL": f"postgresql://{USER}@{quote(str(cluster.socket_dir), safe='')}/sendq",
        "SECRET_KEY": "only for this measurement",
        "UNIPILE_DSN": sandbox.url,
        "UNIPILE_API_KEY": sandbox.api_key,
        "JOURNAL_DIR": str(folder / "journal"),
        "SEND_SPREAD_SECONDS": "0",
        "WITHOUT_SECOND_FACTOR": "1",
        "WITHOUT_SECURE_COOKIES": "1",
        "WITHOUT_HTTPS_REDIRECT": "1",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="a checkout of the version before")
    parser.add_argument("--seconds", type=float, default=20, help="of each of the three parts")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = Cluster(folder / "database")
        cluster.use()
        stack.callback(cluster.release)
        sandbox = stack.enter_context(SandboxProcess())
        with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE sendq")
        env = environment(sandbox, cluster, folder)
        old = Version("before", asked.before.resolve(), env)
        new = Version("this one", ROOT, env)
        old.manage("migrate", "-v0")
        for account in old.program(SEED).split():
            sandbox.control.add_account(account, "sales_navigator")
        before = old.manage("showmigrations", "--plan").count("[X]")
        writer = Writer(cluster.dsn("sendq"))
        writer.start()
        with old.at_work():
            time.sleep(asked.seconds)
            began = time.monotonic()
            new.manage("migrate", "-v0")
            took = time.monotonic() - began
            with new.at_work():
                time.sleep(asked.seconds)
                old._ended.set()
                time.sleep(asked.seconds)
        writer.ended.set()
        writer.join()
        migrations = new.manage("showmigrations", "--plan").count("[X]") - before
        tell(old, new, writer, sandbox, migrations, took)


def tell(
    old: Version,
    new: Version,
    writer: Writer,
    sandbox: SandboxProcess,
    migrations: int,
    took: float,
) -> None:
    """Print what was counted.

    :raises SystemExit: where a page failed, or a promise was broken.
    """
    effects = sandbox.control.effects()
    people = Counter((one["account_id"], one["person"]) for one in effects)
    of_accounts = Counter(one["account_id"] for one in effects)
    twice = sum(number - 1 for number in people.values())
    over = sum(max(number - CAP, 0) for number in of_accounts.values())
    print(f"{migrations} migrations took {took:.1f} s beside the version before")
    for version in (old, new):
        pages = ", ".join(f"{number} x {what}" for what, number in sorted(version.answers.items()))
        print(f"{version.name}: {version.runs} runs sent {version.sent}; pages: {pages}; slowest "
              f"{version.slowest:.1f} s")  # fmt: skip
    print(f"{writer.writes} writes between them; the longest waited {writer.longest * 1000:.0f} ms")
    print(f"{len(effects)} invitations, {twice} twice, {over} over a cap")
    failed = [each for each in (*old.answers, *new.answers) if each.startswith("failed")]
    if failed or twice or over or not migrations or not new.sent or not old.sent:
        raise SystemExit(f"It did not hold: {failed}")


if __name__ == "__main__":
    main()
