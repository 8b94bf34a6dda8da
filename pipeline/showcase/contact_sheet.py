"""One picture of all the clips: moments of each, as they were rendered, with what it is and why it was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps
from PIL.ImageFont import FreeTypeFont

from pipeline.showcase.paint import ACCENT, BACKGROUND, FAINT, LINE, PANEL, TEXT, fitted, font

STILL_HEIGHT = 420
EDGE, GAP, BETWEEN = 32, 8, 36
HEAD, REASON_LINES, REASON_LEADING = 48, 2, 26
LEAST_WIDTH = 1180


@dataclass(frozen=True, slots=True)
class Row:
    """One clip: pictures of it in order, none where it could not be made, and what is said above and below them."""

    stills: tuple[Path, ...]
    rank: int
    name: str
    facts: str
    reason: str


def draw_contact_sheet(rows: Sequence[Row], out: Path, *, font_dir: Path) -> None:
    """Writes a PNG to `out`, one row per clip, best first."""
    strips = [_strip(row.stills) for row in rows]
    width = max([LEAST_WIDTH, *(strip.width for strip in strips)])
    step = HEAD + STILL_HEIGHT + 12 + REASON_LINES * REASON_LEADING + BETWEEN
    sheet = Image.new("RGB", (width + 2 * EDGE, EDGE + step * len(rows) - BETWEEN + EDGE), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for index, (row, strip) in enumerate(zip(rows, strips, strict=True)):
        top = EDGE + index * step
        if index:
            middle = top - BETWEEN // 2
            draw.line((EDGE, middle, EDGE + width, middle), LINE)
        _head(draw, row, top, width, font_dir)
        sheet.paste(strip, (EDGE, top + HEAD))
        small = font(font_dir, 19)
        for number, line in enumerate(_wrapped(row.reason, small, width)):
            draw.text((EDGE, top + HEAD + STILL_HEIGHT + 12 + REASON_LEADING * number), line, TEXT, small)
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, "PNG", optimize=True)


def _head(draw: ImageDraw.ImageDraw, row: Row, top: int, width: int, font_dir: Path) -> None:
    large, small = font(font_dir, 28), font(font_dir, 20)
    name = f"{row.rank}   {row.name}"
    base = top + 32
    draw.text((EDGE, base), name, ACCENT, large, anchor="ls")
    left = EDGE + round(large.getlength(name)) + 28
    draw.text((left, base), fitted(row.facts, small, EDGE + width - left), FAINT, small, anchor="ls")


def _strip(stills: Sequence[Path]) -> Image.Image:
    """The pictures side by side; an empty panel without any."""
    if not stills:
        return Image.new("RGB", (LEAST_WIDTH, STILL_HEIGHT), PANEL)
    pictures = []
    for still in stills:
        with Image.open(still) as picture:
            pictures.append(ImageOps.contain(picture.convert("RGB"), (STILL_HEIGHT * 2, STILL_HEIGHT)))
    strip = Image.new("RGB", (sum(one.width for one in pictures) + GAP * (len(pictures) - 1), STILL_HEIGHT), BACKGROUND)
    left = 0
    for one in pictures:
        strip.paste(one, (left, (STILL_HEIGHT - one.height) // 2))
        left += one.width + GAP
    return strip


def _wrapped(text: str, letters: FreeTypeFont, width: int) -> list[str]:
    """At most `REASON_LINES` lines; the last is cut where there is more."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if letters.getlength(longer) <= width or len(lines) == REASON_LINES or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [fitted(line, letters, width) for line in lines]
