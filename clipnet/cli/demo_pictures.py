"""The two pictures that a demo ends with: all clips side by side, and the score curve with the chosen moments."""

import tempfile
from pathlib import Path
from typing import Any

from clipnet.cli.talk import Talk
from clipnet.errors import NotFound
from clipnet.settings import Settings
from db import requests
from pipeline.showcase.of_request import picture_clips, picture_score
from pipeline.stages.tools import make_tools


async def add_pictures(talk: Talk, settings: Settings, report: dict[str, Any]) -> None:
    """Draw them into the report's folder and name them in the report; a report without clips gets none."""
    request = await requests.by_public_id(talk.queue.pool, report["request"])
    if request is None or not report["folder"]:
        return
    tools, folder = make_tools(settings), Path(report["folder"])
    with tempfile.TemporaryDirectory() as scratch:
        for name, picture in (("contact_sheet", picture_clips), ("score_curve", picture_score)):
            out = folder / f"{name.replace('_', '-')}.png"
            try:
                await picture(tools, talk.queue.pool, request.id, out, scratch=Path(scratch))
            except NotFound:
                continue
            report[name] = str(out)
