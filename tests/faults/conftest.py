"""A sandbox in a process of its own: forked runs share nothing with it."""

from collections.abc import Iterator

import pytest

from sandbox.testing import SandboxProcess

LAG_SECONDS = 60  # before LinkedIn's lists and profiles show what was sent


@pytest.fixture(scope="package")
def running_lenient_sandbox() -> Iterator[SandboxProcess]:
    plenty = ("--day-cap", "10000", "--week-cap", "10000")
    with SandboxProcess("--allow-repeats", "--lag", str(LAG_SECONDS), *plenty) as sandbox:
        yield sandbox


@pytest.fixture
def lenient_sandbox(running_lenient_sandbox: SandboxProcess) -> SandboxProcess:
    """A sandbox that would let a blind repeat through, so that the ledger shows it."""
    running_lenient_sandbox.control.reset()
    return running_lenient_sandbox
