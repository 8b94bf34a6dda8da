"""Builds every command line that touches media, so that no call can forget a guard.

`source()` is the only place that opens an input: it puts the whitelists and the pixel cap before `-i`. Playlists
(HLS, DASH, concat lists) read other files and addresses, so containers alone are let in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from pipeline.media.tools import Limits, Tools
from pipeline.model import Span

CONTAINERS = "mov,mp4,m4a,matroska,webm,avi,mpegts,flv,ogg,wav,mp3,flac,aac"
"""Demuxers that only ever read the file they were given."""
PROTOCOLS = "file,pipe"


@dataclass(frozen=True, slots=True)
class Command:
    """A tool with its arguments, the paths it may read, and the one folder it may write to (None: nowhere)."""

    argv: tuple[str, ...]
    reads: tuple[Path, ...]
    scratch: Path | None


def guards(limits: Limits) -> dict[str, str | int]:
    """Options that must stand before `-i`."""
    return {"protocol_whitelist": PROTOCOLS, "format_whitelist": CONTAINERS, "max_pixels": limits.max_pixels}


def source(path: Path, limits: Limits, *, span: Span | None = None, **options: Any) -> Any:
    """An ffmpeg-python input of a local file; `span` seeks on the input side, which costs nothing at any position."""
    seek: dict[str, str] = {}
    if span is not None:
        seek = {"ss": f"{span.start_s:.6f}", "t": f"{span.length_s:.6f}"}
    threads = {"threads": limits.threads} if limits.threads else {}
    return ffmpeg.input(url(path), **guards(limits), **seek, **threads, **options)


def silence(length_s: float) -> Any:
    """An input of silent stereo sound, for a picture that has none; nothing in it comes from outside."""
    return ffmpeg.input(
        "anullsrc=r=48000:cl=stereo",
        f="lavfi",
        t=f"{length_s:.6f}",
        protocol_whitelist=PROTOCOLS,
        format_whitelist="lavfi",
    )


def url(path: Path) -> str:
    """A path that ffmpeg can't take for an option, a protocol or a pattern."""
    return f"file:{path.resolve()}"


def ffmpeg_command(
    tools: Tools, streams: Sequence[Any], *, reads: Sequence[Path], scratch: Path | None, quiet: bool = True
) -> Command:
    """Compiles a graph of outputs; `quiet` False keeps the informational lines that measuring filters print."""
    graph = ffmpeg.merge_outputs(*streams) if len(streams) > 1 else streams[0]
    head = [str(tools.ffmpeg), "-nostdin", "-hide_banner", "-y", "-loglevel", "warning" if quiet else "info"]
    argv = (*head, "-nostats", *map(str, ffmpeg.get_args(graph)))
    return Command(argv, (tools.ffmpeg, tools.font_dir, *reads), scratch)


def python_command(
    tools: Tools, script: Path, arguments: Sequence[str | Path], *, reads: Sequence[Path], scratch: Path | None
) -> Command:
    """A stand-alone script of ours in a process of its own (`-I`: neither folder nor environment can add code)."""
    given = [str(one.resolve()) if isinstance(one, Path) else one for one in arguments]
    return Command((str(tools.python), "-I", "-B", str(script), *given), (script, *reads), scratch)
