"""The lines that worker and speech child write to each other: one JSON object a line."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.inference.protocol import Speech
from pipeline.model import Word


class Line(BaseModel):
    """One message."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(Line):
    """One stretch of sound, times in seconds of the source."""

    pcm: str
    pcm_start_s: float
    start_s: float
    end_s: float
    language: str | None = None

    @classmethod
    def of(cls, speech: Speech) -> "Item":
        """The wire form of `speech`."""
        return cls(
            pcm=str(speech.pcm),
            pcm_start_s=speech.pcm_start_s,
            start_s=speech.span.start_s,
            end_s=speech.span.end_s,
            language=speech.language,
        )


class Ask(Line):
    """Worker to child: recognise these."""

    id: int
    items: tuple[Item, ...]


class Ready(Line):
    """Child to worker: the model is loaded."""

    type: Literal["ready"] = "ready"
    model: str


class Refused(Line):
    """Child to worker: the model can't be loaded; the child ends."""

    type: Literal["refused"] = "refused"
    why: str


class Share(Line):
    """Child to worker: how much of the asked is done, 0 to 1."""

    type: Literal["share"] = "share"
    id: int
    done: float


class Heard(Line):
    """What one item came to: words as (start_s, end_s, text, probability), or why there are none."""

    language: str = ""
    words: tuple[tuple[float, float, str, float], ...] = ()
    error: str | None = None

    def as_words(self) -> list[Word]:
        """The words as the pipeline's values."""
        return [Word(*word) for word in self.words]


class Answer(Line):
    """Child to worker: all of it, in the order asked."""

    type: Literal["answer"] = "answer"
    id: int
    heard: tuple[Heard, ...]


class Reply(BaseModel):
    """Any line from the child."""

    line: Annotated[Ready | Refused | Share | Answer, Field(discriminator="type")]

    @classmethod
    def read(cls, text: bytes) -> Ready | Refused | Share | Answer:
        """Raises ValidationError for anything but a known line."""
        return cls.model_validate_json(b'{"line":' + text + b"}").line
