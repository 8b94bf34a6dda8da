"""What a person may ask for when they ask for clips; stored as the options of the request."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from clipnet.texts import text
from pipeline.model import Span

Aspect = Literal["9:16", "1:1", "16:9"]
Template = Literal["bold", "clean", "karaoke"]

MIN_LENGTH_S = 5.0
MAX_LENGTH_S = 180.0
DEFAULT_LENGTH_S = 30.0
MAX_COUNT = 10

LIVE_BEFORE_S, LIVE_AFTER_S = 90.0, 10.0
"""What “clip that” may mean: from so long before the asking to so long after it."""

SIZES_PX: dict[Aspect, tuple[int, int]] = {"9:16": (1080, 1920), "1:1": (1080, 1080), "16:9": (1920, 1080)}


class ClipOptions(BaseModel):
    """A request's wishes. At most one of a moment (`at_s`), a range (`start_s`, `end_s`), a phrase (`find`) is given.

    Of a live stream either the asking (`live_at`) or a stretch (`live_from`, `live_to`) is given, in Unix seconds by
    the platform's clock, as viewers saw it.

    Attributes:
        at_s: a moment that the one clip must hold, seconds from the start of the source.
        start_s: start of an explicit range; with `end_s` it is cut there, give or take a word's edge.
        end_s: end of that range.
        length_s: the length a clip aims at.
        find: words to look for in what is said.
        count: how many clips; None lets the material decide.
        aspect: shape of the result.
        captions: whether words are burnt in.
        transcript_key: store key of the person's own SRT or VTT; no speech is recognised then.
        template: look of the captions.
        language: ISO 639-1 code of the speech, None to use the installation's.
        live_at: when somebody asked for what had just been on; the best clip around it is taken.
        live_from: start of an explicit stretch, which may lie in what was kept beyond the ring.
        live_to: end of that stretch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    start_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    end_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    length_s: float = Field(default=DEFAULT_LENGTH_S, ge=MIN_LENGTH_S, le=MAX_LENGTH_S)
    find: str | None = Field(default=None, min_length=1, max_length=200)
    count: int | None = Field(default=None, ge=1, le=MAX_COUNT)
    aspect: Aspect = "9:16"
    captions: bool = True
    transcript_key: str | None = None
    template: Template = "bold"
    language: str | None = Field(default=None, pattern=r"^[a-z]{2}$")
    live_at: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    live_from: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    live_to: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_aim(self) -> "ClipOptions":
        if (self.start_s is None) != (self.end_s is None):
            raise ValueError(text("A range needs a start and an end."))
        if self.start_s is not None and self.end_s is not None:
            length_s = self.end_s - self.start_s
            if not 1.0 <= length_s <= MAX_LENGTH_S:
                raise ValueError(text("A range lasts 1 to {most:.0f} seconds.", most=MAX_LENGTH_S))
        if sum(x is not None for x in (self.at_s, self.start_s, self.find)) > 1:
            raise ValueError(text("Give a moment, a range or a phrase, not two of them."))
        return self

    @model_validator(mode="after")
    def _one_time_of_a_stream(self) -> "ClipOptions":
        if (self.live_from is None) != (self.live_to is None):
            raise ValueError("a stretch of a stream needs a start and an end")
        if self.live_from is not None and self.live_to is not None:
            if not 1.0 <= self.live_to - self.live_from <= MAX_LENGTH_S:
                raise ValueError(f"a stretch of a stream lasts 1 to {MAX_LENGTH_S:.0f} seconds")
            if self.live_at is not None or self.find is not None:
                raise ValueError("give a stretch of a stream, or what to look for in it, not both")
        if self.is_live and (self.at_s is not None or self.start_s is not None):
            raise ValueError("what is live has no time from its start")
        return self

    @property
    def is_live(self) -> bool:
        """Whether a live stream is meant."""
        return self.live_at is not None or self.live_from is not None

    @property
    def range(self) -> Span | None:
        """The explicit range, if one was given."""
        return None if self.start_s is None or self.end_s is None else Span(self.start_s, self.end_s)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the result."""
        return SIZES_PX[self.aspect]

    def stored(self) -> dict[str, Any]:
        """As kept in `requests.options`: only what differs from the defaults."""
        return self.model_dump(mode="json", exclude_defaults=True)
