"""One entry for everything that can be clipped: `ingest()`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from clipnet.errors import BadInput
from clipnet.texts import text
from pipeline.ingest.addresses import AddressGuard
from pipeline.ingest.fetch import FetchLimits, fetch
from pipeline.ingest.local import copy_local
from pipeline.ingest.ytdlp import fetch_platform, is_platform
from pipeline.media.runner import Progress
from pipeline.media.tools import Limits, Tools

FILE_NAME = "source"
"""Sources have one name on disk, whatever they are called elsewhere."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """A source at `path`; `origin_name` is for showing only and never part of a path.

    Attributes:
        channels: whose it is, as its platform says it (`youtube:UC…`); empty for what no platform vouches for.
    """

    path: Path
    sha256: str
    bytes: int
    origin_name: str
    channels: tuple[str, ...] = ()


async def ingest(
    origin: str,
    into: Path,
    tools: Tools,
    limits: Limits,
    *,
    net_allow: Sequence[str] = (),
    local: bool = False,
    progress: Progress | None = None,
) -> Ingested:
    """Brings `origin` (a link, or with `local` a path on this machine) into the existing folder `into`.

    The content is not looked at here; `probe` judges it. Raises BadInput (Refused for a forbidden address),
    DiskFull, or Unavailable when another try may help; nothing stays behind in `into` then.
    """
    path = into / FILE_NAME
    if re.match(r"https?://", origin, re.IGNORECASE):
        if is_platform(origin):
            sha256, size, title, channels = await fetch_platform(
                origin, path, tools, limits, net_allow=net_allow, progress=progress
            )
            return Ingested(path, sha256, size, _shown(title) or "video", channels)
        bounds = FetchLimits(limits.max_bytes, total_s=limits.total_s)
        sha256, size = await fetch(origin, path, AddressGuard(net_allow), bounds, progress=progress)
        return Ingested(path, sha256, size, _shown(URL(origin).name) or "video")
    if "://" in origin or not local:
        raise BadInput(
            text("Only http and https addresses can be fetched."), hint=text("Give a link that starts with https://.")
        )
    source = Path(origin)
    sha256, size = await copy_local(source, path, limits.max_bytes, progress=progress)
    return Ingested(path, sha256, size, _shown(source.name) or "video")


def _shown(name: str) -> str:
    """A name that can stand in a message or a log line."""
    return "".join(ch for ch in name if ch.isprintable())[:120].strip()
