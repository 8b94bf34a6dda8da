"""The one place where what is said becomes plain words of a language."""

from dataclasses import replace
from typing import Any

from bot.answer import Answer
from bot.languages.catalogue import Translations, catalogue
from bot.vocabulary import Action, Field, Reply
from clipnet.texts import told

_TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Signs that turn the direction of writing: in a name they would turn what stands around it."""


def tell(reply: Reply, language: str) -> Reply:
    """The reply in a language: its text, fields, and the labels of its media and buttons; `data` stays English.

    What was told once is plain words and stays what it is.
    """
    words = catalogue(language)
    return replace(
        reply,
        text=_told(reply.text, words),
        fields=tuple(Field(_told(field.label, words), _told(field.value, words)) for field in reply.fields),
        media=tuple(replace(media, label=_told(media.label, words)) for media in reply.media),
        actions=tuple(_action(action, words) for action in reply.actions),
    )


def tell_answer(answer: Answer, language: str) -> Answer:
    """The answer in a language: its reply, and why it had no effect."""
    problem = answer.problem
    if problem is not None:
        words = catalogue(language)
        sentences = {"sentence": _told(problem.sentence, words), "hint": _told(problem.hint, words)}
        problem = problem.model_copy(update=sentences)
    return replace(answer, reply=tell(answer.reply, language), problem=problem)


def _action(action: Action, words: Translations | None) -> Action:
    return replace(action, label=_told(action.label, words))


def _told(value: Any, words: Translations | None) -> str:
    return str(told(value, words)).translate(_TURNING)
