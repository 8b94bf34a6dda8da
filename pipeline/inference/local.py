"""Models in warm child processes of the worker: loaded while other work goes on, replaced when they die."""

import asyncio
import hashlib
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clipnet import carriers, processes
from clipnet.ending import whole
from clipnet.errors import BadInput, ClipNetError, Misconfigured, Unavailable
from clipnet.texts import text
from pipeline.inference.protocol import Progress, Speech
from pipeline.inference.wire import Answer, Ask, Heard, Item, Refused, Reply, Share
from pipeline.model import Transcript

REPOSITORY = Path(__file__).parents[2]
LONGEST_LINE_BYTES = 1 << 26
MOST_THREADS = 4
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "HF_HOME", "XDG_CACHE_HOME")


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """Which model, and how it is run.

    Attributes:
        model: a folder with a CTranslate2 model, or a name that is in the local cache.
        compute_type: CTranslate2's number format.
        threads: of the CPU; 0 takes as many as there are cores, up to `MOST_THREADS`.
    """

    model: str
    compute_type: str = "int8"
    threads: int = 0

    @property
    def label(self) -> str:
        """A short name for transcripts and logs."""
        return "whisper-tiny.en" if self.model == _carried() else f"whisper-{Path(self.model).name}"

    @property
    def cores(self) -> int:
        """How many threads really run."""
        return self.threads or min(os.cpu_count() or 1, MOST_THREADS)

    def fingerprint(self) -> str:
        """Changes when another model would answer; part of the key under which transcripts are kept."""
        digest = hashlib.sha256(f"{self.label} {self.compute_type}".encode())
        folder = Path(self.model)
        for file in sorted(folder.iterdir()) if folder.is_dir() else []:
            digest.update(f"{file.name} {file.stat().st_size}".encode())
        return digest.hexdigest()[:16]


def _carried() -> str | None:
    try:
        return str(carriers.whisper_model())
    except Misconfigured:
        return None


@dataclass(slots=True)
class _Child:
    """A running speech child."""

    process: asyncio.subprocess.Process
    last_words: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    listening: asyncio.Task[None] | None = None

    async def keep_stderr(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.last_words.append(line.decode(errors="replace").rstrip())

    async def end(self) -> None:
        """Kill it; returns when nothing of it is left."""
        await processes.stop_async(self.process, grace_s=0.0)
        if self.listening is not None:
            await self.listening


class LocalInference:
    """`Inference` on this machine. One call at a time; a second one waits."""

    def __init__(self, model: SpeechModel) -> None:
        self.model = model
        self._lock = asyncio.Lock()
        self._child: _Child | None = None
        self._calls = 0

    async def warm(self) -> None:
        """Start loading the model, if no child is up; returns before it is loaded.

        Raises:
            Misconfigured: there is no model.
        """
        async with self._lock:
            await self._running()

    async def close(self) -> None:
        """End the child."""
        async with self._lock:
            await self._drop()

    async def whisper(
        self, items: Sequence[Speech], *, on_progress: Progress | None = None
    ) -> list[Transcript | ClipNetError]:
        """See `Inference.whisper`. A cancelled call ends the child at once; the next call starts another.

        Raises:
            Misconfigured: the model can't be loaded.
            Unavailable: the child died.
        """
        if not items:
            return []
        async with self._lock:
            answered = False
            child = await self._running()
            try:
                heard = await self._ask(child, items, on_progress)
                answered = True
            finally:
                if not answered:
                    await self._drop()
        return [self._outcome(one) for one in heard]

    async def _ask(self, child: _Child, items: Sequence[Speech], on_progress: Progress | None) -> tuple[Heard, ...]:
        self._calls += 1
        ask = Ask(id=self._calls, items=tuple(Item.of(item) for item in items))
        assert child.process.stdin is not None
        try:
            child.process.stdin.write(ask.model_dump_json().encode() + b"\n")
            await child.process.stdin.drain()
        except ConnectionError:
            pass  # The lines read below say why it went.
        async for line in self._lines(child):
            if isinstance(line, Refused):
                raise Misconfigured("The speech model can't be loaded.", hint=f"Look at WHISPER_MODEL: {line.why}")
            if isinstance(line, Share) and line.id == ask.id and on_progress:
                on_progress(line.done)
            if isinstance(line, Answer) and line.id == ask.id:
                return line.heard
        status = await child.process.wait()
        hint = "; ".join(list(child.last_words)[-3:])
        raise Unavailable(
            text("Speech recognition stopped in the middle (exit {status}).", status=status),
            hint=hint,
            retry_after_s=1.0,
        )

    @staticmethod
    async def _lines(child: _Child) -> AsyncIterator[object]:
        assert child.process.stdout is not None
        async for line in child.process.stdout:
            yield Reply.read(line)

    def _outcome(self, heard: Heard) -> Transcript | ClipNetError:
        if heard.error is not None:
            return BadInput(text("Part of the sound was skipped: {why}.", why=heard.error))
        return Transcript(tuple(heard.as_words()), heard.language, self.model.label)

    async def _running(self) -> _Child:
        if self._child is not None and self._child.process.returncode is None:
            return self._child
        await self._drop()
        return await whole(self._start())

    async def _start(self) -> _Child:
        argv = [sys.executable, "-m", "pipeline.inference.whisper_child", self.model.model, self.model.compute_type]
        process = await asyncio.create_subprocess_exec(
            *processes.command([*argv, str(self.model.cores)]),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE_BYTES,
            cwd=REPOSITORY,
            env=self._environment(),
            start_new_session=True,
        )
        self._child = _Child(process)
        self._child.listening = asyncio.create_task(self._child.keep_stderr())
        return self._child

    def _environment(self) -> dict[str, str]:
        """No secret of the worker's reaches the child, and no model hub is asked for anything."""
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        return kept | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(self.model.cores), "PYTHONUTF8": "1"}

    async def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await whole(child.end())
