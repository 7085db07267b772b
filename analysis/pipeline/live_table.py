"""A table of a running run that screens can follow: stored now and then while it grows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import pandas as pd

from analysis.runs.writer import RunWriter

Row = TypeVar("Row")
SECONDS_BETWEEN_TABLES = 2.0  # how often a screen gets new points of the curves


class LiveTable(Generic[Row]):
    """Gathers rows; `frame` makes the table `name` of them.

    Attributes:
        rows: all that were kept, in order.
    """

    def __init__(
        self, writer: RunWriter, name: str, frame: Callable[[list[Row]], pd.DataFrame]
    ) -> None:
        self.rows: list[Row] = []
        self._writer, self._name, self._frame = writer, name, frame
        self._written = 0.0

    def keep(self, rows: Iterable[Row]) -> None:
        """Remember rows; the table is stored unless it was a moment ago."""
        self.rows += rows
        if time.monotonic() - self._written >= SECONDS_BETWEEN_TABLES:
            self.write()

    def write(self) -> None:
        """Store the table as far as it is."""
        self._writer.write_table(self._name, self._frame(self.rows))
        self._written = time.monotonic()
