"""Small videos, made here."""

from pathlib import Path

import av
import numpy as np

from bot.speaker import MediaFile


def video(path: Path, *, seconds: float = 1.0, width: int = 90, height: int = 160, rate: int = 10) -> MediaFile:
    """A grey video of that length and shape."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(round(seconds * rate)):
            picture = np.full((height, width, 3), number % 200, dtype=np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return MediaFile(str(path), path.name, path.stat().st_size, "video/mp4")
