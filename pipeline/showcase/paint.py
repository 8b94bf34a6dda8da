"""Colours, letters and other small things that the showcase's pictures share."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont

BACKGROUND = (16, 19, 28)
PANEL = (26, 31, 44)
LINE = (52, 60, 80)
TEXT = (232, 236, 244)
FAINT = (140, 150, 172)
ACCENT = (255, 196, 61)
CURVE = (92, 148, 255)
POSITIVE = (88, 196, 148)
NEGATIVE = (86, 96, 124)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; `right` and `bottom` lie outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def corners(self) -> tuple[int, int, int, int]:
        return self.left, self.top, self.right, self.bottom


@lru_cache(maxsize=32)
def font(folder: Path, size_px: int) -> FreeTypeFont:
    """The shipped font, upright."""
    files = sorted(folder.glob("*.ttf"), key=lambda file: ("Italic" in file.name, file.name))
    return ImageFont.truetype(files[0], size_px)


def fitted(text: str, letters: FreeTypeFont, width_px: int) -> str:
    """`text`, shortened to what fits into the width."""
    if letters.getlength(text) <= width_px:
        return text
    while text and letters.getlength(text + "…") > width_px:
        text = text[:-1]
    return text.rstrip() + "…"
