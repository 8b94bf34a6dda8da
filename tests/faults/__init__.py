"""Faults on purpose: the worker, Redis and PostgreSQL are killed, frozen and emptied, and nothing may be lost."""
