"""Agreement with adversarial-robustness-toolbox 1.20.1 on its own numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.detect.cluster_analysis import analyze_by_relative_size, analyze_by_size
from analysis.detect.configs import SpectralConfig
from analysis.detect.spectral import fit_spectral

ORACLES = Path(__file__).parents[2] / ".." / "shared" / "data" / "oracles"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not ORACLES.exists(), reason="../shared/data is not on this machine"),
]


def cases(name):
    return json.loads((ORACLES / name).read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    ("mode", "column"),
    [("paper", "paper_alg1_centered_squared"), ("art", "art_scores_uncentered_abs")],
)
def test_spectral_scores_equal_the_oracle(number, mode, column):
    case = cases("spectral_scores_art.json")[number]
    features = np.array(case["X"])
    scores = fit_spectral(features, SpectralConfig(mode)).score(features)
    np.testing.assert_allclose(scores, case[column], rtol=1e-8, atol=1e-10)
    top = case["paper_top_k" if mode == "paper" else "art_top_k"]
    assert np.argsort(-scores)[: len(top)].tolist() == top


@pytest.mark.parametrize("number", range(3))
def test_cluster_analysis_equals_the_oracle(number):
    case = cases("clustering_analyzer_art.json")[number]
    rule = {
        "analyze_by_size": analyze_by_size,
        "analyze_by_relative_size": analyze_by_relative_size,
    }[case["fn"]]
    for index, clusters in enumerate(case["clusters_by_class"]):
        verdict = rule(np.array(clusters))
        assert verdict.suspicious.astype(int).tolist() == case["poison_clusters"][index]
        clean = (~verdict.suspicious[np.array(clusters)]).astype(float)
        assert clean.tolist() == case["assigned_clean_by_class"][index]
        report = case["report"][f"Class_{index}"]
        for cluster, share in enumerate(verdict.shares):
            entry = report[f"cluster_{cluster}"]
            assert round(float(share), 2) == entry["ptc_data_in_cluster"]
            assert bool(verdict.suspicious[cluster]) == entry["suspicious_cluster"]
