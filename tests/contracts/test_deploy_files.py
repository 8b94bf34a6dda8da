"""The files that platforms read: railway.json by its schema and our decisions, and the image."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from clipnet import __version__

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(Path(__file__).with_name("railway-config.schema.json").read_text())


def _railway() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads((ROOT / "railway.json").read_text())
    return parsed


def test_railway_json_is_valid() -> None:
    jsonschema.validate(_railway(), SCHEMA)


@pytest.mark.parametrize("change", [{"healthcheckPaths": "/"}, {"overlapSeconds": "0"}, {"restartPolicyType": "MAYBE"}])
def test_the_schema_sees_a_mistake(change: dict[str, object]) -> None:
    config = _railway()
    config["deploy"].update(change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config, SCHEMA)


def test_old_and_new_worker_never_overlap_and_steps_may_drain() -> None:
    deploy = _railway()["deploy"]
    assert (deploy["numReplicas"], deploy["overlapSeconds"], deploy["drainingSeconds"]) == (1, 0, 60)
    assert deploy["healthcheckPath"] == "/health/ready"


def _dockerfile() -> list[str]:
    return (ROOT / "Dockerfile").read_text().splitlines()


def test_the_image_runs_python_itself_so_that_sigterm_arrives() -> None:
    (entry,) = [line.removeprefix("ENTRYPOINT ") for line in _dockerfile() if line.startswith("ENTRYPOINT")]
    assert json.loads(entry) == ["/opt/clipnet/bin/python", "-m", "clipnet"]
    assert _railway()["deploy"]["startCommand"] == f"{' '.join(json.loads(entry))} serve"


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    text = "\n".join(_dockerfile())
    assert text.count("--require-hashes") == 2
    assert "USER clipnet" in text


def test_the_image_has_every_room() -> None:
    rooms = list(_pyproject()["tool"]["importlinter"]["root_packages"])
    assert [room for room in rooms if f"COPY {room} {room}" not in _dockerfile()] == []


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_version_is_said_once_and_twice_alike() -> None:
    assert _pyproject()["project"]["version"] == __version__
