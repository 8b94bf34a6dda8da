"""Job types, the queue, the worker, and the stages from a video to a finished clip."""
