"""What a chart is made of, in words that both renderers can draw.

A report must look the same with and without a browser, so nothing here knows plotly or
matplotlib: `draw_matplotlib` and `draw_plotly` each draw these few marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Points:
    """A cloud of points with one meaning."""

    x: np.ndarray  # (m,) float
    y: np.ndarray  # (m,) float
    name: str
    colour: str
    symbol: str  # plotly's name, as in the palette


@dataclass(frozen=True)
class Line:
    """Values joined by a line, with a symbol at each."""

    x: np.ndarray  # (m,) float
    y: np.ndarray  # (m,) float; NaN leaves a gap
    name: str
    colour: str
    symbol: str = "circle"
    dashed: bool = False


@dataclass(frozen=True)
class Band:
    """The area between two curves, such as what clean models show."""

    x: np.ndarray  # (m,) float
    low: np.ndarray  # (m,) float
    high: np.ndarray  # (m,) float
    name: str
    colour: str


@dataclass(frozen=True)
class Bars:
    """Bars with 95 % intervals; `text` stands at the end of each."""

    x: np.ndarray  # (m,) float, centres
    height: np.ndarray  # (m,) float
    name: str
    colour: str
    width: float
    low: np.ndarray | None = None  # (m,) float
    high: np.ndarray | None = None  # (m,) float
    text: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heat:
    """A grid of cells."""

    values: np.ndarray  # (rows, columns) float; NaN stays empty
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    scale: Sequence[Sequence[float | str]]  # plotly's pairs of place and colour
    low: float
    high: float
    ends: tuple[str, str]  # words for the two ends of the scale


@dataclass(frozen=True)
class Level:
    """A straight line across the panel at `y`, or down at `x`."""

    name: str
    colour: str
    y: float | None = None
    x: float | None = None


Mark = Points | Line | Band | Bars | Heat | Level


@dataclass(frozen=True)
class Axis:
    """Title, range and ticks of one axis; no numbers where they mean nothing."""

    title: str = ""
    limits: tuple[float, float] | None = None
    ticks: tuple[float, ...] | None = None
    labels: tuple[str, ...] | None = None
    numbers: bool = True


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    marks: tuple[Mark, ...]
    title: str = ""
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)


@dataclass(frozen=True)
class Chart:
    """Panels side by side with one legend.

    Attributes:
        name: of the file, lower case with dashes.
        title: one line, what is drawn.
        alt: what it shows, for those who do not see it.
        panels: left to right; equal limits make panels comparable.
        width: pixels of the usual picture at 96 per inch.
        height: pixels, the same.
    """

    name: str
    title: str
    alt: str
    panels: tuple[Panel, ...]
    width: int = 900
    height: int = 420


@dataclass(frozen=True)
class Missing:
    """A chart that cannot be drawn, and why: a gap that is never silent."""

    name: str
    title: str
    reason: str
