"""How good the choice of moments is on compositions with known answers. No clock is involved."""

import json

import numpy as np

from bench.context import Bench, BenchContext
from bench.rows import Row
from pipeline.highlights import evaluate
from pipeline.highlights.chat import chat_rate
from pipeline.highlights.material import ChatMessage
from pipeline.highlights.select import select
from pipeline.highlights.signals import measure, smooth
from pipeline.model import Span
from pipeline.options import ClipOptions
from tests.pipeline.highlights.planted import LENGTH_S, chat_log, compose

CLIP_S = 20.0
COUNT = 3


def planted(context: BenchContext) -> list[Row]:
    """Share of planted moments that three clips hold, and the same for chance, even spacing and loudness alone."""
    shares: dict[str, list[float]] = {"chosen": [], "random": [], "uniform": [], "loudest": []}
    for seed in range(10 if context.quick else 50):
        made = compose(seed)
        moments = select(made.material, measure(made.material), ClipOptions(length_s=CLIP_S, count=COUNT))
        found = {
            "chosen": [moment.span for moment in moments],
            "random": evaluate.random(made.material, COUNT, CLIP_S, seed),
            "uniform": evaluate.uniform(made.material, COUNT, CLIP_S),
            "loudest": evaluate.loudest(made.material, COUNT, CLIP_S),
        }
        for name, spans in found.items():
            shares[name].append(evaluate.hit_share(spans, made.labels_s))
    mean = {name: float(np.mean(values)) for name, values in shares.items()}
    rows = [Row("planted", "planted moments in three clips", mean["chosen"], "share", goal=">= 0.9")]
    rows += [
        Row("planted", f"chosen against {name}", mean["chosen"], "share", mean[name], "> 1.0")
        for name in ("random", "uniform", "loudest")
    ]
    return rows


def chat(context: BenchContext) -> list[Row]:
    """Four peaks of a chat against four labelled moments, on one labelled log and on seeded ones."""
    precisions = []
    for seed in range(20):
        labels = compose(seed, moments=4).labels_s
        precisions.append(_precision(chat_log(seed, labels), labels))
    rows = [
        Row("chat", "precision of 4 peaks over 20 seeded logs", float(np.mean(precisions)), "share", goal=">= 0.95")
    ]
    lines = context.footage("chat-synthetic.jsonl").read_text().splitlines()
    log = [ChatMessage(message["t"], message["user"], message["text"]) for message in map(json.loads, lines)]
    events = json.loads(context.footage("chat-synthetic-labels.json").read_text())["events"]
    labelled = _precision(log, [event["t"] for event in events])
    return [*rows, Row("chat", "precision of 4 peaks on the labelled log", labelled, "share", goal=">= 1.0")]


def _precision(log: list[ChatMessage], labels_s: list[float]) -> float:
    rate = smooth(chat_rate(log, Span(0, LENGTH_S), LENGTH_S))
    return evaluate.precision(evaluate.peaks(rate.tolist(), 4), labels_s)


BENCHES: dict[str, Bench] = {"planted": planted, "chat": chat}
