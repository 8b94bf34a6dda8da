"""The one worker: lease, claim loop, and what a handler is given and returns."""
