"""Burnt-in text as an ASS document: captions with the spoken word lit up, and a hook title.

Text comes from strangers. `plain()` makes it render as the glyphs it is made of, whatever codes it holds.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pysubs2 import Alignment, Color, SSAEvent, SSAFile, SSAStyle

from pipeline.model import Span, Word

WHITE = r"{\1c&HFFFFFF&}"
LIT = r"{\1c&H1FD7FF&}"
WORD_JOINER = "\u2060"
LONGEST_WORD, LONGEST_TITLE = 48, 90
HOLD_S = 0.3
PAUSE_S = 0.6
GLYPH_EM = 0.6
"""Mean advance of a bold Noto Sans glyph, in ems."""


@dataclass(frozen=True, slots=True)
class CaptionLook:
    """Sizes in pixels of a picture of `width` x `height`; the margins keep text clear of the platforms' own buttons."""

    width: int
    height: int
    font: str = "Noto Sans"
    words_at_once: int = 4
    letters_at_once: int = 20
    title_s: float = 3.0

    @property
    def size_px(self) -> int:
        return round(min(self.width, self.height) * (0.09 if self.upright else 0.062))

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
    document.styles = {"Caption": _caption_style(look), "Title": _title_style(look)}
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
        len(group) >= look.words_at_once
        or letters > look.letters_at_once
        or word.start_s - group[-1].end_s > PAUSE_S
        or group[-1].text.rstrip().endswith((".", "!", "?", "…", "。"))
    )


def _events(group: Sequence[Word], until_s: float, span: Span, look: CaptionLook) -> Iterator[SSAEvent]:
    """One event per word: the whole group with that word lit."""
    texts = [_fitted(plain(word.text, LONGEST_WORD), look) for word in group]
    ends = [word.start_s for word in group[1:]] + [min(group[-1].end_s + HOLD_S, max(until_s, group[-1].end_s))]
    for lit, (word, end_s) in enumerate(zip(group, ends, strict=True)):
        start_ms = round((max(word.start_s, span.start_s) - span.start_s) * 1000)
        end_ms = round((min(end_s, span.end_s) - span.start_s) * 1000)
        if end_ms > start_ms:
            line = " ".join(f"{LIT}{text}{WHITE}" if at == lit else text for at, text in enumerate(texts))
            yield SSAEvent(start=start_ms, end=end_ms, text=line, style="Caption")


def _fitted(text: str, look: CaptionLook) -> str:
    """A word too wide for the line gets a smaller size, because a single word can't wrap."""
    ems = sum(1.0 if unicodedata.east_asian_width(ch) in "WF" else GLYPH_EM for ch in text)
    room = look.width - 2 * look.side_px
    if ems * look.size_px <= room:
        return text
    return rf"{{\fs{max(round(room / ems), 12)}}}{text}{{\fs{look.size_px}}}"


def _caption_style(look: CaptionLook) -> SSAStyle:
    return SSAStyle(
        fontname=look.font,
        fontsize=look.size_px,
        bold=True,
        primarycolor=Color(255, 255, 255),
        outlinecolor=Color(0, 0, 0),
        backcolor=Color(0, 0, 0, 120),
        outline=round(look.size_px * 0.08),
        shadow=2,
        alignment=Alignment.BOTTOM_CENTER,
        marginl=look.side_px,
        marginr=look.side_px,
        marginv=look.bottom_px,
    )


def _title_style(look: CaptionLook) -> SSAStyle:
    return SSAStyle(
        fontname=look.font,
        fontsize=round(look.size_px * 0.66),
        bold=True,
        primarycolor=Color(20, 20, 20),
        outlinecolor=Color(255, 255, 255),
        backcolor=Color(255, 255, 255, 255),
        borderstyle=3,
        outline=round(look.size_px * 0.2),
        shadow=0,
        alignment=Alignment.TOP_CENTER,
        marginl=look.side_px,
        marginr=look.side_px,
        marginv=look.top_px,
    )
