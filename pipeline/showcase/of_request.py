"""Pictures of a finished request, drawn from the ledger and the store."""

import asyncio
from pathlib import Path

from asyncpg import Pool

from clipnet.errors import NotFound
from clipnet.texts import text
from db import clips
from db.clips import Clip
from pipeline.highlights.material import Material
from pipeline.highlights.reasons import clock
from pipeline.highlights.signals import measure
from pipeline.media.pictures import stills
from pipeline.model import Span, Word
from pipeline.showcase.contact_sheet import STILL_HEIGHT, Row, draw_contact_sheet
from pipeline.showcase.score_curve import Chosen, draw_score_curve
from pipeline.stages.given import analysis_of, heard_before, load, looked_before
from pipeline.stages.tools import StageTools

STILLS = 5
"""Pictures of each clip."""


async def picture_score(tools: StageTools, pool: Pool, request_id: int, out: Path, *, scratch: Path) -> None:
    """Writes a PNG of the score curve with the request's clips. Raises NotFound when its analysis is gone."""
    given = await load(pool, request_id)
    plan = given.plan(tools)
    looked = await looked_before(pool, tools, plan)
    if looked is None:
        raise NotFound(text("The analysis of the video is gone."))
    words = await words_of(tools, pool, request_id)
    material = Material.of(await analysis_of(tools, looked, scratch), words)
    made = await clips.of_request(pool, request_id)
    chosen = [Chosen(Span(clip.start_s, clip.end_s), clip.score, clip.reason) for clip in made]

    def draw() -> None:
        draw_score_curve(
            material, measure(material), chosen, out, font_dir=tools.media.font_dir, title=given.source.title
        )

    await asyncio.to_thread(draw)


async def words_of(tools: StageTools, pool: Pool, request_id: int) -> tuple[Word, ...]:
    """What was heard in a request's source; () without speech."""
    transcript = await heard_before(pool, (await load(pool, request_id)).plan(tools))
    return transcript.words if transcript else ()


async def picture_clips(tools: StageTools, pool: Pool, request_id: int, out: Path, *, scratch: Path) -> None:
    """Writes a PNG of all the request's clips, each with moments of the finished video. Raises MediaFailed."""
    made = await clips.of_request(pool, request_id)
    files = await clips.stored(pool, [clip.id for clip in made])
    rows = []
    for clip in made:
        key = next((file.store_key for file in files.get(clip.id, ()) if file.kind == "video"), None)
        rows.append(_row(clip, await _stills(tools, clip, key, scratch) if key else []))
    await asyncio.to_thread(draw_contact_sheet, rows, out, font_dir=tools.media.font_dir)


async def _stills(tools: StageTools, clip: Clip, key: str, scratch: Path) -> list[Path]:
    folder = scratch / clip.public_id
    await asyncio.to_thread(folder.mkdir)
    video = await tools.storage.at_hand(key, folder)
    length_s = clip.duration_s or clip.end_s - clip.start_s
    return await stills(video, length_s, STILLS, STILL_HEIGHT, tools.media, tools.limits, scratch=folder)


def _row(clip: Clip, pictures: list[Path]) -> Row:
    length = f"{clip.duration_s:.1f} s" if clip.duration_s else clip.state
    facts = f"{clock(clip.start_s)}–{clock(clip.end_s)}   {length}   score {clip.score:.2f}"
    failed = (clip.error or {}).get("sentence", "")
    return Row(tuple(pictures), clip.rank, clip.public_id, facts, failed or clip.reason)
