"""Chance as a function: the draw for a key is the same in every run and every batch, whatever was drawn before."""

import zlib

import numpy as np
from numpy.typing import NDArray

type Numbers = NDArray[np.int64]
type Flags = NDArray[np.bool_]

_STEP = np.uint64(0x9E3779B97F4A7C15)


class Draws:
    """Draws of one seed. `what` names the thing drawn: two things of a key have nothing to do with each other."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def below(self, what: str, keys: Numbers, limit: int | Numbers) -> Numbers:
        """Evenly from 0 to limit - 1."""
        numbers = self._raw(what, keys) >> np.uint64(1)
        return numbers.astype(np.int64) % limit

    def share(self, what: str, keys: Numbers) -> NDArray[np.float64]:
        """Evenly from 0 up to 1."""
        return (self._raw(what, keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def chance(self, what: str, keys: Numbers, probability: float) -> Flags:
        return self.share(what, keys) < probability

    def among(self, what: str, keys: Numbers, weights: list[float]) -> Numbers:
        """Which of them, by weight."""
        ends = np.cumsum(weights) / sum(weights)
        return np.searchsorted(ends, self.share(what, keys), side="right").clip(max=len(weights) - 1).astype(np.int64)

    def _raw(self, what: str, keys: Numbers) -> NDArray[np.uint64]:
        """SplitMix64 of key, thing and seed."""
        salt = (zlib.crc32(what.encode()) << 32 | self._seed & 0xFFFFFFFF) * 0x2545F4914F6CDD1D & 0xFFFFFFFFFFFFFFFF
        with np.errstate(over="ignore"):
            mixed = keys.astype(np.uint64) * _STEP + np.uint64(salt)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            return mixed ^ (mixed >> np.uint64(31))
