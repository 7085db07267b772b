"""One contract for every registered projector."""

from dataclasses import replace

import numpy as np
import pytest
from map_clouds import QUICK, SITE, planted, smooth

from analysis.errors import RequestError
from analysis.project.fit import fit_map
from analysis.project.fitted import pack_map, unpack_map
from analysis.project.specs import PROJECTORS

pytestmark = pytest.mark.parametrize("method", [spec.name for spec in PROJECTORS])


def draw(method, reference, suspect, rows=None, **settings):
    return fit_map(reference, suspect, SITE, replace(QUICK, method=method, **settings), rows)


def test_coordinates_have_the_documented_form(method):
    pair = planted()
    before = pair.suspect.copy()
    fitted = draw(method, pair.reference, pair.suspect, np.arange(0, 120, 2))
    assert set(fitted.coordinates) == {"reference", "suspect"}
    for drawn in fitted.coordinates.values():
        assert drawn.shape == (60, 2)
        assert drawn.dtype == np.float32
        assert np.isfinite(drawn).all()
    np.testing.assert_array_equal(fitted.rows, np.arange(0, 120, 2))
    np.testing.assert_array_equal(pair.suspect, before)
    assert fitted.drawn_by == method
    assert fitted.warnings == ()


def test_same_seed_same_bytes(method):
    pair = planted()
    first, second = (draw(method, pair.reference, pair.suspect, seed=4) for _ in range(2))
    assert first.layout.tobytes() == second.layout.tobytes()
    assert pack_map(first) == pack_map(second)


def test_the_seed_reaches_the_optimiser(method):
    pair = planted()
    a, b = (draw(method, pair.reference, pair.suspect, seed=s).layout for s in (0, 1))
    assert (a.tobytes() == b.tobytes()) == (method == "pca")


def test_equal_models_share_every_coordinate(method):
    vectors = smooth()
    drawn = draw(method, vectors, vectors.copy()).coordinates
    np.testing.assert_array_equal(drawn["reference"], drawn["suspect"])


def test_order_of_samples_and_of_models_does_not_matter(method):
    pair = planted()
    order = np.random.default_rng(0).permutation(120)
    drawn = draw(method, pair.reference, pair.suspect).coordinates
    mixed = draw(method, pair.suspect[order], pair.reference[order]).coordinates
    np.testing.assert_array_equal(mixed["reference"], drawn["suspect"][order])
    np.testing.assert_array_equal(mixed["suspect"], drawn["reference"][order])


def test_a_planted_group_stays_apart_in_the_suspect_only(method):
    pair = planted()
    drawn = draw(method, pair.reference, pair.suspect).coordinates

    def gap(points):
        means = points[pair.group].mean(axis=0) - points[~pair.group].mean(axis=0)
        spread = points[pair.group].std() + points[~pair.group].std()
        return np.linalg.norm(means) / spread

    # Leave-one-out neighbour vote: the group's members have only each other as neighbours.
    squared = ((drawn["suspect"][:, None] - drawn["suspect"][None]) ** 2).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    vote = pair.group[np.argsort(squared, axis=1)[:, :5]].mean(axis=1) > 0.5
    np.testing.assert_array_equal(vote, pair.group)
    assert gap(drawn["suspect"]) > 3 * gap(drawn["reference"])


def test_shift_and_turn_of_both_models_keep_the_map(method):
    pair = planted(d=6)
    turn, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))
    a = draw(method, pair.reference, pair.suspect).coordinates["suspect"]
    moved = [(v @ turn + 5).astype(np.float32) for v in (pair.reference, pair.suspect)]
    b = draw(method, *moved).coordinates["suspect"]
    near_a, near_b = (np.argsort(((c[:, None] - c) ** 2).sum(axis=2), axis=1) for c in (a, b))
    shared = np.mean(
        [len(set(x[:11]) & set(y[:11])) / 11 for x, y in zip(near_a, near_b, strict=True)]
    )
    assert shared > (0.99 if method == "pca" else 0.6)  # by chance 0.13; descents are chaotic


def test_a_drift_of_one_model_stays_visible(method):
    reference = smooth()
    drawn = draw(method, reference, reference + np.float32(4)).coordinates
    distance = np.linalg.norm(drawn["suspect"].mean(axis=0) - drawn["reference"].mean(axis=0))
    assert distance > 2 * drawn["reference"].std()


def test_fitted_points_find_their_own_place_and_never_move(method):
    pair = planted()
    fitted = draw(method, pair.reference, pair.suspect)
    before = fitted.layout.copy()
    for role, vectors in (("reference", pair.reference), ("suspect", pair.suspect)):
        np.testing.assert_allclose(
            fitted.place(vectors), fitted.coordinates[role], atol=1e-5 * np.ptp(before)
        )
    nudged = pair.suspect + np.float32(1e-3) * smooth(seed=8)
    shift = np.linalg.norm(fitted.place(nudged) - fitted.coordinates["suspect"], axis=1)
    assert np.median(shift) < 0.05 * np.ptp(before, axis=0).max()
    np.testing.assert_array_equal(fitted.layout, before)


def test_new_points_land_in_the_group_they_belong_to(method):
    pair, later = planted(n=150), planted(n=150, seed=0)
    fitted = draw(method, pair.reference, pair.suspect, np.arange(100))
    drawn, group = fitted.coordinates["suspect"], pair.group[:100]
    new = fitted.place(later.suspect[100:])
    centres = np.stack([drawn[~group].mean(axis=0), drawn[group].mean(axis=0)])
    nearer = ((new[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearer.astype(bool), later.group[100:])


def test_company_does_not_change_where_a_point_is_placed(method):
    pair = planted()
    fitted = draw(method, pair.reference, pair.suspect)
    new = pair.suspect + np.float32(0.1) * smooth(seed=5)
    together = fitted.place(new)
    np.testing.assert_allclose(fitted.place(new[40:43]), together[40:43], atol=1e-4)
    np.testing.assert_array_equal(together, fitted.place(new))
    assert fitted.place(new[:0]).shape == (0, 2)


def test_a_stored_map_is_the_same_map(method):
    pair = planted()
    fitted = draw(method, pair.reference, pair.suspect)
    restored = unpack_map(pack_map(fitted))
    assert (restored.site, restored.config, restored.drawn_by) == (SITE, fitted.config, method)
    for role, drawn in fitted.coordinates.items():
        np.testing.assert_array_equal(restored.coordinates[role], drawn)
    np.testing.assert_array_equal(restored.rows, fitted.rows)
    new = pair.suspect + np.float32(0.1) * smooth(seed=5)
    np.testing.assert_array_equal(restored.place(new), fitted.place(new))


@pytest.mark.parametrize(
    ("case", "vectors"),
    [
        ("no rows", smooth(0)),
        ("one row", smooth(1)),
        ("two rows", smooth(2)),
        ("constant", np.full((40, 24), 0.1, dtype=np.float32)),
        ("two values", np.repeat(smooth(2), 30, axis=0)),
        ("few rows", smooth(20)),
        ("duplicates", np.tile(smooth(25), (4, 1))),
        ("one column", smooth(60, 1)),
        ("a line", np.outer(np.arange(60), np.ones(5)).astype(np.float32)),
        ("huge", smooth(60) * np.float32(1e30)),
        ("tiny", smooth(60) * np.float32(1e-20)),
        ("one far point", np.concatenate([smooth(60), smooth(1) + np.float32(1e6)])),
    ],
)
@pytest.mark.parametrize("paired", [True, False])
def test_degenerate_vectors_give_finite_maps(method, case, vectors, paired):
    reference = vectors[::-1].copy() if paired else None
    fitted = draw(method, reference, vectors)
    drawn = fitted.coordinates["suspect"]
    assert drawn.shape == (len(vectors), 2)
    assert np.isfinite(drawn).all()
    assert np.isfinite(fitted.place(vectors)).all()
    different = len(np.unique(vectors, axis=0))
    if different <= 1:
        np.testing.assert_array_equal(drawn, 0.0)
        assert fitted.warnings
    elif different < 16 and method != "pca":
        assert "principal components are shown instead" in fitted.warnings[0]
    if len(vectors):
        _, inverse = np.unique(vectors, axis=0, return_inverse=True)
        assert len(np.unique(drawn, axis=0)) == inverse.max() + 1  # equal vectors, equal places


def test_vectors_that_cannot_share_a_map_are_refused(method):
    vectors = smooth()
    with pytest.raises(RequestError, match="differ in shape"):
        draw(method, vectors[:, :5], vectors)
    broken = vectors.copy()
    broken[3, 1] = np.inf
    with pytest.raises(RequestError, match="not finite"):
        draw(method, vectors, broken)
    fitted = draw(method, None, vectors)
    with pytest.raises(RequestError, match="do not fit the map"):
        fitted.place(vectors[:, :5])
    with pytest.raises(RequestError, match="not finite"):
        fitted.place(broken)
