"""Discord, with the real library against the fake platform."""
