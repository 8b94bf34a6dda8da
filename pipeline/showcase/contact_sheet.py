"""One picture of all the clips: their thumbnails side by side, with when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from pipeline.showcase.paint import ACCENT, BACKGROUND, FAINT, PANEL, TEXT, fitted, font

TILE_WIDTH, TILE_HEIGHT = 270, 480
GAP, WORDS = 24, 120
ACROSS = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """One clip: its thumbnail, a heading and lines under it."""

    thumbnail: Path | None
    heading: str
    lines: tuple[str, ...]


def draw_contact_sheet(tiles: Sequence[Tile], out: Path, *, font_dir: Path) -> None:
    """Writes a PNG to `out`, five clips to a row."""
    across = max(1, min(ACROSS, len(tiles)))
    down = max(1, -(-len(tiles) // across))
    size = (GAP + across * (TILE_WIDTH + GAP), GAP + down * (TILE_HEIGHT + WORDS + GAP))
    sheet = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for index, tile in enumerate(tiles):
        left = GAP + (index % across) * (TILE_WIDTH + GAP)
        top = GAP + (index // across) * (TILE_HEIGHT + WORDS + GAP)
        draw.rectangle((left, top, left + TILE_WIDTH - 1, top + TILE_HEIGHT - 1), PANEL)
        if tile.thumbnail is not None:
            _paste(sheet, tile.thumbnail, left, top)
        draw.text((left, top + TILE_HEIGHT + 8), tile.heading, ACCENT, font(font_dir, 22))
        for row, line in enumerate(_wrapped(tile.lines, font_dir)):
            draw.text((left, top + TILE_HEIGHT + 42 + 24 * row), line, TEXT if row == 0 else FAINT, font(font_dir, 16))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, "PNG", optimize=True)


def _paste(sheet: Image.Image, thumbnail: Path, left: int, top: int) -> None:
    with Image.open(thumbnail) as picture:
        small = ImageOps.contain(picture.convert("RGB"), (TILE_WIDTH, TILE_HEIGHT))
    sheet.paste(small, (left + (TILE_WIDTH - small.width) // 2, top + (TILE_HEIGHT - small.height) // 2))


def _wrapped(lines: Sequence[str], font_dir: Path) -> list[str]:
    """At most three rows; what is longer than its row goes on in the next, the last is cut."""
    letters, rows = font(font_dir, 16), list[str]()
    for line in lines:
        row = ""
        for word in line.split():
            if row and letters.getlength(f"{row} {word}") > TILE_WIDTH:
                rows.append(row)
                row = word
            else:
                row = f"{row} {word}".strip()
        rows.append(row)
    shown = [fitted(row, letters, TILE_WIDTH) for row in rows[:3]]
    if len(rows) > 3:
        shown[-1] = fitted(f"{rows[2]} …", letters, TILE_WIDTH)
    return shown
