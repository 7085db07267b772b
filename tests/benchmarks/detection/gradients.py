"""Gradient clusters taken apart: `python -m tests.benchmarks.detection.gradients --work DIR`.

GraCeFul filters a whole file with a model that has not learned it yet. Which of its parts carries
anything here? The same clusters on the suspect (which has learned the poison) and on the clean
reference (which has not), inside the predicted class and over the whole file, with and without the
cosine transform, beside the plain length of p - e_y; at the vector that the output layer reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from analysis.detect.configs import GradientClustersConfig
from analysis.detect.gradient_clusters import fit_gradient_clusters
from analysis.detect.gradient_scores import output_residuals
from analysis.records import Predictions
from tests.benchmarks.detection.figures import ranking_figures
from tests.benchmarks.detection.markdown import row
from tests.benchmarks.detection.rankings import TARGET
from tests.benchmarks.detection.score import GRADIENTS
from tests.benchmarks.detection.vectors import Vectors, for_each_suspect


class Variant(NamedTuple):
    """One way to look."""

    name: str
    role: str  # whose gradients
    inside: bool  # the class that the suspect predicts, or the whole file
    cosine: bool | None  # None: only the length of p - e_y


VARIANTS = (
    Variant("the detector: suspect, inside its class", "suspect", True, True),
    Variant("suspect, whole file", "suspect", False, True),
    Variant("suspect, whole file, no transform", "suspect", False, False),
    Variant("suspect, whole file, length alone", "suspect", False, None),
    Variant("reference, whole file (as published)", "reference", False, True),
    Variant("reference, whole file, no transform", "reference", False, False),
    Variant("reference, whole file, length alone", "reference", False, None),
)


def taken_apart(found: Vectors) -> dict[str, Any]:
    """Every variant on one shipped model."""
    entries = {v.name: _judged(found, v) for v in VARIANTS}
    return {"name": found.name, "rows": len(found.labels), "variants": entries}


def _judged(found: Vectors, variant: Variant) -> dict[str, Any]:
    rows = np.arange(len(found.labels))
    if variant.inside:
        rows = np.flatnonzero(found.probabilities["suspect"].argmax(axis=1) == TARGET)
    truth = found.poisoned[rows]
    said = Predictions(variant.role, found.probabilities[variant.role], "argmax")
    residuals = output_residuals(said, found.labels)[rows]
    if variant.cosine is None:
        scores, entry = np.linalg.norm(residuals, axis=1), {}
    else:
        read = found.layers[variant.role][output_vector(found.layers[variant.role])][rows]
        paired = np.hstack([read, residuals]).astype(np.float64)
        config = GradientClustersConfig(classes=residuals.shape[1], cosine=variant.cosine)
        scores = fit_gradient_clusters(paired, config).score(paired)
        flagged = scores > 0  # nearer to the smaller cluster
        entry = {"flagged": float(flagged.mean())}
        if truth.any():
            entry["true_positive"] = float(flagged[truth].mean())
            entry["false_positive"] = float(flagged[~truth].mean())
    return entry | ({"figures": ranking_figures(scores, truth)} if truth.any() else {})


def output_vector(layers: Mapping[str, np.ndarray]) -> str:
    """The last layer's vector that the head reads: the first token's, or the decoder's last."""
    decoder = [key for key in layers if key.startswith("decoder")]
    last = max(int(key.split(":")[1]) for key in decoder or layers)
    chosen = [key for key in decoder or layers if int(key.split(":")[1]) == last]
    wanted = "last" if decoder else "cls"
    return next((key for key in chosen if key.endswith(wanted)), chosen[0])


def merged(scored: Mapping[str, Any], found: Mapping[str, Any] | None) -> dict[str, Any]:
    """What `score` wrote, with the detector as it is now; without it where none was measured."""
    rankings = {k: v for k, v in scored.get("rankings", {}).items() if k != GRADIENTS}
    sites = {k: v for k, v in scored.get("sites", {}).items() if k != GRADIENTS}
    figures = None if found is None else found["variants"][VARIANTS[0].name].get("figures")
    if figures is not None and rankings:
        rankings[GRADIENTS] = figures
    kept = {"rankings": rankings, "sites": sites}
    return {**scored, **{key: value for key, value in kept.items() if key in scored}}


def gradients_part(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Medians over poisoned models, one line per variant, and what is flagged of clean ones."""
    poisoned = [f for f in found if "figures" in f["variants"][VARIANTS[0].name]]
    if not poisoned:
        return []
    clean = [f for f in found if f not in poisoned]
    heads = ["gradients of", "n", "ROC-AUC, lowest", "ROC-AUC", "poison flagged", "clean flagged"]
    heads += ["flagged in clean models"]
    lines = [row(heads), row(["---"] * len(heads))]
    for variant in VARIANTS:
        each = [f["variants"][variant.name] for f in poisoned]
        aucs = [e["figures"]["auc"] for e in each]
        cells = [variant.name, str(len(each)), f"{min(aucs):.3f}", f"{np.median(aucs):.3f}"]
        cells += [_median(each, key) for key in ("true_positive", "false_positive")]
        cells += [_median([f["variants"][variant.name] for f in clean], "flagged")]
        lines.append(row(cells))
    return [
        "## Gradient clusters taken apart",
        f"`gradient_clusters` on the shipped models (`gradients.py`, {len(clean)} of them clean), "
        "medians. *Flagged*: nearer to the smaller cluster. On a model that has learned its poison "
        "the gradients are small where it is sure, poison included. On one that has not, as "
        "published, compare the clusters with the plain length of p - e_y: whatever that finds is "
        "disagreement with the given label, which `disagreement` reads already.",
        "\n".join(lines),
    ]


def _median(entries: Sequence[Mapping[str, Any]], key: str) -> str:
    values = [e[key] for e in entries if key in e]
    return f"{np.median(values):.2f}" if values else "-"


def main() -> None:
    """The command line."""
    for_each_suspect(__doc__, "gradients", taken_apart)


if __name__ == "__main__":
    main()
