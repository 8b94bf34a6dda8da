"""Says in words why a moment was chosen."""

from collections.abc import Sequence

from clipnet.texts import text
from pipeline.highlights.language import keywords, marking
from pipeline.highlights.material import Material
from pipeline.highlights.score import Verdict
from pipeline.model import Span, Word

QUOTED_WORDS = 5
PHRASES = {
    "loudness": text("it gets loud"),
    "noise": text("a burst of noise, as of laughter or applause"),
    "motion": text("much movement"),
    "cuts": text("fast cuts"),
    "pace": text("fast talk"),
    "phrases": text("words that mark a moment"),
    "chat": text("chat reacts"),
    "markers": text("viewers asked for it"),
}


def clock(at_s: float) -> str:
    """Seconds as people write them: 1:05, 1:02:09."""
    minutes, seconds = divmod(int(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def reason_for(material: Material, verdict: Verdict, span: Span) -> str:
    """One line: up to three signals, strongest first, and what was said."""
    said = [word for word in material.words if span.start_s <= word.start_s and word.end_s <= span.end_s]
    parts = [_phrase(name, said, material.words) for name in verdict.top(3)]
    reasons = ", ".join(parts) or text("the best of an even stretch")
    quoted = quote(said)
    return f"{reasons}; “{quoted}”" if quoted else reasons


def quote(said: Sequence[Word]) -> str:
    """A few telling words in a row: around a marking word, else the first ones."""
    if not said:
        return ""
    best = max(range(len(said)), key=lambda index: (marking(said[index]), -index))
    first = max(0, best - QUOTED_WORDS + 1) if marking(said[best]) else 0
    taken = said[first : first + QUOTED_WORDS]
    more = "…" if first + QUOTED_WORDS < len(said) else ""
    return " ".join(word.text for word in taken).rstrip(".,;") + more


def _phrase(name: str, said: Sequence[Word], everything: Sequence[Word]) -> str:
    if name == "salience":
        terms = keywords(said, everything, 3)
        return text("talk of {words}", words=", ".join(terms)) if terms else text("unusual words")
    return PHRASES[name]
