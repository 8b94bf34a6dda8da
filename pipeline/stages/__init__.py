"""The steps from a source to a finished clip, as handlers for the worker."""

from functools import partial

from pipeline.jobs import CLIP_PROCESS, FFMPEG_POLISH, ML_SCORE, WHISPER_BATCH
from pipeline.stages.polish import polish
from pipeline.stages.process import process
from pipeline.stages.score import score
from pipeline.stages.tools import StageTools, open_tools
from pipeline.stages.transcribe import transcribe
from pipeline.worker.handler import Handlers

__all__ = ["StageTools", "handlers", "open_tools"]


def handlers(tools: StageTools) -> Handlers:
    """What this room runs, by kind of job."""
    return {
        CLIP_PROCESS.kind: partial(process, tools),
        WHISPER_BATCH.kind: partial(transcribe, tools),
        ML_SCORE.kind: partial(score, tools),
        FFMPEG_POLISH.kind: partial(polish, tools),
    }
