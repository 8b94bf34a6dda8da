"""The command line of the benches."""

import json

import pytest

from bench.__main__ import main
from tests.bench.test_runner import broken, no_peer, one_row


def test_the_last_line_of_json_holds_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], {"one": one_row, "peer": no_peer}) == 0

    said = capsys.readouterr()
    (row,) = json.loads(said.out.splitlines()[-1])["rows"]
    assert (row["bench"], row["ratio"], row["met"]) == ("ours", 1.0, True)
    assert "peer: skipped, needs the peer a_peer_that_nobody_has" in said.err


def test_a_failed_bench_fails_the_command_but_not_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], {"broken": broken, "one": one_row}) == 1

    said = capsys.readouterr()
    assert len(json.loads(said.out)["rows"]) == 1
    assert "the encoder is gone" in said.err


def test_an_unknown_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tow"], {"one": one_row}) == 64
    assert "there is no bench tow; there are one" in capsys.readouterr().out


def test_quick_figures_are_not_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--quick", "--write"], {"one": one_row})
    assert "not recorded" in capsys.readouterr().err
