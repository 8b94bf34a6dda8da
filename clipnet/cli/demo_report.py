"""What a demo ends with: files in a folder, a list for people, one JSON object for programs."""

import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.answer import Problem
from bot.views import ClipView, clock
from clipnet.cli.talk import Talk
from clipnet.errors import ClipNetError
from db import jobs, requests
from db.requests import Request
from pipeline.showcase.of_request import picture_clips, picture_score, words_of
from pipeline.showcase.wer import word_error_rate
from pipeline.stages.tools import StageTools
from pipeline.storage import Storage

STAGES = {
    "clip:process": "ingest_and_analyse",
    "whisper:batch": "transcribe",
    "ml:score": "score_and_select",
    "ffmpeg:polish": "polish",
    "clipbot:notify": "notify",
}
_SAFE = re.compile(r"[^0-9A-Za-z_-]+")


class Refused(ClipNetError):
    """The request was not taken; `reason` is the code that the router gave."""

    code = "refused"
    status = 422

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence, hint=problem.hint)
        self.reason = problem.code


async def collect(
    talk: Talk, tools: StageTools, public_id: str, folder: Path, source: str, said: str | None
) -> dict[str, Any]:
    """Copy what was made into `folder`, draw its pictures, and describe it; `said` is the text if it is known.

    Beside what is always there, the object has `error` when the request or a clip failed, `folder`, `contact_sheet` and
    `score_curve` when a clip was made, and `word_error_rate` when the text is known.
    """
    view = await talk.outcome(public_id)
    request = await requests.by_public_id(talk.queue.pool, public_id)
    assert request is not None
    made = [clip for clip in view.clips if clip.video]
    report: dict[str, Any] = {
        "clips": [],
        "source": source,
        "timings_s": await _timings(talk, request),
        "state": view.state,
        "request": public_id,
        **({"error": view.error.model_dump()} if view.error else {}),
    }
    if made:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        report["folder"] = str(folder)
        report |= await _pictures(talk, tools, request, folder)
    report["clips"] = [await _clip(tools.storage, clip, folder) for clip in view.clips]
    if said is not None and made:
        heard = await words_of(tools, talk.queue.pool, request.id)
        report["word_error_rate"] = round(word_error_rate([said], [word.text for word in heard]), 3)
    return report


async def _pictures(talk: Talk, tools: StageTools, request: Request, folder: Path) -> dict[str, str]:
    sheet, curve = folder / "contact-sheet.png", folder / "score-curve.png"
    with tempfile.TemporaryDirectory() as scratch:
        await picture_clips(tools, talk.queue.pool, request.id, sheet, scratch=Path(scratch))
        await picture_score(tools, talk.queue.pool, request.id, curve, scratch=Path(scratch))
    return {"contact_sheet": str(sheet), "score_curve": str(curve)}


def failed(source: str | None, error: ClipNetError) -> dict[str, Any]:
    """The object of a demo that came to nothing."""
    code = error.reason if isinstance(error, Refused) else error.code
    told = {"code": code, "sentence": error.sentence, "hint": error.hint}
    return {"clips": [], "source": source or "built-in", "timings_s": {}, "state": "failed", "error": told}


def cancelled(source: str | None) -> dict[str, Any]:
    """The object of a demo that was interrupted."""
    return {"clips": [], "source": source or "built-in", "timings_s": {}, "state": "cancelled"}


def show(out: Console, report: dict[str, Any]) -> None:
    """List the clips with their paths and reasons, then the pictures and how long each stage took."""
    if report["state"] != "done":
        error = report.get("error") or {"sentence": f"The request was {report['state']}.", "hint": ""}
        out.print(f"{error['sentence']} {error['hint']}".rstrip(), style="red", markup=False, highlight=False)
    for clip in report["clips"]:
        moment = f"{clock(clip['start_s'])}–{clock(clip['end_s'])}"
        size = f"{clip['width']}×{clip['height']}, {clip['duration_s']:.1f} s" if clip["duration_s"] else clip["state"]
        out.print(f"\n[bold]{clip['id']}[/bold]  {moment}  {size}  score {clip['score']:.2f}", highlight=False)
        table = Table(box=None, show_header=False)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        error = clip.get("error") or {}
        rows = {
            "failed": " ".join(filter(None, (error.get("sentence"), error.get("hint")))),
            "why": clip["reason"],
            "video": clip["path"],
            "thumbnail": clip["thumbnail"],
            "captions": clip["captions"],
        }
        for label, value in rows.items():
            if value:
                table.add_row(label, escape(str(value)))
        out.print(table)
    for label in ("contact_sheet", "score_curve"):
        if report.get(label):
            out.print(f"{label.replace('_', ' ')}: {report[label]}", markup=False, highlight=False, soft_wrap=True)
    if "word_error_rate" in report:
        right = 100 * (1 - report["word_error_rate"])
        out.print(f"Words heard against the known text: {right:.0f} % are right.", highlight=False)
    took = ", ".join(f"{stage.replace('_', ' ')} {seconds:.1f} s" for stage, seconds in report["timings_s"].items())
    out.print(f"\n{took}", style="dim", highlight=False)


async def _clip(storage: Storage, clip: ClipView, folder: Path) -> dict[str, Any]:
    name = "-".join(filter(None, [f"{clip.rank:02d}", clip.id, _SAFE.sub("-", clip.title)[:40].strip("-").lower()]))
    return {
        "id": clip.id,
        "state": clip.state,
        "path": await _copy(storage, clip.video, folder / f"{name}.mp4"),
        "width": clip.width,
        "height": clip.height,
        "duration_s": clip.duration_s,
        "start_s": clip.start_s,
        "end_s": clip.end_s,
        "score": clip.score,
        "reason": clip.reason,
        **({"error": clip.error.model_dump()} if clip.error else {}),
        "thumbnail": await _copy(storage, clip.thumbnail, folder / f"{name}{_suffix(clip.thumbnail)}"),
        "captions": await _copy(storage, clip.captions, folder / f"{name}{_suffix(clip.captions)}"),
    }


def _suffix(key: str | None) -> str:
    return Path(key).suffix if key else ""


async def _copy(storage: Storage, key: str | None, path: Path) -> str | None:
    if key is None:
        return None
    await asyncio.to_thread(path.unlink, missing_ok=True)
    await storage.fetch(key, path)
    return str(path)


async def _timings(talk: Talk, request: Request) -> dict[str, float]:
    """Seconds that the jobs of each stage ran, and from the request to its end."""
    async with talk.queue.pool.acquire() as conn:
        done = await jobs.of_request(conn, request.id)
    spent = dict.fromkeys(STAGES.values(), 0.0)
    for job in done:
        if job.started_at and job.ended_at and job.kind in STAGES:
            spent[STAGES[job.kind]] += (job.ended_at - job.started_at).total_seconds()
    whole = (request.ended_at - request.created_at).total_seconds() if request.ended_at else 0.0
    return {**{stage: round(seconds, 3) for stage, seconds in spent.items() if seconds}, "total": round(whole, 3)}
