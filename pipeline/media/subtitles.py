"""A transcript that somebody brings along: SRT or WebVTT into words with times."""

from collections.abc import Iterator

from pysubs2 import SSAFile
from pysubs2.exceptions import Pysubs2Error

from clipnet.errors import BadInput
from clipnet.texts import text
from pipeline.model import Transcript, Word

MOST_BYTES = 4_000_000
LEAST_S = 0.02
HINT = text("Give a subtitle file (SRT or WebVTT) with times, saved as UTF-8.")


def parse_subtitles(data: bytes, *, language: str = "en") -> Transcript:
    """Words of an SRT or WebVTT file; a cue's time is shared out among its words by their length.

    Raises BadInput for anything else.
    """
    if len(data) > MOST_BYTES:
        raise BadInput(
            text("The transcript is too large."), hint=text("At most {mb} MB of subtitles.", mb=MOST_BYTES // 1_000_000)
        )
    try:
        content = data.decode("utf-8-sig").replace("\x00", "")
    except UnicodeDecodeError:
        content = data.decode("cp1252", errors="replace").replace("\x00", "")
    kind = "vtt" if content.lstrip().startswith("WEBVTT") else "srt"
    if "-->" not in content:
        raise BadInput(text("The transcript is not a subtitle file."), hint=HINT)
    try:
        cues = SSAFile.from_string(content, format_=kind)
    except (Pysubs2Error, ValueError, OverflowError, IndexError):
        raise BadInput(text("The transcript could not be read."), hint=HINT) from None
    words = tuple(_in_order(cues))
    if not words:
        raise BadInput(text("The transcript holds no words."), hint=HINT)
    return Transcript(words, language, f"given-{kind}")


def _in_order(cues: SSAFile) -> Iterator[Word]:
    last_s = 0.0
    for cue in sorted(cues, key=lambda cue: cue.start):
        texts = cue.plaintext.split()
        start_s, end_s = max(cue.start / 1000, last_s), cue.end / 1000
        if not texts or end_s - start_s < LEAST_S * len(texts):
            continue
        per_letter_s = (end_s - start_s) / sum(map(len, texts))
        for word in texts:
            last_s = start_s + per_letter_s * len(word)
            yield Word(start_s, last_s, word)
            start_s = last_s
