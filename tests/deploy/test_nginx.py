"""The documented nginx, run as it is but for addresses: slow and fat requests end at it."""

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX, OPENSSL = shutil.which("nginx"), shutil.which("openssl")

# A machine without them runs everything else; CI installs them and sets the variable.
if (NGINX is None or OPENSSL is None) and not os.environ.get("SENDQ_REQUIRE_NGINX"):
    pytest.skip("nginx and openssl are not installed", allow_module_level=True)


class Site(BaseHTTPRequestHandler):
    """Stands for gunicorn: keeps what reaches it."""

    seen: list[tuple[str, dict[str, str], int]] = []
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.path, told, len(body)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        return


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Run nginx; the ports of http and https."""
    folder, plain, tls = tmp_path_factory.mktemp("nginx"), free_port(), free_port()
    folder.chmod(0o755)
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    subprocess.run(
        [
            str(OPENSSL),
            *[
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ],
            *["-keyout", "privkey.pem", "-out", "fullchain.pem"],
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    ours = (DEPLOY / "nginx.conf").read_text()
    for was, now in (
        ("web:8000", f"127.0.0.1:{site.server_port}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl;"),
        ("/etc/nginx/certificates", str(folder)),
        ("client_body_timeout 15s", "client_body_timeout 3s"),
        ("client_header_timeout 10s", "client_header_timeout 3s"),
    ):
        assert was in ours, f"nginx.conf has no “{was}” any more"
        ours = ours.replace(was, now)
    (folder / "site.conf").write_text(ours)
    who = "user root;" if os.geteuid() == 0 else ""  # the folder is nobody else's
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{who} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {paths} include {folder}/site.conf; }}\n"
    )
    nginx = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    give_up = time.monotonic() + 120
    while not answers(tls):
        assert nginx.poll() is None, (folder / "error.log").read_text()
        assert time.monotonic() < give_up, "nginx does not come up"
        time.sleep(0.05)
    yield plain, tls
    nginx.terminate()
    nginx.wait(120)
    site.shutdown()
    thread.join()
    site.server_close()


@pytest.fixture(autouse=True)
def _forget() -> None:
    Site.seen = []


def connected(port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", port), timeout=20)
    return context.wrap_socket(raw, server_hostname="localhost")


def asked(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.sock = connected(port)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def a_slow_one(port: int, *, with_half_a_body: bool) -> ssl.SSLSocket:
    connection = connected(port)
    body = b"Content-Length: 1000\r\n\r\nhalf" if with_half_a_body else b""
    connection.sendall(b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n" + body)
    return connection


def last_words(connection: ssl.SSLSocket) -> bytes:
    with connection:
        try:
            return connection.recv(100)
        except (ssl.SSLEOFError, ConnectionResetError):
            return b""


def test_a_request_comes_through_with_who_asks(front: tuple[int, int]) -> None:
    plain, tls = front
    spoofed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}

    assert asked(tls, "GET", "/admin/", headers=spoofed).status == 200
    ((path, told, _),) = Site.seen
    assert (path, told["x-forwarded-for"], told["x-forwarded-proto"]) == (
        "/admin/",
        "127.0.0.1",
        "https",
    )
    assert len(told["x-request-id"]) == 32
    connection = http.client.HTTPConnection("127.0.0.1", plain)
    connection.request("GET", "/admin/")
    assert connection.getresponse().status == 308
    connection.close()
    assert asked(tls, "GET", "/metrics").status == 404
    assert len(Site.seen) == 1


@pytest.mark.parametrize(
    ("path", "megabytes", "status"),
    [("/admin/login/", 2, 413), ("/admin/campaigns/prospect/import/", 2, 200)],
)
def test_a_fat_request_ends_here_but_for_imports(
    front: tuple[int, int], path: str, megabytes: int, status: int
) -> None:
    size = megabytes * 1_000_000
    answer = asked(front[1], "POST", path, b"x" * size)

    assert answer.status == status
    assert [length for _, _, length in Site.seen] == ([size] if status == 200 else [])


def test_slow_requests_hold_nothing_behind_nginx(front: tuple[int, int]) -> None:
    tls = front[1]
    slow = [a_slow_one(tls, with_half_a_body=bool(number % 2)) for number in range(20)]

    assert asked(tls, "GET", "/admin/").status == 200
    assert [path for path, _, _ in Site.seen] == ["/admin/"]
    ended = [last_words(each) for each in slow]  # nginx hangs up, or answers 408
    assert all(told == b"" or b"408" in told for told in ended)
    assert len(Site.seen) == 1
