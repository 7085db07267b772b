"""Where pooled vectors go while a model runs; no torch here, the cache implements it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from analysis.records import Site

EXTRACTOR_VERSION = 1  # raise when extraction changes what it would write


@dataclass(frozen=True)
class EntryKey:
    """What one set of arrays depends on, besides the site: see CONTRACT.md, "Cache"."""

    identity: str  # parameters, config, tokenizer and preprocessing
    head: str  # how probabilities are read
    window: int  # tokens
    precision: str  # "fp32", "bf16", "fp16"
    texts: str  # sha256 of the texts in order

    @property
    def digest(self) -> str:
        """Name of the entry, 32 hex digits."""
        parts = (self.identity, self.head, str(self.window), self.precision, self.texts)
        text = "\0".join((*parts, str(EXTRACTOR_VERSION)))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Sink(Protocol):
    """Named arrays of one entry; rows arrive in any order, the same row possibly twice."""

    def load(self, name: str) -> np.ndarray | None:
        """A complete array (memory-mapped where it is on disk), None when missing."""

    def create(self, name: str, shape: tuple[int, ...]) -> None:
        """Begin a float32 array; it appears in `load` only after `commit`."""

    def write(self, name: str, rows: np.ndarray, values: np.ndarray) -> None:
        """Set `rows`, (b,) int, of a created array to `values`, (b, d) float32."""

    def put(self, name: str, values: np.ndarray) -> None:
        """Set a whole array at once, in place of a created one if there is one."""

    def commit(self) -> None:
        """Make everything written visible and let others have the entry."""

    def abort(self) -> None:
        """Drop everything written and let others have the entry."""


@dataclass
class MemorySink:
    """A sink that keeps its arrays in memory: small jobs and tests."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    pending: dict[str, np.ndarray] = field(default_factory=dict)

    def load(self, name: str) -> np.ndarray | None:
        """A committed array."""
        return self.arrays.get(name)

    def create(self, name: str, shape: tuple[int, ...]) -> None:
        """Begin an array of zeros."""
        self.pending[name] = np.zeros(shape, dtype=np.float32)

    def write(self, name: str, rows: np.ndarray, values: np.ndarray) -> None:
        """Set rows of a created array."""
        self.pending[name][rows] = values

    def put(self, name: str, values: np.ndarray) -> None:
        """Set a whole array."""
        self.pending[name] = values

    def commit(self) -> None:
        """Move what is pending to the committed arrays."""
        self.arrays.update(self.pending)
        self.pending.clear()

    def abort(self) -> None:
        """Forget what is pending."""
        self.pending.clear()


def site_name(site: Site) -> str:
    """Array name of a site, safe as a file name."""
    return f"{site.stack}.{site.layer}.{site.pooling}"
