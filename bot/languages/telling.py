"""The one place where what is said becomes plain words of a language."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.answer import Answer
from bot.languages.catalogue import catalogue
from bot.vocabulary import SIGNS, Field, Reply
from clipnet.texts import told

_TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Signs that turn the direction of writing: in a name they would turn what stands around it."""


def tell(reply: Reply, language: str, platform: str = "") -> Reply:
    """The reply in a language, with commands as they are written on that platform: its texts, fields, and the labels of
    its media and buttons; `data` stays English.

    What was told once is plain words and stays what it is.
    """
    said = _teller(language, platform)
    return replace(
        reply,
        text=said(reply.text),
        without_file=said(reply.without_file),
        fields=tuple(Field(said(field.label), said(field.value)) for field in reply.fields),
        media=tuple(replace(media, label=said(media.label)) for media in reply.media),
        actions=tuple(replace(action, label=said(action.label)) for action in reply.actions),
    )


def tell_answer(answer: Answer, language: str, platform: str) -> Answer:
    """The answer in a language and as on that platform: its reply, and why it had no effect."""
    problem = answer.problem
    if problem is not None:
        said = _teller(language, platform)
        problem = problem.model_copy(update={"sentence": said(problem.sentence), "hint": said(problem.hint)})
    return replace(answer, reply=tell(answer.reply, language, platform), problem=problem)


def _teller(language: str, platform: str) -> Callable[[Any], str]:
    words, sign = catalogue(language), SIGNS.get(platform, "")
    return lambda value: str(told(value, words, sign)).translate(_TURNING)
