"""Metrics: bounded labels, and the same values in both formats."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from clipnet import metrics


@pytest.mark.req("R-031", "positive")
def test_both_formats_say_the_same() -> None:
    metrics.LOG_LINES.labels(level="info").inc()
    text, content_type = metrics.as_prometheus()
    parsed = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    view = {
        (name, tuple(sorted(sample["labels"].items()))): sample["value"]  # type: ignore[attr-defined]
        for name, samples in metrics.as_json().items()
        for sample in samples
    }
    assert content_type.startswith("text/plain")
    assert parsed == view
    assert parsed[("clipnet_log_lines_total", (("level", "info"),))] >= 1


@pytest.mark.req("R-031", "negative")
@pytest.mark.parametrize("label", ["user_id", "url", "clip_id", "title"])
def test_a_label_that_may_take_any_value_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match=label):
        metrics.counter("refused", "Never declared.", ["kind", label])
    assert "clipnet_refused_total" not in metrics.CATALOGUE


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="two metrics clipnet_log_lines_total"):
        metrics.counter("log_lines", "Again.")
