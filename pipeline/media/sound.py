"""Loudness and spectral features of 16 kHz mono sound, 100 ms at a time, in bounded memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.media.analysis import Floats

PCM_RATE_HZ = 16_000
BLOCK = PCM_RATE_HZ // 10
BLOCKS_AT_ONCE = 300
FLOOR_DB = -100.0


@dataclass(frozen=True, slots=True, eq=False)
class SoundFeatures:
    """See `Analysis` for what each array means."""

    rms_db: Floats
    loudness_lufs: Floats
    flux: Floats
    zero_crossing: Floats


def sound_features(pcm: Path) -> SoundFeatures:
    """Measures a file of signed 16-bit mono samples at 16 kHz; a last part block is padded with silence."""
    weights = _k_weights()
    parts: list[NDArray[np.float64]] = []
    before = np.zeros(BLOCK // 2 + 1)
    with pcm.open("rb") as file:
        while raw := file.read(2 * BLOCK * BLOCKS_AT_ONCE):
            samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / 32768.0
            short = -len(samples) % BLOCK
            blocks = np.pad(samples, (0, short)).reshape(-1, BLOCK)
            features, before = _measure(blocks, weights, before)
            parts.append(features)
    table = np.concatenate(parts) if parts else np.zeros((0, 4))
    power, weighted, flux, crossing = table.T
    momentary = np.convolve(weighted, np.ones(4) / 4)[: len(weighted)] if len(weighted) else weighted
    return SoundFeatures(
        _decibels(power),
        np.maximum(_decibels(momentary) - np.float32(0.691), np.float32(FLOOR_DB)),
        flux.astype(np.float32),
        crossing.astype(np.float32),
    )


def _measure(
    blocks: NDArray[np.float32], weights: NDArray[np.float64], before: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    spectrum = np.abs(np.fft.rfft(blocks, axis=1))
    energy = 2.0 * spectrum**2 / BLOCK**2
    power = np.mean(blocks.astype(np.float64) ** 2, axis=1)
    shape = np.log1p(spectrum)
    rises = np.diff(np.vstack((before, shape)), axis=0)
    flux = np.maximum(rises, 0).sum(axis=1) / np.maximum(shape.sum(axis=1), 1.0)
    crossing = np.mean(np.signbit(blocks[:, 1:]) != np.signbit(blocks[:, :-1]), axis=1)
    return np.column_stack((power, energy @ weights, flux, crossing)), shape[-1]


def _k_weights() -> NDArray[np.float64]:
    """Squared response of the two filters of ITU-R BS.1770, as given there for 48 kHz, at each bin of a block."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(BLOCK, 1 / PCM_RATE_HZ) / 48_000)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(np.abs(shelf * high_pass) ** 2)


def _decibels(power: NDArray[np.float64]) -> Floats:
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10))), np.float32)
