"""Benchmarks: each row is a ratio to a floor or a peer, measured in the same run."""
