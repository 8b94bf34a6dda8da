"""Says in words why a moment was chosen."""

from collections.abc import Sequence

from pipeline.highlights.language import keywords, marking
from pipeline.highlights.material import Material
from pipeline.highlights.score import Verdict
from pipeline.model import Span, Word

QUOTED_WORDS = 5
PHRASES = {
    "loudness": "it gets loud",
    "noise": "a burst of noise, as of laughter or applause",
    "motion": "much movement",
    "cuts": "fast cuts",
    "pace": "fast talk",
    "phrases": "words that mark a moment",
    "chat": "chat reacts",
    "markers": "viewers asked for it",
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
    text = ", ".join(parts) or "the best of an even stretch"
    quoted = quote(said)
    return f"{text}; “{quoted}”" if quoted else text


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
        return f"talk of {', '.join(terms)}" if terms else "unusual words"
    return PHRASES[name]
