"""Models: one protocol, run here in warm child processes; the worker's own process never imports a model's library."""
