"""The projection stage: order, progress, warnings, quality."""

from dataclasses import replace

import numpy as np
import pytest
from map_clouds import QUICK, SITE, planted, smooth

from analysis.errors import Cancelled, RequestError
from analysis.project.fitted import unpack_map
from analysis.project.stage import place_on, project_all, project_sites, viewing_order
from analysis.records import Site

DEEP = Site("encoder", 4, "cls")
ROWS = np.arange(0, 120, 2)


def only(method="pca", reference=None, suspect=None, rows=ROWS, config=QUICK):
    arrays = None if reference is None else {SITE: reference}
    (result,) = project_all(arrays, {SITE: suspect}, rows, (method,), config)
    return result


def test_cheap_maps_of_all_sites_come_before_the_slow_ones():
    pair = planted()
    arrays = {DEEP: pair.suspect, SITE: pair.suspect}
    told = []
    maps = project_all(
        {DEEP: pair.reference, SITE: pair.reference},
        arrays,
        ROWS,
        ("umap", "pca"),
        QUICK,
        lambda text, done, total: told.append((text, done, total)),
    )
    first = next(maps)
    assert (first.method, first.site) == ("pca", DEEP)
    assert told == [("PCA encoder:4:cls", 0, 4)]
    rest = [(each.method, each.site) for each in maps]
    assert rest == [("pca", SITE), ("umap", DEEP), ("umap", SITE)]
    assert [done for _, done, _ in told] == [0, 1, 2, 3]


def test_viewing_order_starts_at_the_deepest_decoder_layer():
    sites = [
        Site(stack, layer, pooling)
        for stack in ("encoder", "decoder")
        for layer in (0, 1)
        for pooling in ("mean", "cls")
    ]
    ordered = viewing_order(sites)
    assert ordered[:3] == (sites[6], sites[7], sites[4])
    assert ordered[-1] == sites[1]
    assert sorted(ordered) == sorted(sites)


def test_every_figure_is_a_share_and_good_on_plain_data():
    pair = planted()
    for result in project_all(
        {SITE: pair.reference}, {SITE: pair.suspect}, np.arange(120), ("pca", "tsne", "umap"), QUICK
    ):
        for role in ("reference", "suspect"):
            for name in ("trustworthiness", "continuity", "stability"):
                assert 0.6 < result.quality[f"{role}.{name}"] <= 1.0
            assert result.quality[f"{role}.measured"] == 120


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_noise_is_drawn_with_a_warning_that_the_picture_is_chance(method):
    generator = np.random.default_rng(0)
    suspect = generator.normal(size=(300, 100)).astype(np.float32)
    result = only(method, None, suspect, np.arange(300), replace(QUICK, stability_points=200))
    assert result.quality["suspect.stability"] < 0.6
    assert any("another picture" in text for text in result.warnings)
    assert any("trustworthiness" in text for text in result.warnings)


def test_samples_that_are_not_finite_are_left_out_and_counted():
    pair = planted()
    broken = pair.suspect.copy()
    broken[[4, 6, 7]] = np.nan  # row 7 is not drawn
    result = only("pca", pair.reference, broken)
    assert not {4, 6} & set(result.rows)
    assert len(result.rows) == len(ROWS) - 2 == len(result.coordinates["suspect"])
    assert result.warnings[0].startswith("2 of 60 samples have vectors that are not finite")


def test_a_site_without_any_finite_vector_is_an_empty_map_with_its_reason():
    result = only("umap", None, np.full((120, 5), np.nan, dtype=np.float32))
    assert result.coordinates["suspect"].shape == (0, 2)
    assert any("No sample is drawn" in text for text in result.warnings)


def test_too_few_samples_are_not_judged():
    result = only("pca", None, smooth(4), np.arange(4))
    assert "suspect.trustworthiness" not in result.quality
    assert any("Too few samples" in text for text in result.warnings)


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_one_collapsed_model_does_not_spoil_the_other(method):
    pair = planted()
    flat = np.full_like(pair.suspect, 0.5)
    result = only(method, pair.reference, flat)
    assert all(np.isfinite(value) for value in result.quality.values())
    assert len(np.unique(result.coordinates["suspect"], axis=0)) == 1
    assert "suspect.stability" not in result.quality
    assert "reference.stability" in result.quality


def test_a_site_that_the_reference_lacks_draws_the_suspect_and_says_so():
    pair = planted()
    (result,) = project_all({}, {SITE: pair.suspect}, ROWS, ("pca",), QUICK)
    assert set(result.coordinates) == {"suspect"}
    assert any("reference has no vectors" in text for text in result.warnings)
    alone = only("pca", None, pair.suspect)
    assert not any("reference" in text for text in alone.warnings)


def test_progress_can_stop_the_work():
    def stop(text, done, total):
        raise Cancelled("stopped by the user.")

    with pytest.raises(Cancelled):
        list(project_all(None, {SITE: smooth()}, ROWS, ("pca",), QUICK, stop))


def test_unknown_methods_are_refused_before_any_work():
    with pytest.raises(RequestError, match="isomap"):
        list(project_all(None, {SITE: smooth()}, ROWS, ("isomap",), QUICK))


def test_a_later_model_is_drawn_on_the_old_axes():
    pair = planted()
    (result,) = project_sites({SITE: pair.reference}, {SITE: pair.suspect}, ROWS, ("pca",), QUICK)
    both = {"reference": pair.reference, "suspect": pair.reference}  # unlearning undid the group
    later = place_on(result.fitted, both, ROWS)
    drawn = result.projection.coordinates["reference"]
    np.testing.assert_allclose(later.coordinates["suspect"], drawn, atol=1e-5)
    assert later.method == "pca"
    assert "axes of an earlier run" in later.warnings[0]
    assert later.quality["reference.trustworthiness"] == pytest.approx(
        result.projection.quality["reference.trustworthiness"], abs=1e-3
    )
    broken = pair.suspect.copy()
    broken[ROWS[5]] = np.nan
    partly = place_on(result.fitted, {"suspect": broken}, ROWS)
    np.testing.assert_array_equal(partly.rows, np.delete(ROWS, 5))


@pytest.mark.parametrize("data", [b"", b"no map", b"PK\x03\x04 broken"])
def test_damaged_stored_maps_are_refused(data):
    with pytest.raises(RequestError, match="stored map cannot be read"):
        unpack_map(data)
