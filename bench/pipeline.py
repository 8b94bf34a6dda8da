"""The whole way from a request to finished clips, through ledger, waiting room and a warm worker process."""

import asyncio
import json
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg

from bench.context import CHECKOUT, Bench, BenchContext
from bench.measure import command, peak_rss_bytes
from bench.rows import Row
from clipnet import carriers
from clipnet.cli.local_worker import local_worker
from clipnet.cli.surroundings import Surroundings
from clipnet.embedded import EmbeddedStack
from clipnet.settings import load_settings
from db import clips, requests, users
from db.migrate import migrate
from db.pool import open_pool
from pipeline.inference.local import LocalInference, SpeechModel
from pipeline.inference.protocol import Speech
from pipeline.jobs import CLIP_PROCESS, NewJob, OfRequest
from pipeline.model import Span
from pipeline.options import ClipOptions
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis
from pipeline.storage import Storage, open_storage

PROGRAMME = "programme-10min-1080p-composed.mp4"
LIMIT_S = 900.0
MEGABYTE = 1e6
PLAIN = """
import sys, time
import numpy as np
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=2)
sound = np.fromfile(sys.argv[2], np.int16).astype(np.float32) / 32768
started = time.perf_counter()
segments, _ = model.transcribe(sound, word_timestamps=True, vad_filter=True)
words = sum(len(segment.words) for segment in segments)
print(time.perf_counter() - started, words)
"""


@dataclass(frozen=True, slots=True)
class Stack:
    """Services, a worker process, and the way to ask it."""

    queue: Queue
    owner: asyncpg.Pool
    storage: Storage
    worker_pid: int

    async def ask(self, source: Path, options: ClipOptions) -> tuple[float, list[Span]]:
        """Wall seconds from the request to its end, and the clips' spans."""
        trace_id = uuid4()
        started = time.perf_counter()
        async with self.queue.transaction(trace_id=trace_id) as tx:
            user = await users.of_identity(tx.conn, "console", "bench", "bench")
            request_id, _ = await requests.create(
                tx.conn,
                user_id=user.id,
                community_id=None,
                kind="file",
                origin=str(source),
                place={"platform": "console", "place_id": "bench"},
                options=options.stored(),
                trace_id=trace_id,
            )
            key = f"request:{request_id}"
            await tx.enqueue(
                NewJob(CLIP_PROCESS, OfRequest(request_id=request_id), request_id=request_id, serial_key=key)
            )
        async with asyncio.timeout(LIMIT_S):
            async for _ in self.queue.follow(request_id):
                pass
        wall_s = time.perf_counter() - started
        made = await clips.of_request(self.owner, request_id)
        if not made or any(clip.state != "ready" for clip in made):
            raise RuntimeError(f"the job failed: {[(clip.state, clip.error) for clip in made]}")
        return wall_s, [Span(clip.start_s, clip.end_s) for clip in made]

    async def forget(self) -> None:
        """Drop what was kept, so that the next job does everything again."""
        await self.owner.execute("truncate stage_results, transcripts")


@asynccontextmanager
async def stack(scratch: Path) -> AsyncIterator[Stack]:
    """The embedded services, migrated, with a worker process that has done a small job already."""
    state = scratch / "state"
    with EmbeddedStack(state) as services:
        urls = services.urls
        await migrate(urls.owner, "test")
        common = {
            "ENV": "test",
            "CLIPNET_STATE_DIR": str(state),
            "REDIS_URL": urls.redis,
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(CHECKOUT),
        }
        token = {"API_WRITE_TOKEN": secrets.token_urlsafe(32), "API_BASE_URL": "http://127.0.0.1"}
        api = {**common, **token, "CLIPNET_ROLE": "api", "DATABASE_URL": urls.api}
        worker = {**common, "CLIPNET_ROLE": "worker", "DATABASE_URL": urls.worker}
        settings = load_settings(api, folder=scratch)
        async with local_worker(Surroundings(api, worker, embedded=True)) as process:
            pool = await open_pool(settings.database.url, env="test")
            owner = await open_pool(urls.owner, env="test")
            redis = open_redis(settings.redis.url)
            queue = Queue(pool, redis, prefix=settings.redis.prefix)
            made = Stack(queue, owner, open_storage(settings), process.child.pid)
            await made.ask(carriers.demo_footage()["bikes"], ClipOptions(start_s=1, end_s=3))
            try:
                yield made
            finally:
                await redis.aclose()
                await pool.close()
                await owner.close()


async def _floor(path: Path, spans: Sequence[Span], out: Path) -> float:
    """Wall seconds of a bare decode and of the bare encodes of the same cuts."""
    ffmpeg, started = carriers.ffmpeg(), time.perf_counter()
    await command(ffmpeg, "-nostdin", "-v", "error", "-i", path, "-f", "null", "-")
    for span in spans:
        await command(
            ffmpeg, "-nostdin", "-v", "error", "-y", "-ss", str(span.start_s), "-i", path, "-t", str(span.length_s),
            "-vf", "crop=608:1080,scale=1080:1920", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20",
            "-c:a", "aac", out,
        )  # fmt: skip
    return time.perf_counter() - started


async def _plain_speech(pcm: Path) -> float:
    """Wall seconds of faster-whisper alone on the sound, its model loaded before."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PLAIN, str(carriers.whisper_model()), str(pcm), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    return float(said.split()[0])


async def _sound(path: Path, out: Path) -> Path:
    options = ("-vn", "-ac", "1", "-ar", "16000", "-f", "s16le")
    await command(carriers.ffmpeg(), "-nostdin", "-v", "error", "-y", "-i", path, *options, out)
    return out


def _subtitles() -> str:
    """A word every half second for ten minutes."""
    cues = []
    for index in range(1140):
        start, end = index * 500, index * 500 + 450
        cues.append(
            f"{index + 1}\n{_stamp(start)} --> {_stamp(end)}\nword{index % 97}{'.' if index % 11 == 10 else ''}\n"
        )
    return "\n".join(cues)


def _stamp(at_ms: int) -> str:
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{ms:03}"


async def job(context: BenchContext) -> list[Row]:
    """Ten minutes into four clips of 30 s, with a transcript given and with speech; and the worker's own memory."""
    path = context.footage(PROGRAMME)
    count = 1 if context.quick else 4
    given_file = context.scratch / "given.srt"
    given_file.write_text(_subtitles())
    pcm = await _sound(path, context.scratch / "sound.pcm")
    rows: list[Row] = []
    async with stack(context.scratch) as services:
        given = await services.storage.put(given_file, "transcripts", ".srt")
        for what, options, speech in (
            ("transcript given", ClipOptions(count=count, transcript_key=given.key), False),
            ("with speech", ClipOptions(count=count), True),
        ):
            ours: list[float] = []
            floor: list[float] = []
            for _ in range(1 if context.quick else 2):
                await services.forget()
                wall_s, spans = await services.ask(path, options)
                ours.append(wall_s)
                floor.append(await _floor(path, spans, context.scratch / "bare.mp4"))
                if speech:
                    floor[-1] += await _plain_speech(pcm)
            ratios = [a / b for a, b in zip(ours, floor, strict=True)]
            rows.append(
                Row(
                    "job",
                    f"{count} clips of ten minutes, {what}, wall",
                    ours[-1],
                    "s",
                    floor[-1],
                    "<= 1.15",
                    statistics.median(ratios),
                )
            )
            context.note(f"{what}: ratios {json.dumps([round(ratio, 3) for ratio in ratios])}")
        peak = peak_rss_bytes(services.worker_pid) / MEGABYTE
        rows.append(Row("job", "peak memory of the worker's own process", peak, "MB", goal="< 300"))
    return rows


async def speech(context: BenchContext) -> list[Row]:
    """Our recognition of the programme's sound against faster-whisper alone, both with the model loaded."""
    pcm = await _sound(context.footage(PROGRAMME), context.scratch / "sound.pcm")
    local = LocalInference(SpeechModel(str(carriers.whisper_model()), threads=2))
    item = Speech(pcm, 0.0, Span(0.0, pcm.stat().st_size / 32_000))
    await local.whisper([Speech(pcm, 0.0, Span(0.0, 5.0))])
    pairs: list[tuple[float, float]] = []
    for _ in range(1 if context.quick else 3):
        floor_s = await _plain_speech(pcm)
        started = time.perf_counter()
        await local.whisper([item])
        pairs.append((time.perf_counter() - started, floor_s))
    await local.close()
    ours_s, floor_s = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
    return [Row("speech", "words of ten minutes against faster-whisper alone, wall", ours_s, "s", floor_s, "<= 1.0")]


BENCHES: dict[str, Bench] = {"job": job, "speech": speech}
