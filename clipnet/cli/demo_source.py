"""The demo's own video, whose every word is known."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from asyncpg import Pool
from rich.console import Console

from clipnet import carriers
from clipnet.settings import Settings
from db import requests
from pipeline.media.tools import Limits, Tools
from pipeline.showcase.demo_source import build_demo
from pipeline.showcase.wer import word_error_rate

_HEARD = """
select coalesce(jsonb_agg(word ->> 2 order by (word ->> 0)::float8), '[]')
from (select words from transcripts where source_id = $1 order by end_s - start_s desc limit 1) t,
     jsonb_array_elements(t.words) word
"""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The video, and what is said in it."""

    path: Path
    text: str

    async def word_errors(self, pool: Pool, public_id: str) -> float | None:
        """Share of words that were heard wrongly; None when nothing was written down."""
        request = await requests.by_public_id(pool, public_id)
        words = await pool.fetchval(_HEARD, request.source_id) if request else []
        return word_error_rate(self.text.split(), words) if words else None


async def built_in(settings: Settings, out: Console) -> BuiltIn:
    """Build it, once per state folder.

    Raises:
        Misconfigured: the packages that carry footage and voice aren't installed.
    """
    folder = settings.state_dir / "demo"
    video, text = folder / "a-day-in-the-street.mp4", folder / "a-day-in-the-street.txt"
    if not (video.exists() and text.exists()):
        out.print("Building the demo's own video, once …", highlight=False)
        folder.mkdir(parents=True, exist_ok=True)
        tools = Tools(settings.media.ffmpeg, carriers.font_dir())
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            demo = await build_demo(video, tools, Limits(), scratch=Path(scratch))
        text.write_text(demo.text)
    return BuiltIn(video, text.read_text())
