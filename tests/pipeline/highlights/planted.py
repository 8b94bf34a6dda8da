"""Seeded compositions of arrays with planted moments, and things that only look like moments."""

from dataclasses import dataclass

import numpy as np

from pipeline.highlights.material import ChatMessage, Material
from pipeline.model import Span, Word

LENGTH_S = 600
CHATTER = ["what is this song", "brb getting water", "hello from the other side of chat", "first time here", "hi all"]
HYPE = ["LOL", "omg", "no way", "POG", "hahaha", "clip it", "???", "W"]
SPEECH = ["we", "look", "at", "the", "next", "part", "and", "then", "go", "on", "because", "that", "is", "how"]


@dataclass(frozen=True)
class Planted:
    """A composition and its labels, in seconds."""

    material: Material
    labels_s: list[float]


def compose(seed: int, *, moments: int = 3) -> Planted:
    """Ten minutes with `moments` events, each seen by three of four senses, one loud dull stretch, one spam wave."""
    rng = np.random.default_rng(seed)
    labels = _apart(rng, moments)
    loud = rng.normal(-24, 1.5, LENGTH_S)
    flux, zero = rng.normal(0.2, 0.03, LENGTH_S), rng.normal(0.1, 0.02, LENGTH_S)
    motion = np.abs(rng.normal(3, 0.8, LENGTH_S))
    loud[_slice(_free(rng, labels), 45)] += 9
    words = list(_speech(rng))
    chat = chat_log(seed, labels)
    for at_s in labels:
        senses = rng.permutation(4)[:3]
        if 0 in senses:
            loud[_slice(at_s, 5)] += 8
            flux[_slice(at_s, 5)] += 0.15
        if 1 in senses:
            motion[_slice(at_s, 6)] *= 4
        if 2 in senses:
            words = [_excited(word) if abs(word.start_s - at_s) < 3 else word for word in words]
        if 3 not in senses:
            chat = [message for message in chat if not at_s < message.at_s < at_s + 25 or message.text in CHATTER]
    cuts = np.sort(rng.uniform(0, LENGTH_S, 60))
    return Planted(Material(Span(0, LENGTH_S), loud, flux, zero, motion, cuts, (), tuple(words), tuple(chat)), labels)


def chat_log(seed: int, labels_s: list[float]) -> list[ChatMessage]:
    """A chat that reacts to each label after a gamma-distributed delay, with chatter and one giveaway wave."""
    rng = np.random.default_rng(seed + 10_000)
    messages = [_message(rng, at_s, CHATTER) for at_s in rng.uniform(0, LENGTH_S, 360)]
    for at_s in labels_s:
        messages += [_message(rng, at_s + delay, HYPE) for delay in rng.gamma(4, 2, int(rng.integers(28, 45)))]
    spam_s = _free(rng, labels_s)
    messages += [ChatMessage(spam_s + float(rng.uniform(0, 8)), f"user{rng.integers(90)}", "!join") for _ in range(80)]
    messages += [ChatMessage(spam_s + 100 + float(rng.uniform(0, 6)), "bot7", "hype") for _ in range(60)]
    return messages


def _message(rng: np.random.Generator, at_s: float, texts: list[str]) -> ChatMessage:
    return ChatMessage(float(at_s), f"user{rng.integers(90)}", texts[int(rng.integers(len(texts)))])


def _speech(rng: np.random.Generator) -> list[Word]:
    words: list[Word] = []
    at_s = 0.5
    while at_s < LENGTH_S - 2:
        length_s = float(rng.uniform(0.12, 0.4))
        words.append(Word(at_s, at_s + length_s, SPEECH[int(rng.integers(len(SPEECH)))]))
        at_s += length_s + float(rng.exponential(0.15))
        if rng.random() < 0.08:
            at_s += float(rng.uniform(0.4, 2))
    return words


def _excited(word: Word) -> Word:
    return Word(word.start_s, word.end_s, "unbelievable!")


def _apart(rng: np.random.Generator, count: int) -> list[float]:
    slots = rng.permutation(8)[:count]
    return sorted(float(40 + 68 * slot + rng.uniform(0, 20)) for slot in slots)


def _free(rng: np.random.Generator, labels: list[float]) -> float:
    places = [at for at in range(20, LENGTH_S - 160, 10) if all(abs(at - label) > 70 for label in labels)]
    return float(places[int(rng.integers(len(places)))]) if places else 5.0


def _slice(at_s: float, length_s: float) -> slice:
    return slice(int(at_s - 1), int(at_s - 1 + length_s))
