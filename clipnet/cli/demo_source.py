"""The demo's own video, whose every word is known."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from pipeline.showcase.demo_source import build_demo
from pipeline.stages.tools import StageTools


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The video, and what is said in it."""

    path: Path
    text: str


async def built_in(folder: Path, tools: StageTools, out: Console) -> BuiltIn:
    """Build it in `folder`, once.

    Raises:
        Misconfigured: the packages that carry footage and voice aren't installed.
        MediaFailed: it could not be built.
    """
    video, text = folder / "a-day-in-the-street.mp4", folder / "a-day-in-the-street.txt"
    if not (video.exists() and text.exists()):
        out.print("Building the demo's own video, once …", highlight=False)
        with _scratch(folder) as scratch:
            demo = await build_demo(video, tools.media, tools.limits, scratch=Path(scratch))
        text.write_text(demo.text)
    return BuiltIn(video, text.read_text())


def _scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=folder)
