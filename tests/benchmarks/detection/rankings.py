"""Every ranking that the table compares, from stored runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.detect.ranking import rank_samples
from analysis.detect.specs import DETECTORS, WEIGHING
from analysis.records import Scores, Site
from analysis.runs.run import Run

TARGET = 0  # every poison of the grid pulls to it
AGREEING = "reference_neighbours"
RESIDUAL = "reference_residual"  # weighed once; kept in the table to show why it does not
WITH = "combined, text off, reference neighbours weigh"
WITH_RESIDUAL = "combined, text off, reference residual weighs"


def rankings(runs: dict[str, Run], ids: np.ndarray) -> dict[str, np.ndarray]:
    """Combined rankings, and means over detectors, of the rows `ids`."""
    result = {
        f"combined, {name}": run.table("ranking").set_index("sample_id")["score"][ids].to_numpy()
        for name, run in runs.items()
    }
    sets = {
        "five that weigh": set(WEIGHING),
        "five and the residual": {*WEIGHING, RESIDUAL},
        "all": {d.name for d in DETECTORS},
    }
    for label, names in sets.items():
        result[f"embedding, mean rank of {label}"] = mean_rank(runs["pair"], ids, names)
    result["embedding, alone"] = mean_rank(runs["alone"], ids, set(WEIGHING))
    for label, chosen in (
        ("combined, text off", WEIGHING),
        (WITH, WEIGHING | {AGREEING}),
        (WITH_RESIDUAL, WEIGHING | {RESIDUAL}),
    ):
        result[label] = without_text(runs["pair"], ids, chosen)
    return result


def without_text(run: Run, ids: np.ndarray, names: frozenset[str]) -> np.ndarray:
    """The product's ranking from the vectors and answers alone, of the rows `ids`."""
    samples = run.table("samples")["sample_id"]
    place = pd.Series(np.arange(len(samples)), index=samples)
    every = run.table("scores", filters=[("model", "=", "suspect")])
    every = every[every["detector"].isin(names)]
    keys = ["detector", "stack", "layer", "pooling", "group"]
    scores = [
        Scores(
            # The combination knows two kinds of signal; the neighbours would join the second.
            "mahalanobis" if key[0] in (AGREEING, RESIDUAL) else str(key[0]),
            "suspect",
            Site(str(key[1]), int(key[2]), str(key[3])),
            str(key[4]),
            place[part["sample_id"]].to_numpy(),
            part["score"].to_numpy(),
        )
        for key, part in every.groupby(keys, observed=True)
    ]
    return rank_samples(len(samples), None, scores, []).score[place[ids].to_numpy()]


def mean_rank(run: Run, ids: np.ndarray, names: set[str]) -> np.ndarray:
    """Mean normal score of the ranks over detectors and sites, disagreement left out."""
    scores = target_scores(run)
    scores = scores[scores["detector"].isin(names - {"disagreement"})]
    place = pd.Series(np.arange(len(ids)), index=ids)
    total = np.zeros(len(ids))
    for _, part in scores.groupby(["detector", "stack", "layer", "pooling"], observed=True):
        ranks = (stats.rankdata(part["score"]) - 0.5) / len(part)
        total[place[part["sample_id"]].to_numpy()] += stats.norm.ppf(ranks)
    return total


def target_scores(run: Run) -> pd.DataFrame:
    """The suspect's stored scores inside the target class."""
    wanted = [("model", "=", "suspect"), ("group", "=", str(TARGET))]
    return run.table("scores", filters=wanted)
