"""A set too large to draw whole: which part is drawn, and that the rest stays within reach."""

import numpy as np
import pytest
from synthetic_run import Shape, write_run

from analysis.runs.store import RunStore
from dashboard import map_source
from dashboard.payload import build_payload
from dashboard.solid import METHOD

SHAPE = Shape(n=300, poisoned=30, layers=3)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    run = RunStore(root).open(write_run(root, SHAPE))
    samples = run.table("samples").merge(run.table("ranking"), on="sample_id", sort=False)
    return run, samples


@pytest.fixture
def small_limit(monkeypatch):
    def draw(samples, placed, kept, limit=100):
        return rows_to_draw(samples, placed, kept, limit)

    rows_to_draw = map_source.rows_to_draw
    monkeypatch.setattr(map_source, "MOST_DRAWN", 100)
    monkeypatch.setattr(map_source, "rows_to_draw", draw)


def payload(stored, method, kept=None):
    run, samples = stored
    source = map_source.stored_source(run, samples, ("encoder", "mean", method), kept, "v")
    return build_payload(source, "light")


@pytest.mark.parametrize("method", ["umap", METHOD])
def test_a_part_is_drawn_and_says_so_with_every_flagged_sample(stored, small_limit, method):
    drawn = payload(stored, method)
    assert len(drawn.rows) == 100
    assert drawn.meta["partial"]
    assert set(np.flatnonzero(stored[1]["flagged"])) <= set(drawn.rows)
    words = [part[1] for part in drawn.meta["layers"][0]["quality"][0]]
    assert "100 of 300 shown" in words
    for cloud in drawn.coordinates.values():
        assert np.isfinite(cloud).all(), "both models and every layer draw the same samples"


def test_a_filter_draws_other_samples_of_a_large_set(stored, small_limit):
    kept = np.zeros(300, dtype=bool)
    kept[50:130] = True
    drawn = payload(stored, "umap", kept)
    np.testing.assert_array_equal(drawn.rows, np.arange(50, 130))


@pytest.mark.parametrize("method", ["umap", METHOD])
def test_a_small_set_is_drawn_whole_whatever_the_filter(stored, method):
    drawn = payload(stored, method, np.arange(300) < 5)
    assert len(drawn.rows) == 300
    assert not drawn.meta["partial"]


def test_a_score_span_selects_among_all_samples_of_a_large_set(stored, monkeypatch):
    from dashboard.components import scatter

    run, samples = stored
    chosen = []
    monkeypatch.setattr(scatter, "_component_value", lambda _: {"low": 0.0, "high": 0.5, "last": 0})
    monkeypatch.setattr(scatter.services, "open_run", lambda _: run)
    monkeypatch.setattr(scatter.services, "samples", lambda _: samples)
    monkeypatch.setattr(scatter.map_services, "kept_samples", lambda *_: np.arange(300) < 290)
    monkeypatch.setattr(scatter.map_state, "select", lambda _, rows: chosen.extend(rows))
    monkeypatch.setattr(scatter, "asked_filter", lambda: ("", ""))
    scatter._on_brush("any")
    expected = samples["score"].between(0.0, 0.5, inclusive="left") & (np.arange(300) < 290)
    assert chosen == np.flatnonzero(expected).tolist()
    assert chosen
