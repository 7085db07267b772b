"""Words for the dense groups of every panel, ready for the map component."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.groups import dense_groups
from dashboard.payload import MapPayload
from dashboard.words_of_groups import WordTable, characteristic_words

MEMBERS = 40  # per group: enough to find its middle wherever a zoom or a turn puts it


def map_labels(payload: MapPayload, table: WordTable) -> dict[str, list[list[dict[str, Any]]]]:
    """Layer key -> per model the labelled groups: text, n, and members in drawing order."""
    keys = [entry["key"] for entry in payload.meta["layers"]]
    return {
        key: [_of_panel(payload.coordinates[layer, model], table) for model in payload.models]
        for key, layer in zip(keys, payload.layers, strict=True)
    }


def _of_panel(points: np.ndarray, table: WordTable) -> list[dict[str, Any]]:
    groups = dense_groups(points)
    labels = []
    for group, words in enumerate(characteristic_words(table, groups)):
        if not words:
            continue
        rows = np.flatnonzero(groups == group)
        middle = np.median(points[rows], axis=0)
        near = np.argsort(((points[rows] - middle) ** 2).sum(axis=1), kind="stable")[:MEMBERS]
        labels.append({"text": " · ".join(words), "n": len(rows), "members": rows[near].tolist()})
    return labels
