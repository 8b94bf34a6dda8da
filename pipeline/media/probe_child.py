"""Reads a media file's streams and proves that something in it decodes; prints one JSON object.

Runs alone in a sandboxed process (`python -I probe_child.py FILE OPTIONS_JSON`), because demuxers and decoders see
hostile bytes here. It never imports the rest of ClipNet.
"""

import json
import sys
import time
from typing import Any

import av

MAX_PACKETS = 3000
SCAN_S = 30.0
TAIL_S = 4.0


def first_frame(path: str, options: dict[str, str], kind: str, index: int, max_pixels: int) -> Any:
    """The first frame of one stream that decodes, or None."""
    with av.open(path, options=options, metadata_errors="replace") as container:
        stream: Any = container.streams[index]
        if kind == "video" and stream.codec_context.width * stream.codec_context.height > max_pixels:
            raise ValueError("too many pixels")
        for count, packet in enumerate(container.demux(stream)):
            try:
                for frame in packet.decode():
                    return frame
            except av.error.FFmpegError:
                pass
            if count > MAX_PACKETS:
                break
    return None


def end_s(path: str, options: dict[str, str], index: int, claimed_s: float) -> float:
    """The end of the last packet that is really there, in seconds from the start; 0 when there is none.

    Looks near the claimed end first; a file that lies about its length or was cut off is read through instead.
    """
    with av.open(path, options=options, metadata_errors="replace") as container:
        stream = container.streams[index]
        start_s = (container.start_time or 0) / av.time_base
        base = float(stream.time_base) if stream.time_base else 0.0
        if claimed_s > 0:
            try:
                container.seek(int((start_s + max(claimed_s - TAIL_S, 0)) * av.time_base))
                found = last_packet(container, stream, base) - start_s
                if found > claimed_s - TAIL_S:
                    return found
                container.seek(int(start_s * av.time_base))
            except av.error.FFmpegError:
                pass
    with av.open(path, options=options, metadata_errors="replace") as container:
        return last_packet(container, container.streams[index], base) - start_s


def last_packet(container: Any, stream: Any, base: float) -> float:
    latest = float("-inf")
    give_up = time.monotonic() + SCAN_S
    try:
        for packet in container.demux(stream):
            if packet.pts is not None and packet.size:
                latest = max(latest, (packet.pts + (packet.duration or 0)) * base)
            if time.monotonic() > give_up:
                break
    except av.error.FFmpegError:
        pass
    return latest if latest > float("-inf") else 0.0


def describe_video(stream: Any, frame: Any) -> dict[str, Any]:
    aspect = stream.sample_aspect_ratio or 1
    sample_aspect = float(aspect) if 0.05 < float(aspect) < 20 else 1.0
    rotation = int(round(frame.rotation / 90.0) * 90) % 360
    width, height = max(1, round(frame.width * sample_aspect)), frame.height
    if rotation in (90, 270):
        width, height = height, width
    rates = [float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
    fps = next((rate for rate in rates if 0.01 < rate <= 1000), 25.0)
    return {
        "index": stream.index,
        "codec": stream.codec_context.name,
        "pixel_format": frame.format.name,
        "width": width,
        "height": height,
        "coded_width": frame.width,
        "coded_height": frame.height,
        "rotation": rotation,
        "sample_aspect": sample_aspect,
        "fps": fps,
        "bit_depth": frame.format.components[0].bits,
    }


def describe_audio(stream: Any, frame: Any) -> dict[str, Any]:
    return {
        "index": stream.index,
        "codec": stream.codec_context.name,
        "sample_rate_hz": frame.sample_rate,
        "channels": len(frame.layout.channels),
    }


def best_first(container: Any) -> tuple[list[int], list[int]]:
    """Video streams by size, cover pictures left out; audio streams with the default first, then by channels."""
    covers = av.stream.Disposition.attached_pic
    default = av.stream.Disposition.default
    video = [s for s in container.streams.video if not s.disposition & covers]
    video.sort(key=lambda s: -(s.codec_context.width * s.codec_context.height))
    audio = sorted(
        container.streams.audio, key=lambda s: (not s.disposition & default, -s.codec_context.channels, s.index)
    )
    return [s.index for s in video], [s.index for s in audio]


def look(path: str, options: dict[str, str], max_pixels: int) -> dict[str, Any]:
    with av.open(path, options=options, metadata_errors="replace") as container:
        name = container.format.name
        claimed_s = (container.duration or 0) / av.time_base
        video_order, audio_order = best_first(container)
        streams = {index: container.streams[index] for index in (*video_order, *audio_order)}
        seen: dict[str, Any] = {"container": name, "claimed_s": claimed_s, "video": None, "audio": None}
        seen |= {"starts_s": {}, "ends_s": {}}
        for kind, order, describe in (
            ("video", video_order, describe_video),
            ("audio", audio_order, describe_audio),
        ):
            for index in order[:4]:
                frame = first_frame(path, options, kind, index, max_pixels)
                if frame is not None:
                    seen[kind] = describe(streams[index], frame)
                    seen["starts_s"][kind] = frame.time or 0.0
                    seen["ends_s"][kind] = end_s(path, options, index, claimed_s)
                    break
        seen["duration_s"] = max(seen["ends_s"].values(), default=0.0)
    return seen


def main() -> None:
    path, settings = sys.argv[1], json.loads(sys.argv[2])
    av.logging.set_level(None)
    try:
        answer = look(path, settings["options"], settings["max_pixels"])
    except (av.error.FFmpegError, ValueError, MemoryError, OverflowError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps(answer))  # noqa: T201 — the answer travels on stdout


if __name__ == "__main__":
    main()
