import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .raw_server import RawServer


@pytest.fixture
def server() -> Iterator[RawServer]:
    raw = RawServer()
    yield raw
    raw.stop()


@pytest.fixture
def other_server() -> Iterator[RawServer]:
    raw = RawServer()
    yield raw
    raw.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:  # such a machine runs everything but the tests of TLS
        pytest.skip("no openssl command to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = f"""req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2
        -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout {key.name}
        -out {cert.name}"""
    subprocess.run(
        [openssl, *command.split()],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    both.write_text(cert.read_text() + key.read_text())
    return both


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[RawServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    raw = RawServer(context)
    yield raw
    raw.stop()
