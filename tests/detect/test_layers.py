import numpy as np
import pytest

from analysis.detect.layer_stats import (
    DIRECTION,
    RANDOM_DIRECTION,
    RANDOM_ROWS,
    adjust,
    direction_stats,
    located_stats,
    tail_stats,
    with_truth,
)
from analysis.detect.layers import (
    ELSEWHERE,
    SiteContext,
    make_groups,
    output_site,
    score_predictions,
    score_site,
)
from analysis.detect.separation import draw_rows
from analysis.detect.specs import DETECTORS, detector
from analysis.records import Predictions, Site

SITE = Site("encoder", 1, "mean")
N, D = 400, 10


def predictions(classes, model="suspect"):
    return Predictions(model, np.eye(2, dtype=np.float32)[classes] * 0.8 + 0.1, "argmax")


@pytest.fixture
def pair():
    """The suspect moves 40 rows of class 0 along a small direction; the reference does not."""
    rng = np.random.default_rng(0)
    classes = np.arange(N) % 2
    base = rng.normal(size=(N, D)) * np.linspace(3, 0.3, D)
    located = np.flatnonzero(classes == 0)[:40]
    suspect = base + 0.1 * rng.normal(size=(N, D))
    suspect[located, D - 1] += 2.0
    features = {"suspect": suspect.astype(np.float32), "reference": base.astype(np.float32)}
    groups = make_groups(predictions(classes), None, N)
    return features, {"suspect": groups, "reference": groups}, located


def test_groups_are_predicted_classes_else_labels_else_all():
    classes = np.array([0, 1, 1, 0])
    assert make_groups(predictions(classes), 1 - classes, 4)["0"].tolist() == [0, 3]
    assert make_groups(None, classes, 4)["1"].tolist() == [1, 2]
    assert make_groups(None, None, 3)["all"].tolist() == [0, 1, 2]


def test_every_detector_reports_for_every_model_and_group(pair):
    features, groups, _ = pair
    context = SiteContext(
        trusted={m: v[200:] for m, v in features.items()},
        trusted_groups={m: {"0": np.arange(100), "1": np.arange(3)} for m in features},
    )
    specs = [spec for spec in DETECTORS if spec.name != "umap_clusters"]  # seconds per group
    scores = list(score_site(SITE, features, groups, context, specs))
    cells = {(s.detector, s.model, s.group): s for s in scores}
    vectors = [s for s in specs if s.fits_on not in ELSEWHERE]
    assert len(cells) == len(scores) == 4 * len(vectors)
    assert cells["mahalanobis", "suspect", "1"].skipped.startswith("only 3 trusted")
    for score in scores:
        if not score.skipped:
            assert score.rows.tolist() == groups[score.model][score.group].tolist()
            assert score.values.dtype == np.float32
            assert np.isfinite(score.values).all()


def test_small_groups_and_constant_vectors_are_skipped_with_a_reason():
    features = {"suspect": np.ones((60, 4), dtype=np.float32)}
    groups = {"suspect": {"0": np.arange(50), "1": np.arange(50, 60)}}
    scores = list(score_site(SITE, features, groups, SiteContext(), DETECTORS[:2]))
    reasons = {s.group: s.skipped for s in scores}
    assert reasons["0"] == "the vector is the same for every sample"
    assert reasons["1"].startswith("only 10 samples")
    assert all(len(s.rows) == 0 for s in scores)


def test_located_rows_stand_out_in_the_suspect_beyond_the_reference(pair):
    features, groups, located = pair
    stats = adjust(direction_stats(SITE, features, groups, located, 0))
    suspect = next(r for r in stats if r.model == "suspect")
    reference = next(r for r in stats if r.model == "reference")
    assert suspect.detector == DIRECTION
    assert suspect.value > 0.95
    assert 0.3 < reference.value < 0.7
    assert suspect.surplus > 0.2
    assert suspect.p_adjusted < 1e-6


def test_random_rows_and_a_random_direction_show_what_nothing_looks_like(pair):
    features, groups, located = pair
    found = {}
    for seed in range(5):
        for row in direction_stats(SITE, features, groups, located, seed):
            if row.model == "suspect":
                found.setdefault(row.detector, []).append(row.value)
    assert np.mean(found[DIRECTION]) > 0.95
    assert 0.3 < np.mean(found[RANDOM_ROWS]) < 0.7
    assert np.mean(found[RANDOM_DIRECTION]) < np.mean(found[DIRECTION])
    hold = np.isin(np.arange(N), located)
    drawn = draw_rows(hold, 0)
    assert drawn.sum() == hold.sum()
    assert not (drawn & hold).any()


def test_located_rows_of_a_clean_pair_stay_in_the_band(pair):
    features, groups, located = pair
    same = {"suspect": features["reference"], "reference": features["reference"]}
    stats = direction_stats(SITE, same, groups, located, 0)
    suspect = next(r for r in stats if r.model == "suspect")
    assert suspect.null_low <= suspect.value <= suspect.null_high
    assert suspect.p_value > 0.3


def test_tail_rows_have_a_null_only_with_a_reference(pair):
    features, groups, _ = pair
    specs = [detector("spectral"), detector("knn_distance")]
    scores = list(score_site(SITE, features, groups, SiteContext(), specs))
    rows = tail_stats(scores, 0)
    assert all(np.isfinite(r.p_value) == (r.model == "suspect") for r in rows)
    alone = tail_stats([s for s in scores if s.model == "suspect"], 0)
    assert all(np.isnan(r.p_value) and np.isnan(r.null_low) for r in alone)


def test_truth_fills_auc_and_nothing_else(pair):
    features, groups, located = pair
    scores = list(score_site(SITE, features, groups, SiteContext(), [detector("knn_distance")]))
    rows = tail_stats(scores, 0)
    truth = np.isin(np.arange(N), located)
    told, inverted = with_truth(rows, scores, truth), with_truth(rows, scores, ~truth)
    for plain, a, b in zip(rows, told, inverted, strict=True):
        assert np.isnan(plain.auc)
        assert (a.value, a.p_value) == pytest.approx((b.value, b.p_value), nan_ok=True)
        if plain.group == "0":
            assert a.auc == pytest.approx(1 - b.auc)


def test_detector_scores_of_located_rows_use_the_rows_of_their_group(pair):
    features, groups, located = pair
    scores = list(score_site(SITE, features, groups, SiteContext(), [detector("knn_distance")]))
    rows = located_stats(scores, located, N)
    assert {r.group for r in rows} == {"0"}
    assert all(r.n == 200 and r.n_located == 40 for r in rows)


def test_disagreement_is_filed_under_the_last_output():
    classes = np.arange(60) % 2
    suspect, reference = predictions(classes), predictions(1 - classes, "reference")
    site = output_site([SITE, Site("decoder", 0, "cls"), Site("decoder", 3, "mean")])
    assert site == Site("decoder", 3, "head")
    groups = make_groups(suspect, None, 60)
    scores = list(score_predictions(site, suspect, reference, groups, detector("disagreement")))
    np.testing.assert_allclose(scores[0].values, 0.8, rtol=1e-6)


def test_residual_has_a_clean_band_from_the_reference_explained_by_the_suspect(pair):
    features, groups, located = pair
    few = located[:15]
    features["suspect"] = features["reference"] + 0.1 * np.random.default_rng(8).normal(size=(N, D))
    features["suspect"][few, 4] += 1.5
    # The reference holds nothing that the suspect lacks but the same amount of noise.
    spec = [detector("reference_residual")]
    scores = list(score_site(SITE, features, groups, SiteContext(), spec))
    assert {s.model for s in scores} == {"suspect", "reference"}
    rows = located_stats(scores, few, N)
    suspect = next(r for r in rows if r.model == "suspect")
    assert suspect.value > 0.9
    assert np.isfinite(suspect.null_low)
    assert np.isfinite([r.p_value for r in tail_stats(scores, 0) if r.model == "suspect"]).all()
