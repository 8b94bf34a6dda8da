"""Sound for recognition: real recordings as 16 kHz PCM, and a loaded model shared by the module's tests."""

import subprocess
from pathlib import Path

import pytest

from clipnet import carriers


def pcm_of(source: Path, folder: Path) -> Path:
    """`source` as 16 kHz mono samples in `folder`."""
    target = folder / f"{source.stem}.pcm"
    options = ["-ac", "1", "-ar", "16000", "-f", "s16le"]
    subprocess.run([str(carriers.ffmpeg()), "-v", "error", "-i", str(source), *options, str(target)], check=True)
    return target


@pytest.fixture
def jfk(media: Path, tmp_path: Path) -> Path:
    """Eleven seconds of a known sentence."""
    return pcm_of(media / "jfk-11s.flac", tmp_path)


@pytest.fixture
def timecode(media: Path, tmp_path: Path) -> Path:
    """Forty-two seconds in which "banana" is said at about 16 and 40 s."""
    return pcm_of(media / "voice-timecode-42s-720p.mp4", tmp_path)
