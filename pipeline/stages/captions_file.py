"""The words of a clip as a subtitle file, for players that show their own."""

from collections.abc import Iterator, Sequence

from pysubs2 import SSAEvent, SSAFile

from pipeline.model import Span, Word

LETTERS_AT_ONCE = 42
PAUSE_S = 0.8
HOLD_S = 0.3


def subtitle_file(words: Sequence[Word], span: Span) -> str:
    """SRT text; its times start at 0 where the clip starts. "" without words in the span."""
    document = SSAFile()
    for cue in _cues([word for word in words if word.end_s > span.start_s and word.start_s < span.end_s]):
        start_s = max(cue[0].start_s, span.start_s) - span.start_s
        end_s = min(cue[-1].end_s + HOLD_S, span.end_s) - span.start_s
        event = SSAEvent(start=round(start_s * 1000), end=round(end_s * 1000))
        event.plaintext = " ".join(word.text for word in cue)
        if document and document[-1].end > event.start:
            document[-1].end = event.start
        document.append(event)
    return str(document.to_string("srt")) if document else ""


def _cues(words: Sequence[Word]) -> Iterator[list[Word]]:
    cue: list[Word] = []
    for word in words:
        letters = sum(len(other.text) + 1 for other in cue) + len(word.text)
        if cue and (letters > LETTERS_AT_ONCE or word.start_s - cue[-1].end_s > PAUSE_S):
            yield cue
            cue = []
        cue.append(word)
    if cue:
        yield cue
