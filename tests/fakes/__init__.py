"""The platforms' servers on loopback: they check every request against the true schema and limits."""
