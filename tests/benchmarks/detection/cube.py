"""CUBE's rule on shipped models: `python -m tests.benchmarks.detection.cube --work DIR`.

`umap_clusters` costs a UMAP per layer, so it is not part of `score`: here it runs on every layer
of the suspects named below, inside the class that the poison pulls to as the suspect predicts it,
fitted on at most ROWS rows in a fixed, stratified choice (the detector's own). The layer without
truth is the one where the reference's neighbours agree best, as `score` found it. Besides the
ranking, the rule itself is judged: flag everything outside the largest cluster.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.detect.configs import UmapClustersConfig
from analysis.detect.umap_clusters import UmapClusters, fit_umap_clusters
from tests.benchmarks.detection.figures import ranking_figures
from tests.benchmarks.detection.markdown import row
from tests.benchmarks.detection.rankings import AGREEING, TARGET
from tests.benchmarks.detection.score import CUBE
from tests.benchmarks.detection.vectors import Vectors, for_each_suspect

ROWS = UmapClustersConfig().max_rows


def clustered(found: Vectors) -> dict[str, Any]:
    """The rule on every layer of one shipped model."""
    rows = np.flatnonzero(found.probabilities["suspect"].argmax(axis=1) == TARGET)
    started = time.perf_counter()
    layers = {
        site: judged(values[rows], found.poisoned[rows])
        for site, values in found.layers["suspect"].items()
    }
    return {
        "name": found.name,
        "rows": len(rows),
        "fitted": min(ROWS, len(rows)),
        "poisoned": int(found.poisoned[rows].sum()),
        "seconds": round(time.perf_counter() - started, 1),
        "layers": layers,
    }


def judged(features: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Clusters of one layer, (n, d) float32, against the truth, (n,) bool."""
    fitted = fit_umap_clusters(features, UmapClustersConfig())
    scores = fitted.score(features)
    flagged = outside(fitted, scores)
    entry: dict[str, Any] = {
        "clusters": fitted.n_clusters,
        "noise": fitted.noise_share,
        "flagged": float(flagged.mean()),
    }
    if truth.any() and not truth.all():
        entry |= {
            "figures": ranking_figures(scores, truth),
            "true_positive": float(flagged[truth].mean()),
            "false_positive": float(flagged[~truth].mean()),
        }
    return entry


def outside(fitted: UmapClusters, scores: np.ndarray) -> np.ndarray:
    """Rows that are not in the largest cluster, (n,) bool; the tie-breaker adds at most 0.01."""
    if fitted.n_clusters == 0:
        return np.ones(len(scores), dtype=bool)
    return np.asarray(scores > fitted.values.min() + 0.01 + 1e-9)


def merged(scored: Mapping[str, Any], cube: Mapping[str, Any]) -> dict[str, Any]:
    """What `score` wrote, with the rule among the detectors, at the layer chosen without truth."""
    layers = {k: v for k, v in cube["layers"].items() if "figures" in v}
    site = agreed(scored)
    if site not in layers:
        return dict(scored)
    aucs = {key: round(v["figures"]["auc"], 4) for key, v in layers.items()}
    figures = layers[site]["figures"]
    blind = {"site": site.split(":"), "figures": figures}
    return {
        **scored,
        "rankings": {**scored["rankings"], CUBE: figures},
        "sites": {**scored["sites"], CUBE: {"aucs": aucs, "blind": blind}},
    }


def agreed(scored: Mapping[str, Any]) -> str:
    """The layer chosen without truth, "" where nothing was chosen."""
    chosen = scored.get("sites", {}).get(AGREEING)
    return ":".join(chosen["blind"]["site"]) if chosen else ""


def cube_part(found: Sequence[Mapping[str, Any]], chosen: Mapping[str, str]) -> list[str]:
    """The rule itself, one line per model.

    Args:
        found: entries of `clustered`.
        chosen: model -> layer chosen without truth; without one, the layer that flags most.
    """
    if not found:
        return []
    heads = ["suspect", "layer", "rows", "clusters", "noise", "flagged", "poison flagged"]
    heads += ["clean flagged", "ROC-AUC", "best layer by truth"]
    return [
        "## CUBE's rule",
        "`umap_clusters` on the shipped models (`cube.py`): UMAP and HDBSCAN per layer, fitted on "
        f"at most {ROWS:,} of the rows predicted as the target class. The rule flags everything "
        "outside the largest cluster; shown at the layer where the reference's neighbours agree "
        "best (chosen without truth), for clean models where the rule flags most.",
        "\n".join([row(heads), row(["---"] * len(heads)), *(_line(f, chosen) for f in found)]),
    ]


def _line(found: Mapping[str, Any], chosen: Mapping[str, str]) -> str:
    layers = found["layers"]
    site = chosen.get(found["name"], "")
    if site not in layers:
        site = max(layers, key=lambda key: layers[key]["flagged"])
    shown = layers[site]
    aucs = [v["figures"]["auc"] for v in layers.values() if "figures" in v]
    parts = (shown.get("true_positive"), shown.get("false_positive", shown["flagged"]))
    cells = [f"`{found['name']}`", site, f"{found['rows']:,}", str(shown["clusters"])]
    cells += [f"{shown[k]:.2f}" for k in ("noise", "flagged")]
    cells += ["-" if value is None else f"{value:.2f}" for value in parts]
    cells += [f"{shown['figures']['auc']:.3f}", f"{max(aucs):.3f}"] if aucs else ["-", "-"]
    return row(cells)


def main() -> None:
    """The command line."""
    for_each_suspect(__doc__, "cube", clustered)


if __name__ == "__main__":
    main()
