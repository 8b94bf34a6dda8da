"""The ffmpeg graph of a clip: one decode in, one file per shape out, and a picture for the thumbnail."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import ffmpeg

from pipeline.media.command import silence, source, url
from pipeline.media.crop import CropPlan, Framing
from pipeline.media.loudness import RATE_HZ, Levelling, level, stereo
from pipeline.media.tools import Limits, Tools
from pipeline.model import Probe, Span, VideoStream

STANDARD_FPS = (
    ("24000/1001", 24000 / 1001),
    ("24", 24.0),
    ("25", 25.0),
    ("30000/1001", 30000 / 1001),
    ("30", 30.0),
    ("50", 50.0),
    ("60000/1001", 60000 / 1001),
    ("60", 60.0),
)
TINT = {"r": "34+val*0.9", "g": "48+val*1.1", "b": "79+val*1.3"}
"""Turns black into the background of clips that have sound alone, and white into the colour of their wave."""


class Shape(Enum):
    """A finished picture's width and height in pixels."""

    VERTICAL = (1080, 1920)
    SQUARE = (1080, 1080)
    WIDE = (1920, 1080)

    @property
    def width(self) -> int:
        return self.value[0]

    @property
    def height(self) -> int:
        return self.value[1]

    @property
    def aspect(self) -> float:
        return self.width / self.height


@dataclass(frozen=True, slots=True)
class Cut:
    """One file to make: its shape, the camera, the caption document (a file) and where it goes."""

    shape: Shape
    crop: CropPlan | None
    captions: Path | None
    out: Path


def output_fps(video: VideoStream | None) -> tuple[str, float]:
    """The constant rate of a clip: the source's when it is a usual one, else the next usual one above it, ≤ 60."""
    if video is None or video.fps < 20:
        return STANDARD_FPS[4]
    near = min(STANDARD_FPS, key=lambda rate: abs(rate[1] - video.fps))
    if abs(near[1] / video.fps - 1) < 0.0005:
        return near
    return next((rate for rate in STANDARD_FPS if rate[1] > video.fps), STANDARD_FPS[-1])


def clip_outputs(
    path: Path,
    probe: Probe,
    span: Span,
    cuts: Sequence[Cut],
    levelling: Levelling,
    tools: Tools,
    limits: Limits,
    *,
    thumbnail: Path | None = None,
    thumbnail_at_s: float = 0.0,
) -> list[Any]:
    """The outputs of one process that decodes `span` once; `thumbnail_at_s` counts from the start of the clip."""
    opened = source(path, limits, span=span)
    pictures = _pictures(opened, probe, span.length_s, len(cuts) + (thumbnail is not None))
    sounds = _sounds(opened, probe, span, levelling, len(cuts))
    outputs = []
    if thumbnail is not None:
        frame = round(thumbnail_at_s * output_fps(probe.video)[1])
        chosen = pictures.pop().filter("select", f"eq(n,{frame})")
        outputs.append(ffmpeg.output(_shaped(chosen, cuts[0]), url(thumbnail), vframes=1, update=1, **{"q:v": 3}))
    for cut, picture, sound in zip(cuts, pictures, sounds, strict=True):
        shaped = _shaped(picture, cut)
        if cut.captions is not None:
            shaped = shaped.filter("ass", filename=str(cut.captions), fontsdir=str(tools.font_dir))
        outputs.append(ffmpeg.output(shaped, sound, url(cut.out), fps_mode="passthrough", **encoding(probe)))
    return outputs


def sound_again(path: Path, probe: Probe, span: Span, cut: Cut, levelling: Levelling, limits: Limits) -> Any:
    """The output that takes the finished picture of `cut` as it is and makes its sound anew, as `….again.mp4`."""
    picture = source(cut.out, limits).video
    sound = _sounds(source(path, limits, span=span, vn=None), probe, span, levelling, 1)[0]
    settings = {key: value for key, value in encoding(probe).items() if key not in ("preset", "crf", "pix_fmt", "g")}
    return ffmpeg.output(picture, sound, url(cut.out.with_suffix(".again.mp4")), **settings | {"vcodec": "copy"})


def encoding(probe: Probe) -> dict[str, str | int]:
    """Encoder settings of every clip. Tags of the source, a place among them, are not passed on."""
    fps = output_fps(probe.video)[1]
    return {
        "vcodec": "libx264",
        "preset": "veryfast",
        "crf": 20,
        "pix_fmt": "yuv420p",
        "g": round(fps * 4),
        "acodec": "aac",
        "b:a": "160k",
        "ar": RATE_HZ,
        "ac": 2,
        "movflags": "+faststart",
        "map_metadata": -1,
        "map_chapters": -1,
    }


def _pictures(opened: Any, probe: Probe, length_s: float, count: int) -> list[Any]:
    """`count` copies of the picture at a constant rate, square pixels, held at its end if it is short."""
    name = output_fps(probe.video)[0]
    if probe.video is None:
        assert probe.audio is not None
        wave = opened[str(probe.audio.index)].filter("aformat", channel_layouts="mono")
        picture = wave.filter("showwaves", size="960x480", mode="cline", rate=name, colors="white", scale="sqrt")
        picture = picture.filter("format", "rgb24").filter("pad", 1080, 1920, "(ow-iw)/2", "(oh-ih)/2")
        picture = picture.filter("lutrgb", **TINT)
    else:
        picture = opened[str(probe.video.index)]
        if abs(probe.video.sample_aspect - 1) > 0.001:
            picture = picture.filter("scale", probe.video.width, probe.video.height)
    picture = picture.filter("fps", fps=name, start_time=0)
    picture = picture.filter("tpad", stop_mode="clone", stop_duration=length_s).filter("trim", end=length_s)
    if count == 1:
        return [picture]
    copies = picture.filter_multi_output("split", count)
    return [copies[index] for index in range(count)]


def _sounds(opened: Any, probe: Probe, span: Span, levelling: Levelling, count: int) -> list[Any]:
    if probe.audio is None:
        return [silence(span.length_s).audio] * count
    sound = level(stereo(opened[str(probe.audio.index)]), levelling)
    sound = sound.filter("apad", whole_dur=span.length_s).filter("atrim", end=span.length_s)
    if count == 1:
        return [sound]
    copies = sound.filter_multi_output("asplit", count)
    return [copies[index] for index in range(count)]


def _shaped(picture: Any, cut: Cut) -> Any:
    plan, shape = cut.crop, cut.shape
    if plan is None or plan.framing is Framing.FIT:
        picture = _fitted(picture, shape)
    else:
        if plan.framing is Framing.CROP:
            picture = picture.filter("crop", plan.width, plan.height, plan.expression(), plan.top_px, exact=1)
        picture = picture.filter("scale", shape.width, shape.height)
    return picture.filter("setsar", 1).filter("format", "yuv420p")


def _fitted(picture: Any, shape: Shape) -> Any:
    """All of the picture over a copy that was blurred while it was small."""
    copies = picture.filter_multi_output("split", 2)
    small = (shape.width // 6 * 2, shape.height // 6 * 2)
    behind = copies[0].filter("scale", *small, force_original_aspect_ratio="increase", flags="fast_bilinear")
    behind = behind.filter("crop", *small).filter("boxblur", 12, 2).filter("eq", brightness=-0.12)
    behind = behind.filter("scale", shape.width, shape.height, flags="bilinear").filter("setsar", 1)
    whole = copies[1].filter(
        "scale", shape.width, shape.height, force_original_aspect_ratio="decrease", force_divisible_by=2
    )
    return behind.overlay(whole, x="(W-w)/2", y="(H-h)/2")
