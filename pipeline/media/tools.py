"""What the media functions are handed: where the tools lie, and how far they may go."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tools:
    """Files that were carried in or set by the installation; `face_model` None means no face detection."""

    ffmpeg: Path
    font_dir: Path
    face_model: Path | None = None
    python: Path = Path(sys.executable)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one tool's run and of what is accepted as a source.

    `total_s` and `idle_s` are wall seconds (idle: nothing heard from the tool); `cpu_s` is processor seconds;
    `memory_bytes` bounds the address space; `file_bytes` any single file that is written.
    """

    total_s: float = 3600.0
    idle_s: float = 60.0
    cpu_s: int = 4 * 3600
    memory_bytes: int = 4 << 30
    file_bytes: int = 8 << 30
    nice: int = 1
    threads: int = 0
    max_pixels: int = 33_177_600
    max_bytes: int = 8 << 30
    max_duration_s: float = 6 * 3600.0
