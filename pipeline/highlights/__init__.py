"""Which moments of a source are worth a clip, and why: arrays and words in, chosen moments with reasons out."""
