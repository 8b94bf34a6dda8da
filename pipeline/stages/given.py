"""What the stages of one request share: the request's rows, and results that were kept."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asyncpg import Pool

from clipnet.errors import NotFound
from clipnet.texts import text
from db import requests, sources, stage_results, transcripts
from db.requests import Request
from db.sources import Source
from pipeline.live.clock import in_source_time
from pipeline.media.analysis import Analysis
from pipeline.model import AudioStream, Probe, Span, Transcript, VideoStream, Word
from pipeline.options import ClipOptions
from pipeline.stages.plan import Look, Plan, plan_for
from pipeline.stages.tools import StageTools


@dataclass(frozen=True, slots=True)
class Given:
    """A request, what it wishes (in the source's own time once it was taken in), and its source."""

    request: Request
    options: ClipOptions
    source: Source

    def plan(self, tools: StageTools) -> Plan:
        """What the source has to be looked at for; the source was taken in."""
        probe = self.probe()
        assert self.source.content_hash is not None
        return plan_for(
            self.options,
            content_hash=self.source.content_hash,
            duration_s=probe.duration_s,
            has_sound=probe.audio is not None,
            speech=tools.speech,
            language=tools.settings.speech.language,
        )

    def probe(self) -> Probe:
        """What the source holds, from its row."""
        assert self.source.probe is not None
        return read_probe(self.source.probe)


async def load(pool: Pool, request_id: int) -> Given:
    """The rows of a request. Raises NotFound."""
    request = await requests.by_id(pool, request_id)
    source = await sources.get(pool, request.source_id) if request else None
    if request is None or source is None:
        raise NotFound(text("There is no request {id}.", id=request_id))
    return Given(request, in_source_time(ClipOptions.model_validate(request.options), source.live), source)


def read_probe(data: dict[str, Any]) -> Probe:
    """A probe from the form that its row keeps."""
    return Probe(
        data["container"],
        data["duration_s"],
        data["bytes"],
        VideoStream(**data["video"]) if data["video"] else None,
        AudioStream(**data["audio"]) if data["audio"] else None,
    )


@dataclass(frozen=True, slots=True)
class Looked:
    """A look that was taken: where its analysis lies, and its sound (None: there is none)."""

    look: Look
    analysis_key: str
    audio_key: str | None

    def kept(self) -> dict[str, Any]:
        """As kept in `stage_results`."""
        return {"analysis": self.analysis_key, "audio": self.audio_key}


async def looked_before(pool: Pool, tools: StageTools, plan: Plan) -> Looked | None:
    """The first of the plan's looks whose result is there, in the ledger and in the store."""
    for look in plan.looks:
        kept = await stage_results.get(pool, look.analysis_hash)
        if kept is None:
            continue
        keys = [key for key in (kept["analysis"], kept["audio"]) if key]
        if all([await tools.storage.size(key) is not None for key in keys]):
            return Looked(look, kept["analysis"], kept["audio"])
    return None


async def analysis_of(tools: StageTools, looked: Looked, scratch: Path) -> Analysis:
    """The arrays of a look."""
    path = await tools.storage.at_hand(looked.analysis_key, scratch)
    return await asyncio.to_thread(Analysis.load, path)


async def heard_before(pool: Pool, plan: Plan) -> Transcript | None:
    """The words for one of the plan's looks, if they were written down."""
    for look in plan.looks:
        row = await transcripts.by_hash(pool, look.transcript_hash)
        if row is not None:
            words = tuple(Word(float(s), float(e), str(text), float(p)) for s, e, text, p in row.words)
            return Transcript(words, row.language, row.model)
    return None


def transcript_row(given: Given, look: Look, transcript: Transcript) -> transcripts.TranscriptRow:
    """The row that keeps a transcript of a look."""
    return transcripts.TranscriptRow(
        given.source.id,
        look.transcript_hash,
        transcript.language,
        transcript.model,
        look.span.start_s,
        look.span.end_s,
        [[word.start_s, word.end_s, word.text, word.probability] for word in transcript.words],
    )


def whole(span: Span) -> tuple[float, float]:
    """A span as payloads carry it."""
    return span.start_s, span.end_s
