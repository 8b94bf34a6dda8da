"""Tests of the recording of live streams, against a real HLS stream that is served on loopback in real time."""
