"""Burnt-in text as an ASS document: captions in one of three looks, and a hook title.

`bold` shows a few heavy words with the spoken one lit; `clean` whole phrases, quietly, on a dark band; `karaoke` fills
each word with colour while it is spoken.

Text comes from strangers. `plain()` makes it render as the glyphs it is made of, whatever codes it holds.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pysubs2 import Alignment, Color, SSAEvent, SSAFile, SSAStyle

from pipeline.model import Span, Word
from pipeline.options import Template

WHITE = r"{\1c&HFFFFFF&\3c&HFFFFFF&}"
LIT = r"{\1c&H1FD7FF&\3c&H1FD7FF&}"
SUNG = Color(31, 224, 255)
WORD_JOINER = "\u2060"
LONGEST_WORD, LONGEST_TITLE = 48, 90
HOLD_S = 0.3
PAUSE_S = 0.6
GLYPH_EM = 0.6
"""Mean advance of a bold Noto Sans glyph, in ems."""


@dataclass(frozen=True, slots=True)
class _Measures:
    """How a template sets its words: sizes as shares of the shorter side, upright and otherwise."""

    upright: float
    across: float
    words_at_once: int
    letters_at_once: int


_MEASURES: dict[Template, _Measures] = {
    "bold": _Measures(0.09, 0.062, 4, 20),
    "clean": _Measures(0.056, 0.042, 9, 44),
    "karaoke": _Measures(0.08, 0.056, 6, 30),
}


@dataclass(frozen=True, slots=True)
class CaptionLook:
    """Sizes in pixels of a picture of `width` x `height`; the margins keep text clear of the platforms' own buttons."""

    width: int
    height: int
    template: Template = "bold"
    font: str = "Noto Sans"
    title_s: float = 3.0

    @property
    def size_px(self) -> int:
        return round(self._px * (self.measures.upright if self.upright else self.measures.across))

    @property
    def spacing_px(self) -> float:
        """Between letters: heavy ones need room."""
        return self.size_px * 0.03 if self.template == "bold" else 0.0

    @property
    def title_px(self) -> int:
        return round(self._px * (0.06 if self.upright else 0.041))

    @property
    def measures(self) -> _Measures:
        return _MEASURES[self.template]

    @property
    def _px(self) -> int:
        return min(self.width, self.height)

    @property
    def upright(self) -> bool:
        return self.height > self.width

    @property
    def side_px(self) -> int:
        return round(self.width * 0.11)

    @property
    def bottom_px(self) -> int:
        return round(self.height * (0.28 if self.upright else 0.09))

    @property
    def top_px(self) -> int:
        return round(self.height * (0.13 if self.upright else 0.07))


def plain(text: str, longest: int) -> str:
    """`text` as ASS that renders literally: no override, no drawing, no line break; cut at `longest` characters."""
    kept = "".join(" " if ch.isspace() else ch for ch in text if ch.isspace() or unicodedata.category(ch)[0] != "C")
    short = re.sub(" +", " ", kept).strip()
    if len(short) > longest:
        short = short[: longest - 1].rstrip() + "…"
    escaped = short.replace("\\", "\\" + WORD_JOINER)
    return escaped.replace("{", r"\{").replace("}", r"\}")


def caption_document(words: Sequence[Word], span: Span, look: CaptionLook, *, title: str = "") -> str:
    """The ASS document for a clip of `span`; its times start at 0 where the clip starts.

    `words` are in source time; those outside the span are left out. `title` is shown at the top for the first seconds.
    """
    document = SSAFile()
    document.info.update(
        {"PlayResX": str(look.width), "PlayResY": str(look.height), "WrapStyle": "0", "ScaledBorderAndShadow": "yes"}
    )
    document.styles = {**_caption_styles(look), "Title": _title_style(look)}
    inside = [word for word in words if word.end_s > span.start_s and word.start_s < span.end_s and word.text.strip()]
    groups = list(_groups(inside, look))
    for index, group in enumerate(groups):
        until_s = groups[index + 1][0].start_s if index + 1 < len(groups) else span.end_s
        document.extend(_events(group, until_s, span, look))
    if title.strip():
        shown_s = min(look.title_s, span.length_s)
        text = r"{\fad(120,200)}" + plain(title, LONGEST_TITLE)
        document.append(SSAEvent(start=0, end=round(shown_s * 1000), text=text, style="Title"))
    return str(document.to_string("ass"))


def _groups(words: Sequence[Word], look: CaptionLook) -> Iterator[list[Word]]:
    group: list[Word] = []
    for word in words:
        if group and _breaks(group, word, look):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _breaks(group: Sequence[Word], word: Word, look: CaptionLook) -> bool:
    letters = sum(len(w.text.strip()) + 1 for w in group) + len(word.text.strip())
    return (
        len(group) >= look.measures.words_at_once
        or letters > look.measures.letters_at_once
        or word.start_s - group[-1].end_s > PAUSE_S
        or group[-1].text.rstrip().endswith((".", "!", "?", "…", "。"))
    )


def _events(group: Sequence[Word], until_s: float, span: Span, look: CaptionLook) -> Iterator[SSAEvent]:
    """What is shown while a group is spoken."""
    texts = [_fitted(plain(word.text, LONGEST_WORD), look) for word in group]
    last_s = min(group[-1].end_s + HOLD_S, max(until_s, group[-1].end_s))
    starts = [_at_ms(word.start_s, span) for word in group]
    edges = [*starts, max(_at_ms(last_s, span), starts[-1])]
    if look.template == "karaoke":
        fills = [rf"{{\kf{round((end - start) / 10)}}}" for start, end in pairwise(edges)]
        line = " ".join(fill + text for fill, text in zip(fills, texts, strict=True))
        yield SSAEvent(start=edges[0], end=edges[-1], text=line, style="Caption")
        return
    quiet = "Shade" if look.template == "bold" else "Caption"
    yield SSAEvent(start=edges[0], end=edges[-1], text=" ".join(texts), style=quiet)
    if look.template == "bold":
        for lit, (start, end) in enumerate(pairwise(edges)):
            if end > start:
                line = " ".join(f"{LIT}{text}{WHITE}" if at == lit else text for at, text in enumerate(texts))
                yield SSAEvent(start=start, end=end, text=line, style="Caption", layer=1)


def _at_ms(source_s: float, span: Span) -> int:
    return round((min(max(source_s, span.start_s), span.end_s) - span.start_s) * 1000)


def _fitted(text: str, look: CaptionLook) -> str:
    """A word too wide for the line gets a smaller size, because a single word can't wrap."""
    ems = sum(1.0 if unicodedata.east_asian_width(ch) in "WF" else GLYPH_EM for ch in text)
    room = look.width - 2 * look.side_px - len(text) * look.spacing_px
    if ems * look.size_px <= room:
        return text
    return rf"{{\fs{max(round(room / ems), 12)}}}{text}{{\fs{look.size_px}}}"


def _caption_styles(look: CaptionLook) -> dict[str, SSAStyle]:
    size = look.size_px
    base = SSAStyle(
        fontname=look.font,
        fontsize=size,
        bold=True,
        primarycolor=Color(255, 255, 255),
        outlinecolor=Color(0, 0, 0),
        backcolor=Color(0, 0, 0, 120),
        alignment=Alignment.BOTTOM_CENTER,
        marginl=look.side_px,
        marginr=look.side_px,
        marginv=look.bottom_px,
    )
    if look.template == "clean":
        band = Color(0, 0, 0, 96)
        fields = {"bold": False, "outlinecolor": band, "backcolor": band, "borderstyle": 3, "outline": size * 0.3}
        return {"Caption": _with(base, **fields, shadow=0)}
    if look.template == "karaoke":
        fields = {"primarycolor": SUNG, "secondarycolor": Color(255, 255, 255), "outline": size * 0.07}
        return {"Caption": _with(base, **fields, shadow=size * 0.03)}
    # The shipped font's heavier weights are out of reach of the renderer: an edge in the letters' own colour makes
    # them heavy, and below them lies the same text with the dark edge.
    ink = size * 0.02
    heavy = _with(base, spacing=look.spacing_px)
    return {
        "Shade": _with(heavy, primarycolor=Color(0, 0, 0), outline=ink + size * 0.08, shadow=size * 0.03),
        "Caption": _with(heavy, outlinecolor=Color(255, 255, 255), outline=ink, shadow=0),
    }


def _with(style: SSAStyle, **fields: Any) -> SSAStyle:
    return SSAStyle(**{**style.as_dict(), **fields})


def _title_style(look: CaptionLook) -> SSAStyle:
    return SSAStyle(
        fontname=look.font,
        fontsize=look.title_px,
        bold=True,
        primarycolor=Color(20, 20, 20),
        outlinecolor=Color(255, 255, 255),
        backcolor=Color(255, 255, 255, 255),
        borderstyle=3,
        outline=round(look.title_px * 0.3),
        shadow=0,
        alignment=Alignment.TOP_CENTER,
        marginl=look.side_px,
        marginr=look.side_px,
        marginv=look.top_px,
    )
