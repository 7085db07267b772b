"""Three axes from the map files that runs store, and the view of a map as checked JSON."""

import numpy as np
import pytest
from synthetic_run import Shape, write_run

from analysis.pipeline.maps import map_file
from analysis.project.config import MapConfig
from analysis.project.fit import fit_map
from analysis.project.fitted import pack_map
from analysis.records import Site
from analysis.runs.store import RunStore
from dashboard.look import clean_look
from dashboard.map_source import stored_source
from dashboard.payload import build_payload
from dashboard.solid import METHOD, read_solid, solid_layers


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run with one map as the pipeline stores it: (run, samples, fitted map)."""
    root = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    reference, suspect = rng.normal(size=(40, 8)), rng.normal(2, 1, size=(40, 8))
    fitted = fit_map(reference, suspect, Site("encoder", 2, "mean"), MapConfig())
    store = RunStore(root)
    other = store.open(write_run(root, Shape(n=40, poisoned=4, layers=3, stored_maps=False)))
    with store.create("inspect", {}, {}, {}) as run:
        run.write_table("samples", other.table("samples"))
        run.write_table("ranking", other.table("ranking"))
        run.write_bytes(map_file("pca", fitted.site), pack_map(fitted))
    run = store.open(run.run_id)
    return run, run.table("samples").merge(run.table("ranking"), on="sample_id"), fitted


def test_the_first_two_axes_are_the_stored_map_and_the_third_is_the_next_component(stored):
    run, samples, fitted = stored
    assert list(solid_layers(run, "encoder", "mean")) == [2]
    assert solid_layers(run, "encoder", "cls") == {}
    points, shares = read_solid(run, "encoder", "mean", samples)
    for role, flat in fitted.coordinates.items():
        own = points[points["model"] == role].set_index("sample_id")
        own = own.loc[samples["sample_id"].iloc[fitted.rows]]
        np.testing.assert_allclose(own[["x", "y"]], flat, rtol=1e-6)
        np.testing.assert_allclose(own["z"], fitted.features[fitted.members[role], 2])
    assert shares[2] == pytest.approx(
        fitted.basis.variances[:3].sum() / fitted.basis.total_variance
    )


def test_the_payload_keeps_distances_in_three_axes(stored):
    run, samples, _ = stored
    source = stored_source(run, samples, ("encoder", "mean", METHOD), None, "v")
    payload = build_payload(source, "light")
    steps = np.concatenate(
        [payload.points[[f"{axis}0_{m}" for axis in "xyz"]].to_numpy(float) for m in (0, 1)]
    )
    raw = np.concatenate([payload.coordinates[2, model] for model in payload.models])
    ratio = np.linalg.norm(np.diff(steps, axis=0), axis=1)
    ratio /= np.linalg.norm(np.diff(raw, axis=0), axis=1)
    assert np.ptp(ratio) / ratio.mean() < 0.01
    assert payload.meta["layers"][0]["quality"][0][0][0] == "in three axes"


def test_screens_offer_three_axes_only_where_they_are_stored(open_app, tmp_path):
    with_maps = write_run(tmp_path, Shape(n=40, poisoned=4, layers=3))
    app = open_app(tmp_path, "embeddings", run=with_maps, method="pca3")
    assert not app.error
    assert any("PCA 3-D" in str(each.options) for each in app.get("button_group"))
    without = write_run(tmp_path, Shape(n=41, poisoned=4, layers=3, stored_maps=False))
    app = open_app(tmp_path, "embeddings", run=without, method="pca3")
    assert not any("PCA 3-D" in str(b.options) for b in app.get("button_group"))


def test_a_look_from_anyone_becomes_a_look_the_map_can_draw():
    assert clean_look({}) == {}
    odd = {
        "zoom": {"x": float("nan"), "y": "1", "s": 1e9},
        "camera": [1, 2],
        "axes": "<b>",
        "contours": "yes",
        "extra": 1,
    }
    assert clean_look(odd) == {
        "zoom": {"x": 0.0, "y": 0.0, "s": 1.5},
        "camera": {"yaw": 0.6, "pitch": 0.35},
        "axes": "",
        "contours": False,
        "wordy": False,
    }
    good = clean_look({"zoom": {"x": 0.2, "y": -0.1, "s": 0.5}, "axes": "own", "wordy": True})
    assert good["zoom"] == {"x": 0.2, "y": -0.1, "s": 0.5}
    assert clean_look(good) == good
