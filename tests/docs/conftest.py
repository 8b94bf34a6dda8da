"""What the tests of the documentation share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Python 3.11 can't parse while a collection of garbage in the middle of it parses too (fixed in 3.11.8)."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
