import numpy as np
import pandas as pd
import pytest
from synthetic_run import Shape, write_run

from analysis.runs.store import RunStore
from dashboard.colouring import available_colours, colour_modes
from dashboard.neighbours import nearest_rows
from dashboard.payload import MISSING, MapSource, build_payload

SHAPE = Shape(n=80, poisoned=12, layers=3)


def source(tmp_path, drop=()):
    run = RunStore(tmp_path).open(write_run(tmp_path, SHAPE))
    chosen = [("method", "=", "pca"), ("pooling", "=", "mean"), ("stack", "=", "encoder")]
    points = run.table("projection", filters=chosen)
    samples = run.table("samples").merge(run.table("ranking"), on="sample_id")
    points = points[~points["sample_id"].isin(drop)]
    metrics = run.record["metrics"]
    return MapSource(points, samples, run.table("layers"), metrics, "encoder", "mean", "pca", "v1")


def test_both_models_share_one_square_and_distances_keep_their_ratio(tmp_path):
    given = source(tmp_path)
    payload = build_payload(given, "light")
    assert payload.models == ("reference", "suspect")
    for i, layer in enumerate(payload.layers):
        steps = np.concatenate(
            [payload.points[[f"x{i}_{m}", f"y{i}_{m}"]].to_numpy(float) for m in (0, 1)]
        )
        raw = np.concatenate([payload.coordinates[layer, m] for m in payload.models])
        a = np.linalg.norm(steps[1:] - steps[:-1], axis=1)
        b = np.linalg.norm(raw[1:] - raw[:-1], axis=1)
        assert np.std(a / b) / np.mean(a / b) < 0.01
        assert steps.max() < MISSING


def test_rows_follow_the_sample_file_whatever_the_order_of_the_table(tmp_path):
    given = source(tmp_path, drop=("s00003", "s00010"))
    shuffled = given.points.sample(frac=1, random_state=0)
    payload = build_payload(MapSource(**{**given.__dict__, "points": shuffled}), "light")
    assert list(payload.rows) == [r for r in range(80) if r not in (3, 10)]
    one = given.points.query("layer == 1 and model == 'suspect' and sample_id == 's00020'")
    place = list(payload.rows).index(20)
    np.testing.assert_allclose(payload.coordinates[1, "suspect"][place], one[["x", "y"]].iloc[0])


def test_a_sample_without_a_place_on_one_layer_is_marked_missing(tmp_path):
    given = source(tmp_path)
    hole = (given.points["sample_id"] == "s00005") & (given.points["layer"] == 2)
    payload = build_payload(MapSource(**{**given.__dict__, "points": given.points[~hole]}), "dark")
    assert payload.points["x2_0"][5] == MISSING
    assert payload.points["x1_0"][5] != MISSING


def test_the_rail_marks_only_the_layer_that_leaves_the_band(tmp_path):
    layers = build_payload(source(tmp_path), "light").meta["layers"]
    assert [entry["excess"] > 1 for entry in layers] == [False, False, True]
    assert "inside the band" in layers[0]["hint"]


def test_colours_are_offered_only_where_there_is_something_to_show(tmp_path):
    samples = source(tmp_path).samples
    assert available_colours(samples) == (
        "flagged",
        "score",
        "label",
        "prediction",
        "disagreement",
    )
    bare = samples[["sample_id", "text"]].assign(
        label=pd.Series([pd.NA] * 80, dtype="Int64"),
        predicted_suspect=pd.Series([pd.NA] * 80, dtype="Int64"),
    )
    assert available_colours(bare) == ("plain",)


def test_missing_predictions_get_their_own_quiet_code(tmp_path):
    samples = source(tmp_path).samples.copy()
    samples["predicted_reference"] = pd.Series([pd.NA, *[1] * 79], dtype="Int64")
    modes, columns = colour_modes(samples, ("reference", "suspect"), "light")
    mode = next(m for m in modes if m["key"] == "prediction")
    codes = columns[mode["columns"][0]]
    assert mode["entries"][codes[0]]["legend"] is False
    assert mode["entries"][codes[1]]["name"] == "predicted 1"
    differs = next(m for m in modes if m["key"] == "disagreement")["columns"][0]
    assert columns[differs][0] == 0


def test_neighbours_agree_with_all_pairs_and_leave_the_sample_out():
    rng = np.random.default_rng(0)
    points, rows = rng.normal(size=(60, 2)).astype(np.float32), np.arange(60) * 2
    near = nearest_rows(points, rows, 20, 5)
    order = np.argsort(np.linalg.norm(points - points[10], axis=1))
    assert list(near) == list(rows[order[1:6]])
    assert nearest_rows(points, rows, 21, 5).size == 0


def test_neighbours_skip_samples_without_a_place():
    points = np.array([[0, 0], [np.nan, np.nan], [1, 1]], dtype=np.float32)
    assert list(nearest_rows(points, np.array([0, 1, 2]), 0, 8)) == [2]
    assert nearest_rows(points, np.array([0, 1, 2]), 1, 8).size == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_flagged_is_vermilion_with_its_own_symbol(tmp_path, theme):
    modes, _ = colour_modes(source(tmp_path).samples, ("reference", "suspect"), theme)
    flagged = modes[0]["entries"][1]
    assert (flagged["colour"], flagged["symbol"]) == ("#D55E00", "diamond")
