"""The one place where what is said becomes plain words of a language."""

from dataclasses import replace

from bot.answer import Answer
from bot.languages.catalogue import Translations, catalogue
from bot.vocabulary import Action, Field, Reply
from clipnet.texts import told


def tell(reply: Reply, language: str) -> Reply:
    """The reply in a language: its text, fields, and the labels of its media and buttons; `data` stays English.

    What was told once is plain words and stays what it is.
    """
    words = catalogue(language)
    return replace(
        reply,
        text=told(reply.text, words),
        fields=tuple(Field(told(field.label, words), told(field.value, words)) for field in reply.fields),
        media=tuple(replace(media, label=told(media.label, words)) for media in reply.media),
        actions=tuple(_action(action, words) for action in reply.actions),
    )


def tell_answer(answer: Answer, language: str) -> Answer:
    """The answer in a language: its reply, and why it had no effect."""
    problem = answer.problem
    if problem is not None:
        words = catalogue(language)
        sentences = {"sentence": told(problem.sentence, words), "hint": told(problem.hint, words)}
        problem = problem.model_copy(update=sentences)
    return replace(answer, reply=tell(answer.reply, language), problem=problem)


def _action(action: Action, words: Translations | None) -> Action:
    return replace(action, label=told(action.label, words))
