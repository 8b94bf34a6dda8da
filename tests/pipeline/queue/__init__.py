"""Tests of the queue, on a real ledger and a real waiting room."""
