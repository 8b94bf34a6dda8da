"""A picture of the score over time: the curve, the signals under it, and the chosen moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pipeline.highlights.material import Material, Track
from pipeline.highlights.reasons import clock
from pipeline.highlights.score import curve, shares_of, squash
from pipeline.highlights.signals import MOST_Z, Signals
from pipeline.model import Span
from pipeline.showcase.paint import (
    ACCENT,
    BACKGROUND,
    CURVE,
    FAINT,
    LINE,
    NEGATIVE,
    PANEL,
    POSITIVE,
    TEXT,
    Box,
    fitted,
    font,
)

WIDTH = 1600
MARGIN, GUTTER = 40, 150
HEAD, CURVE_HEIGHT, ROW, AXIS = 70, 260, 44, 40
LEGEND_ROW = 34
TICKS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A moment as the picture shows it; `score` is 0 to 1."""

    span: Span
    score: float
    reason: str


def draw_score_curve(
    material: Material, signals: Signals, chosen: Sequence[Chosen], out: Path, *, font_dir: Path, title: str = ""
) -> None:
    """Writes a PNG to `out`; the chosen are numbered in their order."""
    names = sorted(signals.rows, key=lambda name: -shares_of(signals)[name])
    height = HEAD + CURVE_HEIGHT + AXIS + ROW * len(names) + LEGEND_ROW * len(chosen) + 2 * MARGIN
    image = Image.new("RGB", (WIDTH, height), BACKGROUND)
    picture = _Picture(ImageDraw.Draw(image, "RGBA"), material, font_dir)
    picture.draw.text((MARGIN, 24), title or "What was chosen, and why", TEXT, font(font_dir, 28))
    plot = Box(GUTTER, HEAD, WIDTH - MARGIN, HEAD + CURVE_HEIGHT)
    rows = Box(GUTTER, plot.bottom + AXIS, WIDTH - MARGIN, plot.bottom + AXIS + ROW * len(names))
    picture.curve(plot, curve(signals))
    picture.moments(chosen, plot, rows)
    picture.axis(plot)
    for index, name in enumerate(names):
        top = rows.top + ROW * index
        picture.signal(Box(rows.left, top + 4, rows.right, top + ROW - 4), name, signals.rows[name])
    picture.legend(chosen, rows.bottom + 24)
    out.parent.mkdir(parents=True, exist_ok=True)
    image.save(out, "PNG", optimize=True)


class _Picture:
    """The canvas, and how time falls onto it."""

    def __init__(self, draw: ImageDraw.ImageDraw, material: Material, font_dir: Path) -> None:
        self.draw, self.material, self.font_dir = draw, material, font_dir

    def x(self, at_s: float, box: Box) -> float:
        """Where a second of the source lies."""
        span = self.material.span
        return box.left + box.width * (at_s - span.start_s) / span.length_s

    def curve(self, box: Box, total: Track) -> None:
        """The score of each second; the dashed line is as good as the material is on the whole."""
        self.draw.rectangle(box.corners, PANEL)
        values = [squash(float(value)) for value in total]
        points = [
            (self.x(self.material.span.start_s + second + 0.5, box), box.bottom - 6 - (box.height - 34) * value)
            for second, value in enumerate(values)
        ]
        if len(points) > 1:
            self.draw.polygon([(points[0][0], box.bottom), *points, (points[-1][0], box.bottom)], (*CURVE, 70))
            self.draw.line(points, CURVE, 3, joint="curve")
        middle = box.bottom - 6 - (box.height - 34) / 2
        for left in range(box.left, box.right, 16):
            self.draw.line((left, middle, left + 7, middle), LINE, 1)
        self.draw.text((MARGIN, box.top + 4), "score", FAINT, font(self.font_dir, 20))

    def moments(self, chosen: Sequence[Chosen], plot: Box, rows: Box) -> None:
        """Bands over the curve and the signals."""
        for number, moment in enumerate(chosen, 1):
            left, right = self.x(moment.span.start_s, plot), self.x(moment.span.end_s, plot)
            self.draw.rectangle((left, plot.top, right, rows.bottom), (*ACCENT, 34))
            for edge in (left, right):
                self.draw.line((edge, plot.top, edge, rows.bottom), (*ACCENT, 150), 2)
            self.draw.ellipse((left + 6, plot.top + 6, left + 34, plot.top + 34), ACCENT)
            self.draw.text((left + 20, plot.top + 20), str(number), BACKGROUND, font(self.font_dir, 18), anchor="mm")

    def axis(self, box: Box) -> None:
        """Times, and a mark for each cut."""
        span = self.material.span
        step = next((tick for tick in TICKS_S if span.length_s / tick <= 14), TICKS_S[-1])
        first = int(np.ceil(span.start_s / step)) * step
        for at_s in range(first, int(span.end_s) + 1, step):
            x = self.x(at_s, box)
            self.draw.line((x, box.bottom, x, box.bottom + 8), FAINT, 1)
            self.draw.text((x, box.bottom + 22), clock(at_s), FAINT, font(self.font_dir, 17), anchor="mm")
        for cut in self.material.cuts_s:
            x = self.x(float(cut), box)
            self.draw.line((x, box.bottom - 6, x, box.bottom), FAINT, 1)

    def signal(self, box: Box, name: str, values: Track) -> None:
        """One signal as bars up from, or down below, its usual level."""
        self.draw.text((MARGIN, box.top + box.height / 2), name, FAINT, font(self.font_dir, 20), anchor="lm")
        base = box.bottom - box.height * 0.28
        self.draw.line((box.left, base, box.right, base), LINE, 1)
        for second, value in enumerate(values):
            left = self.x(self.material.span.start_s + second, box)
            right = max(self.x(self.material.span.start_s + second + 1, box) - 1, left + 1)
            reach = float(value) / MOST_Z * box.height * 0.72
            colour = POSITIVE if value > 0 else NEGATIVE
            self.draw.rectangle((left, min(base, base - reach), right, max(base, base - reach)), colour)

    def legend(self, chosen: Sequence[Chosen], top: int) -> None:
        """The moments in words."""
        letters = font(self.font_dir, 20)
        for number, moment in enumerate(chosen, 1):
            span = moment.span
            text = f"{number}   {clock(span.start_s)}–{clock(span.end_s)}   {moment.score:.2f}   {moment.reason}"
            self.draw.text((MARGIN, top), fitted(text, letters, WIDTH - 2 * MARGIN), TEXT, letters)
            top += LEGEND_ROW
