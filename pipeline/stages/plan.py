"""What a request needs to have looked at, and under which hashes the results are kept."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.inference.local import SpeechModel
from pipeline.model import Span
from pipeline.options import ClipOptions

AROUND_S = 90.0
"""When somebody names a time, that much before and after it is looked at, no more."""
ANALYSE_VERSION = "1"
TRANSCRIBE_VERSION = "1"


def inputs_hash(stage: str, version: str, **inputs: Any) -> str:
    """The key of a stage's result: the same inputs have the same key."""
    text = json.dumps([stage, version, inputs], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Look:
    """A span of a source that is analysed and transcribed as one."""

    span: Span
    analysis_hash: str
    transcript_hash: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request needs of a source.

    Attributes:
        looks: any one of them will do; one that was taken before is best, else the last is the cheapest.
        wants_speech: whether words are needed at all.
    """

    looks: tuple[Look, ...]
    wants_speech: bool


def plan_for(
    options: ClipOptions,
    *,
    content_hash: str,
    duration_s: float,
    has_sound: bool,
    speech: SpeechModel,
    language: str | None,
) -> Plan:
    """The plan; a pure function, so that every stage comes to the same one."""
    if options.transcript_key:
        model = {"given": options.transcript_key}
    else:
        model = {"model": speech.fingerprint(), "language": options.language or language or ""}

    def look(span: Span) -> Look:
        asked = {"content": content_hash, "start_s": span.start_s, "end_s": span.end_s}
        return Look(
            span,
            inputs_hash("analyse", ANALYSE_VERSION, **asked),
            inputs_hash("transcribe", TRANSCRIBE_VERSION, **asked, **model),
        )

    explicit = options.range is not None or options.at_s is not None
    return Plan(
        tuple(look(span) for span in _spans(options, duration_s)),
        wants_speech=bool(options.transcript_key) or (has_sound and (options.captions or not explicit)),
    )


def _spans(options: ClipOptions, duration_s: float) -> Iterator[Span]:
    whole = Span(0.0, duration_s)
    yield whole
    wanted = options.range or (Span(options.at_s, options.at_s) if options.at_s is not None else None)
    if wanted is None or wanted.start_s >= duration_s:
        return
    reach_s = AROUND_S + options.length_s
    near = Span(max(0.0, wanted.start_s - reach_s), min(duration_s, wanted.end_s + reach_s))
    if near.length_s < 0.8 * duration_s:
        yield near
