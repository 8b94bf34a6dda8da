"""Builds the demonstration's video: real footage that packages carry, and speech whose text is known.

Quiet stretches alternate with lively ones, so that choosing moments means something.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ffmpeg

from clipnet import carriers
from clipnet.errors import Misconfigured
from pipeline.media.command import ffmpeg_command, source, url
from pipeline.media.runner import Progress, run
from pipeline.media.tools import Limits, Tools
from pipeline.model import Word
from pipeline.showcase.speech import Line, Spoken, speak

WIDTH, HEIGHT, FPS = 1280, 720, 25
TITLE = "A day in the street"


@dataclass(frozen=True, slots=True)
class Scene:
    """`length_s` of one piece of footage at `speed` times its own, from `from_s` on; it is repeated as needed."""

    footage: str
    length_s: float
    speed: float = 1.0
    from_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Noise:
    """A burst of broadband noise, as of applause; `level` is 0 to 1."""

    at_s: float
    length_s: float
    level: float


@dataclass(frozen=True, slots=True)
class Demo:
    """The built video, and every word that is said in it with its time."""

    path: Path
    length_s: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """All that is said."""
        return " ".join(word.text for word in self.words)


QUICK = tuple(
    Scene(name, 1.0, 1.5, from_s)
    for name, from_s in (
        ("bikes", 1.0), ("bigbuckbunny", 0.5), ("bikes", 4.0), ("bigbuckbunny", 2.0), ("bikes", 7.0),
        ("bigbuckbunny", 3.0), ("bikes", 5.5), ("carphone_pristine", 1.0), ("bikes", 2.5), ("bigbuckbunny", 1.2),
    )
)  # fmt: skip
"""Ten cuts in ten seconds."""
SCENES = (
    Scene("bikes", 16, 0.6),
    Scene("bigbuckbunny", 10),
    Scene("carphone_pristine", 16),
    *QUICK,
    Scene("bikes", 14, 0.6, 2),
    Scene("carphone_pristine", 8),
    Scene("bigbuckbunny", 8),
    Scene("bikes", 12, 0.6, 4),
)
LINES = (
    Line(1.0, "Good morning. This is a quiet street, and nothing much is going on here."),
    Line(8.5, "People come, and people go, and the day has only just begun."),
    Line(16.5, "Wait, what is that? That is the biggest rabbit I have ever seen!"),
    Line(22.0, "Nobody told me about this. Unbelievable!"),
    Line(28.0, "Let me tell you a short story about a man in a car."),
    Line(34.0, "He called his friend, and his friend was not at home."),
    Line(42.3, "And then everything happened at once! Look at this, look at them go!"),
    Line(48.0, "This is the best race of the year! What a finish!"),
    Line(68.0, "The secret is a banana. Always remember the banana."),
    Line(77.0, "Did you see that? The rabbit is back!"),
    Line(86.0, "Thank you for watching, and see you again tomorrow."),
)
NOISES = (Noise(20.6, 4.5, 0.25), Noise(42.0, 10.0, 0.12), Noise(50.5, 3.5, 0.3), Noise(79.5, 3.0, 0.3))
LENGTH_S = sum(scene.length_s for scene in SCENES)


async def build_demo(
    path: Path, tools: Tools, limits: Limits, *, scratch: Path, progress: Progress | None = None
) -> Demo:
    """Writes the demonstration's video to `path`, working in the existing folder `scratch`.

    Raises:
        Misconfigured: the packages that carry footage and voice aren't installed.
        MediaFailed: it could not be built.
    """
    footage = carriers.demo_footage()
    missing = sorted({scene.footage for scene in SCENES} - footage.keys())
    if missing:
        raise Misconfigured(f"The demo's footage is missing: {', '.join(missing)}.", hint="Install carriers.lock.")
    spoken = await speak(LINES, LENGTH_S, tools, limits, scratch=scratch)
    made = scratch / "demo.mp4"
    output = ffmpeg.output(
        _picture(footage, limits),
        _sound(spoken),
        url(made),
        vcodec="libx264",
        preset="ultrafast",
        crf=26,
        g=FPS * 2,
        pix_fmt="yuv420p",
        acodec="aac",
        ar=48_000,
        ac=2,
        t=LENGTH_S,
        movflags="+faststart",
    )
    reads = [*footage.values(), spoken.pcm]
    command = ffmpeg_command(tools, [output], reads=reads, scratch=scratch)
    await run(command, limits=limits, progress=progress, length_s=LENGTH_S)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.replace(path)
    return Demo(path, LENGTH_S, spoken.words)


def _picture(footage: dict[str, Path], limits: Limits) -> Any:
    return ffmpeg.concat(*[_scene(scene, footage[scene.footage], limits) for scene in SCENES], v=1, a=0)


def _scene(scene: Scene, path: Path, limits: Limits) -> Any:
    opened = source(path, replace(limits, threads=1), stream_loop=-1).video
    cut = opened.filter("trim", start=scene.from_s, duration=scene.length_s * scene.speed)
    paced = cut.filter("setpts", f"(PTS-STARTPTS)/{scene.speed}").filter("fps", FPS)
    filled = paced.filter("scale", WIDTH, HEIGHT, force_original_aspect_ratio="increase")
    sized = filled.filter("crop", WIDTH, HEIGHT).filter("setsar", 1).filter("format", "yuv420p")
    return sized.filter("trim", duration=scene.length_s)


def _sound(spoken: Spoken) -> Any:
    """The speech over a low hum, with the bursts of noise."""
    voice = ffmpeg.input(url(spoken.pcm), f="s16le", ar=spoken.rate_hz, ac=1).filter("aresample", 48_000)
    hum = _noise("brown", 0.008, LENGTH_S)
    bursts = [_burst(noise) for noise in NOISES]
    return ffmpeg.filter([voice, hum, *bursts], "amix", inputs=2 + len(bursts), normalize=0, duration="first")


def _noise(colour: str, level: float, length_s: float) -> Any:
    text = f"anoisesrc=colour={colour}:amplitude={level}:sample_rate=48000:duration={length_s}:seed=7"
    return ffmpeg.input(text, f="lavfi")


def _burst(noise: Noise) -> Any:
    """White noise that swells and ebbs as clapping hands do, delayed to its time."""
    raw = _noise("white", noise.level, noise.length_s).filter("tremolo", f=9, d=0.8)
    faded = raw.filter("afade", t="in", d=0.2).filter("afade", t="out", st=noise.length_s - 0.8, d=0.8)
    return faded.filter("adelay", delays=round(noise.at_s * 1000), all=1)
