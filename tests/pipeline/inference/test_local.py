"""Real recognition in the warm child: exact words, several items in one call, death, cancel, no model."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from clipnet import carriers
from clipnet.errors import BadInput, Misconfigured, Unavailable
from pipeline.inference.local import REPOSITORY, LocalInference, SpeechModel
from pipeline.inference.protocol import Speech
from pipeline.model import Span, Transcript

ASK_NOT = "And so, my fellow Americans ask not what your country can do for you, ask what you can do for your country."


@pytest_asyncio.fixture
async def inference() -> AsyncIterator[LocalInference]:
    local = LocalInference(SpeechModel(str(carriers.whisper_model()), threads=2))
    await local.warm()
    yield local
    await local.close()


def _child_pid() -> int:
    (pid,) = [child.pid for child in psutil.Process().children() if _listens(child)]
    return pid


def _listens(child: psutil.Process) -> bool:
    try:
        return "pipeline.inference.whisper_child" in child.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def _said(outcome: object) -> str:
    assert isinstance(outcome, Transcript)
    return " ".join(word.text for word in outcome.words)


@pytest.mark.req("R-066", "positive")
async def test_each_answer_lands_on_its_item(inference: LocalInference, jfk: Path, timecode: Path) -> None:
    shares: list[float] = []
    items = [
        Speech(jfk, 0.0, Span(0.0, 11.0)),
        Speech(timecode, 100.0, Span(138.0, 142.4)),
        Speech(jfk, 0.0, Span(0.0, 3.0)),
    ]
    whole, late, early = await inference.whisper(items, on_progress=shares.append)
    assert _said(whole) == ASK_NOT
    assert _said(late) == "Banana."
    assert _said(early) == "And so my fellow Americans."
    assert isinstance(late, Transcript)
    assert 139.7 < late.words[0].start_s < 140.1
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.req("R-066", "negative")
async def test_a_bad_item_fails_alone(inference: LocalInference, jfk: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.pcm"
    odd.write_bytes(b"abc")
    items = [
        Speech(tmp_path / "absent.pcm", 0.0, Span(0.0, 5.0)),
        Speech(jfk, 0.0, Span(0.0, 11.0)),
        Speech(odd, 0.0, Span(0.0, 1.0)),
        Speech(jfk, 0.0, Span(500.0, 510.0)),
    ]
    absent, good, broken, beyond = await inference.whisper(items)
    assert _said(good) == ASK_NOT
    assert all(isinstance(outcome, BadInput) for outcome in (absent, broken, beyond))


async def test_silence_yields_no_words(inference: LocalInference, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.pcm"
    quiet.write_bytes(bytes(2 * 16_000 * 4))
    (outcome,) = await inference.whisper([Speech(quiet, 0.0, Span(0.0, 4.0))])
    assert _said(outcome) == ""


async def test_a_dead_child_is_replaced(inference: LocalInference, jfk: Path) -> None:
    (first,) = await inference.whisper([Speech(jfk, 0.0, Span(0.0, 3.0))])
    killed = _child_pid()
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(Unavailable):
        await inference.whisper([Speech(jfk, 0.0, Span(0.0, 3.0))])
    (second,) = await inference.whisper([Speech(jfk, 0.0, Span(0.0, 3.0))])
    assert _child_pid() != killed
    assert first == second


@pytest.mark.parametrize("times", [1, 2])
async def test_a_cancelled_call_ends_the_child(inference: LocalInference, jfk: Path, times: int) -> None:
    pid = _child_pid()
    call = asyncio.create_task(inference.whisper([Speech(jfk, 0.0, Span(0.0, 11.0))] * 20))
    for _ in range(times):
        await asyncio.sleep(0)
        call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not psutil.pid_exists(pid)


async def test_an_absent_model_is_named_as_such(tmp_path: Path, jfk: Path) -> None:
    local = LocalInference(SpeechModel(str(tmp_path / "no-such-model")))
    with pytest.raises(Misconfigured) as refusal:
        await local.whisper([Speech(jfk, 0.0, Span(0.0, 3.0))])
    assert "WHISPER_MODEL" in refusal.value.hint
    await local.close()


def test_the_child_dies_with_its_worker() -> None:
    program = (
        "import asyncio, os, sys, psutil\n"
        "from clipnet import carriers\n"
        "from pipeline.inference.local import LocalInference, SpeechModel\n"
        "async def main():\n"
        "    await LocalInference(SpeechModel(str(carriers.whisper_model()))).warm()\n"
        "    print(psutil.Process().children()[0].pid, flush=True)\n"
        "    assert not {'onnxruntime', 'ctranslate2', 'cv2', 'av'} & set(sys.modules)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(ended.stdout)).wait(30)


def test_another_model_has_another_fingerprint(tmp_path: Path) -> None:
    carried = SpeechModel(str(carriers.whisper_model()))
    other = SpeechModel(str(tmp_path))
    assert len({carried.fingerprint(), other.fingerprint(), SpeechModel(carried.model, "float32").fingerprint()}) == 3
