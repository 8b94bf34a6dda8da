"""Benches are found, chosen, run; what can't run says so and what fails fails."""

import asyncio
import json
from pathlib import Path

import pytest

from bench.context import Bench, BenchContext, Skipped
from bench.record import DATA, PAGE, remember, render
from bench.rows import Row
from bench.runner import Outcome, UnknownBench, choose, discover, run


def one_row(_: BenchContext) -> list[Row]:
    return [Row("ours", "wall", 1.0, "s", floor=1.0, goal="<= 1.15")]


async def no_peer(context: BenchContext) -> list[Row]:
    context.peer("a_peer_that_nobody_has")
    return []


def no_footage(context: BenchContext) -> list[Row]:
    context.media = None
    context.footage("film.mp4")
    return []


def broken(_: BenchContext) -> list[Row]:
    raise RuntimeError("the encoder is gone")


BENCHES: dict[str, Bench] = {"one": one_row, "peer": no_peer}


def test_a_name_stands_for_a_bench_or_for_its_module() -> None:
    assert list(choose(BENCHES, ["peer"])) == ["peer"]
    assert list(choose(BENCHES, ["test_runner"])) == ["one", "peer"]
    assert list(choose(BENCHES, [])) == ["one", "peer"]


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(UnknownBench, match="one, peer"):
        choose(BENCHES, ["tow"])


def test_every_bench_module_can_be_found_without_running() -> None:
    assert all(callable(measure) for measure in discover().values())


@pytest.mark.parametrize(("measure", "reason"), [(no_peer, "a_peer_that_nobody_has"), (no_footage, "footage")])
async def test_what_cannot_run_here_is_skipped_with_its_reason(measure: Bench, reason: str) -> None:
    outcome = await run("x", measure, quick=True)

    assert reason in outcome.skipped
    assert not outcome.failed


async def test_an_error_is_a_failure_and_never_a_skip() -> None:
    outcome = await run("x", broken, quick=True)

    assert "the encoder is gone" in outcome.failed
    assert not outcome.skipped


def test_a_record_keeps_what_was_not_measured_again(tmp_path: Path) -> None:
    data, page = tmp_path / "b.json", tmp_path / "b.md"
    first = asyncio.run(run("ours", one_row, quick=False))

    remember([first, Outcome("peer", skipped="needs the peer saq")], "./run bench", data=data, page=page)
    remember([Outcome("ours", failed="Traceback")], "./run bench ours", data=data, page=page)

    text = page.read_text(encoding="utf-8")
    assert "| wall | 1 s | 1 | 1 | <= 1.15 | yes |" in text
    assert "Not run: needs the peer saq." in text


def test_the_published_page_is_the_one_its_record_makes() -> None:
    if not DATA.is_file():
        assert not PAGE.is_file()
        return

    assert PAGE.read_text(encoding="utf-8") == render(json.loads(DATA.read_text(encoding="utf-8")))


def test_a_missing_file_of_footage_is_named(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match=r"film\.mp4"):
        BenchContext(scratch=tmp_path, media=tmp_path).footage("film.mp4")
