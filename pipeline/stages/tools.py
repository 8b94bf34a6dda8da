"""What the stages work with: the store, the models, the media tools. Opened once per worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from loguru import logger

from clipnet import carriers
from clipnet.errors import ClipNetError, Misconfigured
from clipnet.settings import Settings
from pipeline.inference.local import LocalInference, SpeechModel
from pipeline.inference.protocol import Inference
from pipeline.media.faces import FaceFinder
from pipeline.media.tools import Limits, Tools
from pipeline.storage import Storage, open_storage


@dataclass(frozen=True, slots=True)
class StageTools:
    """Handed to every stage."""

    settings: Settings
    storage: Storage
    inference: Inference
    speech: SpeechModel
    faces: FaceFinder
    media: Tools
    limits: Limits


def make_tools(settings: Settings) -> StageTools:
    """The tools, with nothing started yet.

    Raises:
        Misconfigured: there is no store of the mode that is set, or no ffmpeg or font.
    """
    media = Tools(settings.media.ffmpeg, carriers.font_dir(), _face_model())
    limits = Limits(
        threads=settings.media.threads,
        max_pixels=settings.media.max_pixels,
        max_bytes=settings.media.max_bytes,
        max_duration_s=settings.media.max_duration_s,
    )
    speech = SpeechModel(settings.speech.model, settings.speech.compute_type, settings.speech.threads)
    faces = FaceFinder(media, limits)
    return StageTools(settings, open_storage(settings), LocalInference(speech), speech, faces, media, limits)


@asynccontextmanager
async def open_tools(settings: Settings) -> AsyncIterator[StageTools]:
    """The tools of a worker; the models start loading at once, while other work goes on. See `make_tools`."""
    tools = make_tools(settings)
    async with tools.faces:
        warming = asyncio.create_task(_warm(tools))
        try:
            yield tools
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
            await tools.inference.close()


async def _warm(tools: StageTools) -> None:
    try:
        await tools.inference.warm()
        if tools.media.face_model is not None:
            await tools.faces.warm()
    except ClipNetError as error:
        logger.warning("A model could not be loaded ahead", why=error.sentence)


def _face_model() -> Path | None:
    try:
        return carriers.face_model()
    except Misconfigured:
        return None
