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


@asynccontextmanager
async def open_tools(settings: Settings) -> AsyncIterator[StageTools]:
    """The tools of a worker; the models start loading at once, while other work goes on.

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
    storage = open_storage(settings)
    inference = LocalInference(speech)
    async with FaceFinder(media, limits) as faces:
        warming = asyncio.create_task(_warm(inference, faces, media))
        try:
            yield StageTools(settings, storage, inference, speech, faces, media, limits)
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
            await inference.close()


async def _warm(inference: Inference, faces: FaceFinder, media: Tools) -> None:
    try:
        await inference.warm()
        if media.face_model is not None:
            await faces.warm()
    except ClipNetError as error:
        logger.warning("A model could not be loaded ahead", why=error.sentence)


def _face_model() -> Path | None:
    try:
        return carriers.face_model()
    except Misconfigured:
        return None
