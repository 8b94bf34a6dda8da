"""Tests of the worker, run inside the test's own process on real servers."""
