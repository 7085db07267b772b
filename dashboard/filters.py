"""Which samples are shown: a choice of properties and a text that they hold, as one URL value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.search import containing_rows
from dashboard.text import say

FLAGGED, DIFFER = "flagged", "differ"
_COLUMNS = {"label": "label", "suspect": "predicted_suspect", "reference": "predicted_reference"}
MOST_CLASSES = 12  # more would not be a choice


def filter_options(samples: pd.DataFrame) -> tuple[str, ...]:
    """Properties that only some samples have, as "flagged", "differ" or "label:0"."""
    options = []
    if "flagged" in samples and samples["flagged"].any():
        options.append(FLAGGED)
    if _differs(samples).any():
        options.append(DIFFER)
    for kind, column in _COLUMNS.items():
        values = sorted(samples[column].dropna().unique()) if column in samples else []
        if 2 <= len(values) <= MOST_CLASSES:
            options += [f"{kind}:{value}" for value in values]
    return tuple(options)


def option_words(option: str) -> str:
    """A property as a reader says it."""
    kind, _, value = option.partition(":")
    if kind == FLAGGED:
        return say("flagged")
    if kind == DIFFER:
        return say("models differ")
    if kind == "label":
        return say("label {value}", value=value)
    if kind == "suspect":
        return say("suspect says {value}", value=value)
    return say("reference says {value}", value=value)


def read_filter(value: str, samples: pd.DataFrame) -> tuple[str, ...]:
    """The properties that a URL names, as far as these samples have them."""
    options = filter_options(samples)
    return tuple(option for option in value.split(",") if option in options)


def write_filter(chosen: Sequence[str]) -> str:
    """The URL value of a choice."""
    return ",".join(chosen)


def kept_samples(samples: pd.DataFrame, chosen: Sequence[str], holds: str) -> np.ndarray | None:
    """Which samples pass, (n,) bool; None where nothing is asked, so that all do.

    Two properties of one kind are alternatives (label 0 or label 1), of two kinds both are needed.
    """
    groups: dict[str, np.ndarray] = {}
    for option in chosen:
        kind = option.partition(":")[0]
        mask = _mask(samples, option)
        groups[kind] = groups[kind] | mask if kind in groups else mask
    if holds.strip():
        mask = np.zeros(len(samples), dtype=bool)
        mask[containing_rows(samples["text"].astype(str).tolist(), holds)] = True
        groups["holds"] = mask
    return np.logical_and.reduce(list(groups.values())) if groups else None


def _mask(samples: pd.DataFrame, option: str) -> np.ndarray:
    kind, _, value = option.partition(":")
    if kind == FLAGGED:
        return samples["flagged"].to_numpy(dtype=bool)
    if kind == DIFFER:
        return _differs(samples)
    return (samples[_COLUMNS[kind]].astype(str) == value).to_numpy(dtype=bool)


def _differs(samples: pd.DataFrame) -> np.ndarray:
    if not {"predicted_suspect", "predicted_reference"} <= set(samples):
        return np.zeros(len(samples), dtype=bool)
    differs = samples["predicted_suspect"] != samples["predicted_reference"]
    return differs.fillna(False).to_numpy(dtype=bool)
