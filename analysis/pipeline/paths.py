"""The way of some located samples through the layers, with their trigger and without it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.detect.paths import places
from analysis.engine.local import extract_all
from analysis.pipeline.state import Inspection
from analysis.records import SampleSet
from analysis.report.trigger_diff import without_trigger

MAX_SAMPLES = 24  # each costs one forward pass per model
LONGEST = 20_000  # characters
_STEP, _TABLE = "paths", "paths"
COLUMNS = ("sample_id", "model", "stack", "layer", "pooling", "version", "own", "group")


def paths_step(work: Inspection) -> None:
    """Write the `paths` table; skipped where nothing was located or no class is predicted."""
    if not work.suspicious:
        work.writer.skip_step(_STEP, "no text was located", makes=(_TABLE,))
        return
    if "suspect" not in work.read.predictions:
        work.writer.skip_step(_STEP, "the suspect predicts no class", makes=(_TABLE,))
        return
    work.writer.progress("Following samples through the layers")
    with work.writer.step(_STEP, optional=True, makes=(_TABLE,)):
        work.writer.write_table(_TABLE, _paths(work))


def _paths(work: Inspection) -> pd.DataFrame:
    rows, bare = _chosen(work)
    if not len(rows):
        return pd.DataFrame({name: [] for name in COLUMNS})
    models = {r: m for r, m in work.inputs.models.items() if r in work.read.predictions}
    found = extract_all(models, bare, work.config)
    frames = []
    for role, extraction in found.items():
        said = extraction.predictions
        if said is None:
            continue
        classes = work.read.predictions[role].predicted
        activations = work.read.activations[role].arrays
        for site, without in extraction.activations.arrays.items():
            features = np.asarray(activations[site], dtype=np.float32)
            for version, points in (("with", features[rows]), ("without", np.asarray(without))):
                at = places(points, features, classes, said.predicted, work.located, rows)
                frames.append(
                    pd.DataFrame(
                        {
                            "sample_id": list(bare.ids),
                            "model": role,
                            **site._asdict(),
                            "version": version,
                            "own": at.own.astype(np.float32),
                            "group": at.group.astype(np.float32),
                        }
                    )
                )
    return pd.concat(frames, ignore_index=True)[list(COLUMNS)]


def _chosen(work: Inspection) -> tuple[np.ndarray, SampleSet]:
    """Rows of the samples that are followed, and the samples without their trigger."""
    texts, ids = work.inputs.samples.texts, work.inputs.samples.ids
    rows: list[int] = []
    bare: list[str] = []
    for candidate in work.flagging:
        for row, (start, end) in zip(candidate.rows.tolist(), candidate.spans, strict=True):
            if len(rows) == MAX_SAMPLES:
                break
            if row in rows or end <= start or len(texts[row]) > LONGEST:
                continue
            rows.append(row)
            bare.append(without_trigger(texts[row], start, end))
    chosen = np.array(rows, dtype=np.int64)
    return chosen, SampleSet(tuple(ids[row] for row in rows), tuple(bare))
