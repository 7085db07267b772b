"""What the detection benchmark measured, as the product ships it.

`python -m tests.benchmarks.detection.table` writes the file beside RESULTS.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def measured_detectors() -> Mapping[str, Any]:
    """The whole file: `models` (counts), `rankings`, `answers` and `located` per set of models."""
    path = files("sample_data").joinpath("detectors.json")
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
