"""Running tools: guards on every command, limits, cancellation, and what a failure says."""

import ast
import asyncio
import signal
from dataclasses import replace
from pathlib import Path

import ffmpeg
import psutil
import pytest

from clipnet.errors import BadInput, Unavailable
from pipeline.media import sandbox
from pipeline.media.command import CONTAINERS, Command, ffmpeg_command, python_command, silence, source, url
from pipeline.media.errors import DiskFull, MediaFailed
from pipeline.media.failures import failure
from pipeline.media.runner import run, started
from pipeline.media.tools import Limits, Tools
from tests.pipeline.media.conftest import LeftBehind, Make

ROOMS = Path(__file__).parents[3] / "pipeline"
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def encode(path: Path, out: Path, tools: Tools, limits: Limits, **options: str | int) -> Command:
    opened = source(path, limits)
    settings = {"vcodec": "libx264"} | options
    return ffmpeg_command(tools, [ffmpeg.output(opened.video, url(out), **settings)], reads=[path], scratch=out.parent)


def test_every_input_has_its_guards(tools: Tools, limits: Limits, sample: Path, scratch: Path) -> None:
    opened = source(sample, limits)
    output = ffmpeg.output(opened.video, silence(1).audio, url(scratch / "x.mp4"))
    argv = ffmpeg_command(tools, [output], reads=[sample], scratch=scratch).argv
    inputs = [index for index, word in enumerate(argv) if word == "-i"]
    assert len(inputs) == 2
    for before, index in zip([0, *inputs], inputs, strict=False):
        options = argv[before:index]
        assert "-protocol_whitelist" in options
        assert "-format_whitelist" in options
    assert CONTAINERS in argv
    assert "-max_pixels" in argv[: inputs[0]] or "-max_pixels" in argv[inputs[0] : inputs[1]]
    assert argv[1] == "-nostdin"


def test_inputs_and_processes_are_opened_in_one_place_only() -> None:
    openers: dict[str, set[str]] = {}
    for file in [*ROOMS.joinpath("media").rglob("*.py"), *ROOMS.joinpath("ingest").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                openers.setdefault(ast.unparse(node.func), set()).add(file.name)
    assert openers["ffmpeg.input"] == {"command.py"}
    assert openers["asyncio.create_subprocess_exec"] == {"runner.py"}
    assert not {"subprocess.run", "subprocess.Popen", "os.system", "ffmpeg.run", "ffmpeg.probe"} & set(openers)


async def test_progress_rises_to_one(tools: Tools, limits: Limits, sample: Path, scratch: Path) -> None:
    heard: list[float] = []
    await run(encode(sample, scratch / "x.mp4", tools, limits), limits=limits, progress=heard.append, length_s=3)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


async def test_the_sandbox_keeps_a_tool_in_its_folder(
    tools: Tools, limits: Limits, sample: Path, scratch: Path, tmp_path: Path
) -> None:
    if sandbox.landlock_abi() == 0:
        pytest.skip("this kernel has no Landlock")
    outside = tmp_path / "outside.mp4"
    command = encode(sample, outside, tools, limits)
    with pytest.raises(MediaFailed):
        await run(replace(command, scratch=scratch), limits=limits)
    assert not outside.exists()


async def test_the_sandbox_keeps_other_files_unread(
    tools: Tools, limits: Limits, scratch: Path, tmp_path: Path
) -> None:
    if sandbox.landlock_abi() == 0:
        pytest.skip("this kernel has no Landlock")
    secret, script = tmp_path / "secret", tmp_path / "reader.py"
    secret.write_text("hidden")
    script.write_text("import sys; print(open(sys.argv[1]).read())")
    for reads, found in (([], b""), ([secret], b"hidden\n")):
        command = python_command(tools, script, [secret], reads=reads, scratch=scratch)
        async with started(command, limits) as running:
            assert await running.stdout.read() == found


async def test_the_sandbox_opens_no_connection(tools: Tools, limits: Limits, scratch: Path, tmp_path: Path) -> None:
    if sandbox.landlock_abi() < 4:
        pytest.skip("this kernel's Landlock does not cover the network")
    hits = 0

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hits
        hits += 1
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    script = tmp_path / "caller.py"
    script.write_text("import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print('in')")
    async with server:
        for network, answer in ((False, b""), (True, b"in\n")):
            command = python_command(tools, script, [str(port)], reads=[], scratch=scratch)
            async with started(command, limits, network=network) as running:
                assert await running.stdout.read() == answer
    assert hits == 1


async def test_a_tool_that_waits_for_its_reader_ends_without_being_killed(
    tools: Tools, limits: Limits, sample: Path
) -> None:
    frames = ffmpeg.output(source(sample, limits).video, "pipe:1", format="rawvideo")
    async with started(ffmpeg_command(tools, [frames], reads=[sample], scratch=None), limits) as running:
        await running.read(1)
        await asyncio.sleep(0.5)  # until the pipe is full
        assert running.process.returncode is None
    assert running.process.returncode != -signal.SIGKILL


async def test_cancelling_ends_the_whole_group(
    tools: Tools, limits: Limits, make: Make, scratch: Path, left_behind: LeftBehind
) -> None:
    long = make("long.mp4", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=20", "-c:v", "mpeg4", "-q:v", "9")
    moving = asyncio.Event()
    task = asyncio.create_task(
        run(
            encode(long, scratch / "x.mp4", tools, limits, preset="veryslow"),
            limits=limits,
            progress=lambda _: moving.set(),
            length_s=20,
        )
    )
    await moving.wait()
    assert any("ffmpeg" in child.name() for child in left_behind())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_behind() == []


async def use(command: Command, limits: Limits, up: asyncio.Event) -> None:
    """Set `up` with the first line of a tool, and wait for its end."""
    async with started(command, limits, feed=True) as running:
        await running.stdout.readline()
        up.set()
        await running.finish()


async def test_nothing_is_left_of_a_tool_whoever_stops_it_again_while_it_ends(
    tools: Tools, limits: Limits, scratch: Path, tmp_path: Path, left_behind: LeftBehind
) -> None:
    script = tmp_path / "stubborn.py"
    script.write_text(STUBBORN)
    up = asyncio.Event()
    task = asyncio.create_task(use(python_command(tools, script, [], reads=[], scratch=scratch), limits, up))
    await up.wait()
    assert len(left_behind()) == 1
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.05)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_behind() == []


@pytest.mark.parametrize("turns", range(12))
async def test_nothing_is_left_of_a_tool_that_is_stopped_while_it_starts(
    tools: Tools, limits: Limits, scratch: Path, tmp_path: Path, left_behind: LeftBehind, turns: int
) -> None:
    script = tmp_path / "sleeper.py"
    script.write_text("import time; time.sleep(60)")
    command = python_command(tools, script, [], reads=[], scratch=scratch)
    task = asyncio.create_task(use(command, limits, asyncio.Event()))
    for _ in range(turns):
        await asyncio.sleep(0)
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_behind() == []


async def test_a_silent_tool_is_ended(tools: Tools, limits: Limits, scratch: Path, tmp_path: Path) -> None:
    script = tmp_path / "sleeper.py"
    script.write_text("import time; time.sleep(60)")
    command = python_command(tools, script, [], reads=[], scratch=scratch)
    with pytest.raises(MediaFailed, match="stopped making progress"):
        await run(command, limits=replace(limits, idle_s=0.3))
    with pytest.raises(MediaFailed, match="longer than allowed"):
        await run(command, limits=replace(limits, total_s=0.3))


async def test_a_tool_that_ignores_term_is_killed(tools: Tools, limits: Limits, scratch: Path, tmp_path: Path) -> None:
    script = tmp_path / "stubborn.py"
    script.write_text(STUBBORN)
    async with started(python_command(tools, script, [], reads=[], scratch=scratch), limits) as running:
        assert await running.stdout.readline() == b"deaf\n"
    assert running.process.returncode == -signal.SIGKILL


PARENT = """
import asyncio, sys
from pathlib import Path
from pipeline.media.command import Command
from pipeline.media.runner import started
from pipeline.media.tools import Limits

async def main():
    command = Command(("/bin/sh", "-c", "echo up; exec sleep 60"), (), Path(sys.argv[1]))
    async with started(command, Limits()) as running:
        await running.stdout.readline()
        print(running.process.pid, flush=True)
        await running.process.wait()

asyncio.run(main())
"""


async def test_a_tool_dies_with_its_parent(tools: Tools, scratch: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        str(tools.python), "-c", PARENT, str(scratch), cwd=ROOMS.parent, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    await parent.wait()
    await asyncio.to_thread(child.wait, 30)
    assert not child.is_running()


async def test_an_orphan_does_not_start(tools: Tools, limits: Limits) -> None:
    """The policy names the parent; a launcher that finds another one refuses to start the tool."""
    policy = sandbox.Policy(
        parent=1, read=(), write=(), memory_bytes=limits.memory_bytes, file_bytes=1, cpu_s=10, nice=0
    )
    process = await asyncio.create_subprocess_exec(
        str(tools.python),
        "-I",
        "-S",
        sandbox.__file__,
        policy.to_json(),
        "--",
        "/bin/true",
        stderr=asyncio.subprocess.PIPE,
    )
    _, words = await process.communicate()
    assert b"parent is gone" in words
    assert process.returncode == 1


async def test_a_file_may_not_outgrow_its_limit(tools: Tools, limits: Limits, sample: Path, scratch: Path) -> None:
    command = encode(sample, scratch / "x.mp4", tools, limits, crf=1)
    with pytest.raises(MediaFailed, match="larger than allowed"):
        await run(command, limits=replace(limits, file_bytes=100_000))


@pytest.mark.parametrize(
    ("status", "words", "kind", "sentence"),
    [
        (1, "av_interleaved_write_frame(): No space left on device", DiskFull, "The disk is full."),
        (-9, "", Unavailable, "The media tool was killed."),
        (-24, "", MediaFailed, "Processing took longer than allowed."),
        (1, "Cannot allocate memory", MediaFailed, "This video needs more memory than allowed."),
        (183, "Invalid data found when processing input", BadInput, "The file is damaged or not a video."),
        (1, "something new", MediaFailed, "The video could not be processed."),
    ],
)
def test_an_end_becomes_a_sentence(status: int, words: str, kind: type[Exception], sentence: str) -> None:
    error = failure(status, words)
    assert type(error) is kind
    assert error.sentence == sentence
    assert error.hint
