"""Videos of the platforms that are known by name: YouTube, Twitch (past broadcasts and clips), X."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from yarl import URL

from clipnet.errors import BadInput, ClipNetError, Unavailable
from clipnet.texts import text
from pipeline.ingest.writing import too_large
from pipeline.media.command import python_command
from pipeline.media.errors import DiskFull
from pipeline.media.runner import Progress, started
from pipeline.media.tools import Limits, Tools

CHILD = Path(__file__).with_name("ytdlp_child.py")
EXTRACTORS = ["youtube", "twitch:vod", "twitch:clips", "twitter"]
LIVE_EXTRACTORS = ["youtube", "youtube:tab", "twitch:stream", "twitter", "twitter:broadcast"]
HOSTS = ("youtube.com", "youtu.be", "twitch.tv", "x.com", "twitter.com")
SYSTEM_READ = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/services",
    "/etc/host.conf",
    "/run/systemd/resolve",
)
GONE = ("Private video", "unavailable", "removed", "not exist", "404", "Sign in", "login", "members-only", "suspended")
READ_SIZE = 1 << 20


def is_platform(url: str) -> bool:
    """Whether a link leads to one of the named platforms."""
    try:
        host = URL(url).host or ""
    except ValueError:
        return False
    return any(host == name or host.endswith("." + name) for name in HOSTS)


async def fetch_platform(
    url: str,
    into: Path,
    tools: Tools,
    limits: Limits,
    *,
    net_allow: Sequence[str] = (),
    progress: Progress | None = None,
) -> tuple[str, int, str, tuple[str, ...]]:
    """Downloads to the new file `into`.

    Returns its SHA-256, size in bytes, and what the platform says of it: its title, and whose channel it is of.

    Raises BadInput for what isn't there or can't be taken, DiskFull, or Unavailable when another try may help.
    """
    settings = {
        "url": url,
        "file": str(into),
        "most_bytes": limits.max_bytes,
        "extractors": EXTRACTORS,
        "net_allow": list(net_allow),
    }
    guard = CHILD.with_name("netguard.py")
    reads = [guard, *map(Path, SYSTEM_READ)]
    command = python_command(tools, CHILD, [json.dumps(settings)], reads=reads, scratch=into.parent)
    bounded = replace(limits, file_bytes=min(limits.file_bytes, limits.max_bytes + READ_SIZE))
    answer: dict[str, Any] = {}
    try:
        async with started(command, bounded, network=True) as running:
            async for line in running.stdout:
                message = json.loads(line)
                if "fraction" not in message:
                    answer = message
                elif progress is not None:
                    progress(float(message["fraction"]))
            await running.finish()
        if "error" in answer:
            raise _sentence(answer["error"], limits)
        digest, size = await asyncio.to_thread(_digest, into)
    except FileNotFoundError:
        raise too_large(limits.max_bytes) from None
    except BaseException:
        for part in into.parent.glob(into.name + "*"):
            part.unlink(missing_ok=True)
        raise
    return digest, size, answer.get("title", ""), tuple(answer.get("channels", ()))


async def resolve_live(page: str, scratch: Path, limits: Limits, *, net_allow: Sequence[str] = ()) -> str:
    """The address of the HLS playlist of a stream that is live on a platform's page.

    Raises BadInput where there is none, or Unavailable when another try may help.
    """
    settings = {"url": page, "live": True, "extractors": LIVE_EXTRACTORS, "net_allow": list(net_allow)}
    reads = [CHILD.with_name("netguard.py"), *map(Path, SYSTEM_READ)]
    tools = Tools(ffmpeg=Path("/nonexistent"), font_dir=Path("/nonexistent"))
    command = python_command(tools, CHILD, [json.dumps(settings)], reads=reads, scratch=scratch)
    answer: dict[str, str] = {}
    async with started(command, limits, network=True) as running:
        async for line in running.stdout:
            answer = json.loads(line)
        await running.finish()
    if answer.get("playlist"):
        return answer["playlist"]
    if "error" not in answer or "not currently live" in answer["error"]:
        raise BadInput(text("There is no live stream on that page."), hint=text("Ask again once the stream has begun."))
    raise _sentence(answer["error"], limits)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _sentence(error: str, limits: Limits) -> ClipNetError:
    if "No space left" in error:
        return DiskFull(detail=error)
    if "File too large" in error or "max-filesize" in error:
        return too_large(limits.max_bytes)
    if "is live" in error:
        return BadInput(
            text("This stream is still live."), hint=text("Give the link of a past broadcast or of a clip.")
        )
    if "No suitable extractor" in error or "Unsupported URL" in error:
        return BadInput(
            text("This kind of link is not supported."),
            hint=text("Give the link of one YouTube, Twitch or X video, or of a file."),
        )
    if any(sign in error for sign in GONE):
        return BadInput(
            text("The platform doesn't give out this video."), hint=text("Check that it opens without signing in.")
        )
    return Unavailable(text("The platform could not be reached."), hint=text("Try again later, or upload the file."))
