"""How a map is looked at: zoom, axes, camera and what is drawn over it, as plain checked JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

AXES = ("shared", "centred", "own")
_ZOOM = {"x": (0.0, -3.0, 3.0), "y": (0.0, -3.0, 3.0), "s": (1.0, 0.005, 1.5)}
_CAMERA = {"yaw": (0.6, -1e6, 1e6), "pitch": (0.35, -1.5, 1.5)}


def clean_look(given: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of `given` that a map understands, within their ranges; empty for nothing.

    No axes means those with which the map begins.

    It comes from a browser or a file that anyone may have written.
    """
    if not given:
        return {}
    axes = given.get("axes")
    return {
        "zoom": _numbers(given.get("zoom"), _ZOOM),
        "camera": _numbers(given.get("camera"), _CAMERA),
        "axes": axes if axes in AXES else "",
        "contours": given.get("contours") is True,
        "wordy": given.get("wordy") is True,
    }


def _numbers(given: object, ranges: Mapping[str, tuple[float, float, float]]) -> dict[str, float]:
    values: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    result = {}
    for name, (usual, low, high) in ranges.items():
        value = values.get(name)
        if not isinstance(value, int | float) or not math.isfinite(value):
            value = usual
        result[name] = min(max(float(value), low), high)
    return result
