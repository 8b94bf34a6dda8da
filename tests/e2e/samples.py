"""Small videos of every awkward kind, made when asked for."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from clipnet import carriers

Maker = Callable[["Samples"], Path]

SECRET = "told to nobody"


@dataclass(slots=True)
class Samples:
    """Makes files in `folder`; each name is made once, so it stands for one and the same video."""

    folder: Path
    made: dict[str, tuple[object, ...]] = field(default_factory=dict)

    def file(self, name: str, content: bytes) -> Path:
        """A file of these bytes."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def video(
        self,
        name: str,
        *,
        size: str = "640x360",
        rate: int = 25,
        length_s: float = 3,
        pixels: str = "yuv420p",
        filters: str = "null",
        sound: bool = True,
        codec: str = "libx264",
        quality: int = 30,
    ) -> Path:
        """A test picture with a tone."""
        picture = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={length_s}"]
        tone = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={length_s}", "-c:a", "aac"] if sound else []
        path = self.folder / name
        asked = (size, rate, length_s, pixels, filters, sound, codec, quality)
        assert self.made.setdefault(name, asked) == asked, f"{name} is the name of another video"
        if not path.exists():
            self.ffmpeg(
                *picture, *tone, "-vf", filters, "-fps_mode", "vfr", "-c:v", codec, "-preset", "ultrafast",
                "-crf", str(quality), "-pix_fmt", pixels, path,
            )  # fmt: skip
        return path

    def ffmpeg(self, *args: str | Path) -> None:
        """Run the carried ffmpeg; the last argument is what it writes."""
        command = [carriers.ffmpeg(), "-nostdin", "-loglevel", "error", "-y", *args]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


def good(samples: Samples) -> Path:
    """What everything else is a variation of."""
    return samples.video("good.mp4")


def rotated(samples: Samples) -> Path:
    """Held upright by its metadata only."""
    path = samples.folder / "rotated.mp4"
    samples.ffmpeg("-display_rotation", "90", "-i", good(samples), "-c", "copy", path)
    return path


def audio_only(samples: Samples) -> Path:
    """Sound in a file that is named like a video."""
    path = samples.folder / "audio-only.mp4"
    samples.ffmpeg("-i", good(samples), "-vn", "-c:a", "copy", path)
    return path


def without_its_end(samples: Samples) -> Path:
    """An upload that broke off: the index, at the end of the file, is missing."""
    whole = good(samples).read_bytes()
    return samples.file("truncated.mp4", whole[: len(whole) * 6 // 10])


def mangled(samples: Samples) -> Path:
    """Begins like a video and goes on as noise."""
    head = good(samples).read_bytes()[:64]
    return samples.file("mangled.mp4", head + bytes((7 * n * n + n) % 256 for n in range(60_000)))


def playlist(samples: Samples) -> Path:
    """An HLS playlist that is named like a video and names another file."""
    samples.file("secret.ts", SECRET.encode())
    lines = [
        "#EXTM3U",
        "#EXT-X-TARGETDURATION:2",
        "#EXTINF:2,",
        (samples.folder / "secret.ts").as_uri(),
        "#EXT-X-ENDLIST",
    ]
    return samples.file("playlist.mp4", "\n".join(lines).encode())


def concat_list(samples: Samples) -> Path:
    """A list for ffmpeg's concat demuxer that is named like a video."""
    good(samples)
    return samples.file("list.mp4", b"ffconcat version 1.0\nfile good.mp4\n")


def too_large(samples: Samples) -> Path:
    """More bytes than the stack of these tests takes, none of them on the disk."""
    path = samples.file("too-large.mp4", good(samples).read_bytes())
    with path.open("r+b") as file:
        file.truncate(40_000_000)
    return path
