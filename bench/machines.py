"""Two machines on one database: how a tick's work is shared, and what a death in the middle does.

Run as root from the checkout: `python bench/machines.py [ACCOUNTS] [--redis] [--pgbouncer]`. Each
machine is a network namespace with a cluster and a journal of its own; the server, which answers in
a second, tells them apart by their addresses. `--redis` lets tasks wait in a redis-server of this
run's, `--pgbouncer` puts a pooler in transaction mode before the database. Prints nothing where
somebody was doubled, or missing.
"""

import argparse
import datetime as dt
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts import HERE, ROOT, Server, a_database, environment, table

# Models need Django set up, which `parts` does.
# isort: split
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from throughput import fill

from queueing.models import ProcessRun, QueueItem

DELAY = 1
ANY = "0.0.0.0"
POOLER = """[databases]
* = host={host} port=5432 user={user}
[pgbouncer]
unix_socket_dir = {folder}
listen_addr =
listen_port = 5432
auth_type = any
pool_mode = transaction
ignore_startup_parameters = options
default_pool_size = 10
max_client_conn = 200
user = nobody
"""


@contextmanager
def a_process(*argv: str, **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(argv, start_new_session=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


class Machine:
    """A network namespace that reaches this host by a wire of its own, and a cluster in it."""

    def __init__(self, number: int, env: dict[str, str], port: int, folder: Path) -> None:
        self.name, self.address = f"sendq-bench-{number}", f"10.213.{number}.2"
        self._host, self._wire = f"10.213.{number}.1", f"sendq-b{number}"
        journal = folder / self.name
        self._env, self._port = {**env, "JOURNAL_DIR": str(journal)}, str(port)

    def __enter__(self) -> "Machine":
        inside = ["netns", "exec", self.name, "ip"]
        for command in (
            ["netns", "add", self.name],
            ["link", "add", self._wire, "type", "veth", "peer", "name", "eth0", "netns", self.name],
            ["addr", "add", f"{self._host}/24", "dev", self._wire],
            ["link", "set", self._wire, "up"],
            [*inside, "addr", "add", f"{self.address}/24", "dev", "eth0"],
            [*inside, "link", "set", "eth0", "up"],
            [*inside, "link", "set", "lo", "up"],
        ):
            subprocess.run(["ip", *command], check=True)
        here = ["ip", "netns", "exec", self.name, sys.executable]
        forward = [*here, str(HERE / "forward.py"), self._host, self._port]
        self._forward = subprocess.Popen(forward)
        argv = [*here, "manage.py", "qcluster"]
        with Path(self._env["JOURNAL_DIR"] + ".log").open("wb") as log:
            self._cluster = subprocess.Popen(
                argv, env=self._env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        return self

    def die(self) -> None:
        """Lose the machine: whatever runs on it ends at once."""
        os.killpg(self._cluster.pid, signal.SIGKILL)
        self._cluster.wait()

    def __exit__(self, *exc: object) -> None:
        if self._cluster.poll() is None:
            self._cluster.terminate()
            self._cluster.wait()
        self._forward.terminate()
        self._forward.wait()
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


class Bench:
    """The server, the database, and what each machine needs to reach them."""

    def __init__(self, stack: ExitStack, asked: argparse.Namespace) -> None:
        self.accounts: int = asked.accounts
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self._folder.chmod(0o777)
        self.server = stack.enter_context(Server(ANY))
        self._env = environment(self.server.port)
        if asked.pgbouncer:
            self._pool(stack)
        if asked.redis:
            socket = self._folder / "redis.sock"
            asks = ("--port", "0", "--unixsocket", str(socket), "--save", "")
            stack.enter_context(a_process("redis-server", *asks, stdout=subprocess.DEVNULL))
            self._env["TASK_BROKER_URL"] = f"unix://{socket}"

    def _pool(self, stack: ExitStack) -> None:
        database = connection.settings_dict
        config = self._folder / "pgbouncer.ini"
        named = {"host": database["HOST"], "user": database["USER"], "folder": self._folder}
        config.write_text(POOLER.format(**named))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        stack.enter_context(a_process("pgbouncer", str(config), **quiet))
        host = quote(str(self._folder), safe="")
        url = f"postgresql://{database['USER']}@{host}/{database['NAME']}"
        self._env["DATABASE_URL"] = f"{url}?DISABLE_SERVER_SIDE_CURSORS=true"

    def tick(self, machines: int, *, one_dies: bool = False) -> dict[str, Any]:
        """Let so many machines do the work of a tick; return what the server has counted.

        :raises SystemExit: where somebody was written to twice, or not at all.
        """
        fill(self.accounts)
        OrmQ.objects.all().delete()
        Schedule.objects.update(next_run=timezone.now() + dt.timedelta(days=7))
        self.server.reset(DELAY)
        with ExitStack() as stack:
            at_work = [
                stack.enter_context(Machine(n, self._env, self.server.port, self._folder))
                for n in range(1, machines + 1)
            ]
            time.sleep(8)  # until the clusters look for tasks
            handed = ("process_send_queue", "--distribute", str(machines))
            subprocess.run(
                [sys.executable, "manage.py", *handed], env=self._env, cwd=ROOT, check=True
            )
            if one_dies:
                self._until(lambda: self.server.counted()["requests"] >= self.accounts // 2)
                at_work[-1].die()
            self._until(lambda: self._ended(machines - one_dies))
        return self._counted(machines, in_doubt=QueueItem.objects.sending().count())

    def _ended(self, runs: int) -> bool:
        return ProcessRun.objects.filter(finished_at__isnull=False).count() >= runs

    def _until(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 600
        while not condition():
            if time.monotonic() > give_up:
                raise SystemExit("It takes too long")
            time.sleep(0.5)

    def _counted(self, machines: int, in_doubt: int) -> dict[str, Any]:
        counted = {**self.server.counted(), "in_doubt": in_doubt}
        sent = QueueItem.objects.filter(status=QueueItem.Status.SENT).count()
        if counted["requests"] != counted["people"]:
            raise SystemExit(f"Somebody was written to twice: {counted}")
        if sent + in_doubt != self.accounts:
            raise SystemExit(f"{sent} of {self.accounts} are sent, {in_doubt} in doubt: {counted}")
        return counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("accounts", type=int, nargs="?", default=400)
    parser.add_argument("--redis", action="store_true")
    parser.add_argument("--pgbouncer", action="store_true")
    asked = parser.parse_args()
    if os.geteuid():
        raise SystemExit("Network namespaces are root's: run it as root")
    with a_database(), ExitStack() as stack:
        bench = Bench(stack, asked)
        one, two = bench.tick(1), bench.tick(2)
        lost = bench.tick(2, one_dies=True)
    rows = []
    for name, ran in (("one", one), ("two", two), ("two, one dies in the middle", lost)):
        parts = " and ".join(f"{part / ran['requests']:.0%}" for part in ran["senders"].values())
        rate = f"{ran['requests'] / ran['seconds']:.1f}"
        rows.append([name, str(ran["people"]), parts, rate, str(ran["in_doubt"])])
    table(["machines", "people, each once", "by each", "a second", "in flight at the death"], rows)
    ratio = one["seconds"] / two["seconds"]
    print(f"\nTwo machines make {ratio:.2f} times the work of one.")


if __name__ == "__main__":
    main()
