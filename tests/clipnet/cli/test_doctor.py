"""The doctor finds what is wrong, says how to mend it, and shows no password."""

import json
from pathlib import Path

import pytest

from bot.installation import PLATFORMS
from clipnet.cli import doctor
from clipnet.cli.doctor import Patient, examine
from clipnet.finding import Finding
from tests.conftest import Database


def _finding(part: str, environ: dict[str, str], state_dir: Path) -> Finding:
    return next(each for each in examine(Patient(environ, state_dir)) if each.part == part)


def test_this_machine_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["well"]
    assert len(report["findings"]) >= len(doctor.CHECKS) + len(PLATFORMS)


def test_given_servers_are_asked(database: Database, redis_url: str, tmp_path: Path) -> None:
    environ = {"DATABASE_URL": database.url("api"), "REDIS_URL": redis_url}
    found = [_finding(part, environ, tmp_path) for part in ("postgresql", "redis")]
    assert [each.state for each in found] == ["good", "good"]
    assert all("@" not in each.saw for each in found)


@pytest.mark.req("R-017", "negative")
@pytest.mark.parametrize(
    ("part", "environ"),
    [
        ("postgresql", {"DATABASE_URL": "postgresql://clipnet_api:hush-pw@127.0.0.1:1/clipnet"}),
        ("redis", {"REDIS_URL": "redis://:hush-pw@127.0.0.1:1/0"}),
        ("ffmpeg", {"FFMPEG": "/nowhere/ffmpeg"}),
        ("ffmpeg", {"FFMPEG": "/bin/false"}),
        ("settings", {"REDIS_URL": "redis://:hush-pw@h", "ENV": "staging"}),
        ("state folder", {}),
        ("speech model", {}),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(part: str, environ: dict[str, str], tmp_path: Path) -> None:
    kept = tmp_path / "embedded"
    kept.mkdir(mode=0o755)
    model = tmp_path / "model"
    model.mkdir()
    finding = _finding(part, {"WHISPER_MODEL": str(model), **environ}, tmp_path)
    assert finding.state == "bad"
    assert finding.mend
    assert "hush" not in f"{finding.saw} {finding.mend}"


def test_lines_for_people_show_the_remedy(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFMPEG", "/nowhere/ffmpeg")
    assert doctor.main([]) == 1
    assert "✗ ffmpeg: doesn't run: FileNotFoundError\n    → Install requirements.lock" in capsys.readouterr().out
