"""One colour, one meaning, on every screen and in every report.

Okabe & Ito, "Color Universal Design", https://jfly.uni-koeln.de/color/ (eight colours that people
with each form of colour blindness can tell apart). A symbol doubles every colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["light", "dark"]

REFERENCE = "#0072B2"
SUSPECT = "#E69F00"
UNLEARNED = "#009E73"
FLAGGED = "#D55E00"
POISON = "#CC79A7"
CONTROL = "#8A8F98"
UNKNOWN = "#8A8F98"

MODEL_COLOURS = {
    "reference": REFERENCE,
    "suspect": SUSPECT,
    "unlearned": UNLEARNED,
    "control": CONTROL,
}
MODEL_SYMBOLS = {
    "reference": "circle",
    "suspect": "diamond",
    "unlearned": "square",
    "control": "x",
}

# Classes never reuse a colour that already means a model or a flag, except where the list runs out.
CLASS_COLOURS = ("#56B4E9", "#B8A100", "#7A5195", "#2F9E8F", "#A0522D", "#5B6C8F")
CLASS_SYMBOLS = ("circle", "square", "triangle-up", "pentagon", "star", "hexagon")

ANSWER_COLOURS = {
    "found": FLAGGED,
    "not_found": UNLEARNED,
    "inconclusive": "#B8860B",
    "running": REFERENCE,
    "failed": "#9B1C31",
    "cancelled": UNKNOWN,
}


@dataclass(frozen=True)
class Theme:
    """The neutral colours of a figure."""

    name: ThemeName
    paper: str
    text: str
    muted: str
    grid: str
    band: str  # the grey of the clean models
    low: str  # the quiet end of a colour scale


LIGHT = Theme("light", "#FFFFFF", "#1F2733", "#5D6675", "#E4E7EC", "#D3D7DE", "#F1F3F6")
DARK = Theme("dark", "#12161D", "#E7EAF0", "#9AA4B2", "#2B323D", "#3A4250", "#1B212B")


def theme(name: str) -> Theme:
    """The theme called `name`; anything but "dark" is light, the safer one in print."""
    return DARK if name == "dark" else LIGHT


def class_colour(index: int) -> str:
    """The colour of class `index`; repeats after six, where the symbol still differs."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]


def heat_scale(name: str) -> list[list[float | str]]:
    """Quiet to vermilion, for a value over the clean band; plotly's pairs of place and colour."""
    chosen = theme(name)
    middle = "#F2B58A" if chosen.name == "light" else "#8A4A22"
    return [[0.0, chosen.low], [0.5, middle], [1.0, FLAGGED]]


def difference_scale(name: str) -> list[list[float | str]]:
    """Quiet to blue-violet, for distances between weights that are not evidence by themselves."""
    chosen = theme(name)
    deep = "#3F3D8F" if chosen.name == "light" else "#A9A6F5"
    middle = "#B9B8E0" if chosen.name == "light" else "#4B4A86"
    return [[0.0, chosen.low], [0.5, middle], [1.0, deep]]
