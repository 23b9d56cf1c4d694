"""Bounds on who is slow or sends too much: strangers, and a database that does not answer."""

import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import requests
from django.db import OperationalError, connection, connections
from django.test import Client

from sandbox.testing import Sandbox
from sendq_site import worker
from sendq_site.postgres.base import bound
from tests.preloaded import ROOT
from tests.processes import environment

LOGIN = "/admin/login/"
# gunicorn as it is documented, but that slow clients are given up after a second.
PROGRAM = """
from sendq_site import worker
worker.HEAD_SECONDS = 1.0
from gunicorn.app.wsgiapp import run
run()
"""


@pytest.mark.django_db(transaction=True)
def test_slow_clients_do_not_keep_others_out(running_sandbox: Sandbox, tmp_path: Path) -> None:
    env = environment(running_sandbox, PYTHONPATH=str(ROOT))
    port_file = tmp_path / "port"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", PROGRAM, "sendq_site.wsgi", "--bind", f"127.0.0.1:{port}"]
    more = ["--threads", "4", "--no-control-socket", "--pid", str(port_file)]
    with subprocess.Popen([*command, *more], env=env, cwd=ROOT, stderr=subprocess.PIPE) as server:
        try:
            assert server.stderr is not None
            while b"Booting worker" not in server.stderr.readline():
                assert server.poll() is None
            slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(16)]
            for number, client in enumerate(slow):  # nothing, half a head, half a body
                head = b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                body = head + b"Content-Length: 60\r\n\r\nusername="
                client.sendall((b"", head, body)[number % 3])
            answer = requests.get(f"http://127.0.0.1:{port}{LOGIN}", timeout=60)
            assert answer.status_code == 200
            for client in slow:
                client.close()
        finally:
            server.terminate()


def test_a_request_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "HEAD_SECONDS", 0.05)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        bounded = worker.BoundedSocket(ours)
        theirs.sendall(b"GET")
        assert bounded.recv(65536) == b"GET"
        with pytest.raises(ConnectionResetError):
            bounded.recv(1)  # which would wait for ever


def test_a_database_that_does_not_answer_is_given_up(db: None) -> None:
    settings = connection.settings_dict
    dsn = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    other = psycopg.connect(dbname=settings["NAME"], **dsn)
    bound(other, 0.1)

    with pytest.raises(psycopg.OperationalError, match=r"not answered for 0\.1 seconds"):
        other.execute("SELECT pg_sleep(60)")

    assert other.closed
    other.close()


def test_a_page_tells_that_the_database_does_not_answer(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> None:
        raise OperationalError("frozen")

    with monkeypatch.context() as frozen:
        frozen.setattr(type(connections["default"]), "cursor", away)
        answer = client.post(LOGIN, {"username": "ada", "password": "x"})

    assert answer.status_code == 503
    assert b"<h1>The database does not answer</h1>" in answer.content


def test_strangers_give_no_files_and_nothing_long(client: Client, db: None) -> None:
    long = {"username": "x" * 70_000, "password": "x"}
    assert client.post(LOGIN, long).status_code == 413

    with (ROOT / "README.md").open("rb") as file:
        answer = client.post(LOGIN, {"username": "ada", "password": "x", "file": file})
    assert answer.status_code == 200
    assert not answer.wsgi_request.FILES
