"""Planted moments are found, and more of them than by chance, by even spacing or by loudness."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.highlights import evaluate
from pipeline.highlights.chat import chat_rate
from pipeline.highlights.material import ChatMessage
from pipeline.highlights.select import select
from pipeline.highlights.signals import measure, smooth
from pipeline.model import Span
from pipeline.options import ClipOptions
from tests.pipeline.highlights.planted import LENGTH_S, chat_log, compose

SEEDS = range(50)
CLIP_S = 20.0


def _ours(seed: int) -> float:
    planted = compose(seed)
    moments = select(planted.material, measure(planted.material), ClipOptions(length_s=CLIP_S, count=3))
    return evaluate.hit_share([moment.span for moment in moments], planted.labels_s)


def test_planted_moments_are_found() -> None:
    ours = np.array([_ours(seed) for seed in SEEDS])
    others: dict[str, list[float]] = {"random": [], "uniform": [], "loudest": []}
    for seed in SEEDS:
        planted = compose(seed)
        material, labels = planted.material, planted.labels_s
        others["random"].append(evaluate.hit_share(evaluate.random(material, 3, CLIP_S, seed), labels))
        others["uniform"].append(evaluate.hit_share(evaluate.uniform(material, 3, CLIP_S), labels))
        others["loudest"].append(evaluate.hit_share(evaluate.loudest(material, 3, CLIP_S), labels))
    assert ours.mean() >= 0.9
    for values in others.values():
        gain = ours - np.array(values)
        assert gain.mean() - 1.96 * gain.std() / np.sqrt(len(gain)) > 0


def test_chat_points_at_every_labelled_moment(media: Path) -> None:
    lines = (media / "chat-synthetic.jsonl").read_text().splitlines()
    chat = [ChatMessage(message["t"], message["user"], message["text"]) for message in map(json.loads, lines)]
    labels = [event["t"] for event in json.loads((media / "chat-synthetic-labels.json").read_text())["events"]]
    rate = smooth(chat_rate(chat, Span(0, LENGTH_S), LENGTH_S))
    assert evaluate.precision(evaluate.peaks(rate.tolist(), 4), labels) == 1.0


def test_chat_is_right_over_many_logs() -> None:
    found = []
    for seed in range(20):
        labels = compose(seed, moments=4).labels_s
        rate = smooth(chat_rate(chat_log(seed, labels), Span(0, LENGTH_S), LENGTH_S))
        found.append(evaluate.precision(evaluate.peaks(rate.tolist(), 4), labels))
    assert np.mean(found) >= 0.95


@pytest.mark.parametrize(("chosen", "share"), [([Span(0, 10)], 0.5), ([Span(0, 10), Span(45, 60)], 1.0), ([], 0.0)])
def test_hit_share_counts_labels_inside(chosen: list[Span], share: float) -> None:
    assert evaluate.hit_share(chosen, [5.0, 50.0]) == share
