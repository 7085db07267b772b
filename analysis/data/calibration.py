"""The stored maps from a ranking's score to a probability, with what they were fitted on.

`python -m tests.benchmarks.detection.calibrate` writes the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def stored_calibration() -> Mapping[str, Any]:
    """The whole file: its command and `maps`, signals -> constants and figures of the fit."""
    path = files("sample_data").joinpath("calibration.json")
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
