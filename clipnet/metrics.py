"""Counters and gauges of this process, in Prometheus' text and as JSON; each is declared once, with bounded labels."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

REGISTRY: Final = CollectorRegistry(auto_describe=True)

LABELS: Final = frozenset(
    {
        "env", "kind", "lane", "level", "method", "outcome", "platform", "reason", "role", "route", "service", "stage",
        "state", "status", "version",
    }
)  # fmt: skip
"""Label names that may be used: each has a small, fixed set of values. People, URLs, ids and texts are not labels."""

DURATIONS_S: Final = (0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0, 3600.0)
"""Histogram limits that serve a request of milliseconds and an encode of an hour, in seconds."""


class Metric(NamedTuple):
    """One row of the catalogue."""

    name: str
    kind: str
    labels: tuple[str, ...]
    about: str


CATALOGUE: Final[dict[str, Metric]] = {}
"""Every metric that the modules imported so far declare, by full name."""


def counter(name: str, about: str, labels: Sequence[str] = ()) -> Counter:
    """Declare `clipnet_<name>_total`. Raises ValueError for a name that is taken or a label that isn't bounded."""
    return Counter(_declared(f"{name}_total", "counter", about, labels), about, labels, registry=REGISTRY)


def gauge(name: str, about: str, labels: Sequence[str] = ()) -> Gauge:
    """Declare `clipnet_<name>`. Raises ValueError for a name that is taken or a label that isn't bounded."""
    return Gauge(_declared(name, "gauge", about, labels), about, labels, registry=REGISTRY)


def histogram(
    name: str, about: str, labels: Sequence[str] = (), *, buckets: Sequence[float] = DURATIONS_S
) -> Histogram:
    """Declare `clipnet_<name>`. Raises ValueError for a name that is taken or a label that isn't bounded."""
    return Histogram(
        _declared(name, "histogram", about, labels), about, labels, registry=REGISTRY, buckets=tuple(buckets)
    )


def _declared(name: str, kind: str, about: str, labels: Sequence[str]) -> str:
    full = f"clipnet_{name}"
    unbounded = set(labels) - LABELS
    if unbounded:
        raise ValueError(
            f"{full}: {', '.join(sorted(unbounded))} may take any value; only these may be labels: {LABELS}"
        )
    if full in CATALOGUE:
        raise ValueError(f"there are two metrics {full}")
    CATALOGUE[full] = Metric(full, kind, tuple(labels), about)
    return full


def as_prometheus() -> tuple[bytes, str]:
    """All values in Prometheus' text format, with its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_PLAIN_0_0_4


def as_json() -> dict[str, list[dict[str, object]]]:
    """The same values: by sample name, a list of labels and value."""
    view: dict[str, list[dict[str, object]]] = {}
    for family in REGISTRY.collect():
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                view.setdefault(sample.name, []).append({"labels": sample.labels, "value": sample.value})
    return view


LOG_LINES: Final = counter("log_lines", "Log lines written, by level.", ["level"])
BUILD: Final = gauge("build", "Always 1; its labels say what runs.", ["env", "service", "version"])
