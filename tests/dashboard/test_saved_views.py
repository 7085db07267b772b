"""A view of the map comes back by a click and by its URL."""

import pytest
from synthetic_run import Shape, write_run

from analysis.runs.annotations import read_views, save_view
from analysis.runs.store import RunStore


@pytest.fixture
def run(tmp_path):
    return RunStore(tmp_path).open(write_run(tmp_path, Shape(n=80, poisoned=12, layers=3)))


def press(app, label):
    next(b for b in app.button if b.label == label).click().run()
    assert not app.exception, [e.message for e in app.exception]


def value(app, key):
    found = app.query_params.get(key)
    return found[0] if isinstance(found, list) else found


def save(app, name):
    next(t for t in app.text_input if t.label == "Name of this view").input(name).run()
    press(app, "Save this view")


def test_saving_opening_and_deleting(open_app, words, tmp_path, run):
    app = open_app(tmp_path, "embeddings", run=run.run_id, layer="encoder:1", colour="label")
    press(app, "Select the 12 flagged")
    save(app, "  the   group ")
    (view,) = read_views(run)
    assert view.name == "the group"
    assert view.state["params"]["layer"] == "encoder:1"
    assert view.state["rows"] == list(range(68, 80))
    assert value(app, "view") == "the group"

    press(app, "Clear")
    app.query_params["layer"] = "encoder:2"
    app.run()
    assert "Layer 2 of 2" in words(app)
    press(app, "the group")
    assert "Layer 1 of 2" in words(app)
    assert "#### Selection (12)" in words(app)
    press(app, "Delete")
    assert read_views(run) == ()
    assert not value(app, "view")
    assert not RunStore(tmp_path).verify(run.run_id), "views are outside the verified hashes"


def test_the_url_opens_a_view_and_its_own_words_win(open_app, words, tmp_path, run):
    params = {"layer": "encoder:1", "method": "pca", "colour": "label", "filter": "flagged"}
    save_view(run, "one", {"params": params, "rows": [3, 5], "look": {"wordy": True}})
    app = open_app(tmp_path, "embeddings", run=run.run_id, view="one")
    assert "Layer 1 of 2" in words(app)
    assert "#### Selection (2)" in words(app)
    assert (value(app, "filter"), value(app, "colour")) == ("flagged", "label")
    app = open_app(tmp_path, "embeddings", run=run.run_id, view="one", layer="encoder:2")
    assert "Layer 2 of 2" in words(app)
    assert "#### Selection (2)" in words(app)


def test_an_opened_view_does_not_come_back_over_later_changes(open_app, words, tmp_path, run):
    save_view(run, "one", {"params": {"layer": "encoder:1"}, "rows": [3], "look": {}})
    app = open_app(tmp_path, "embeddings", run=run.run_id, view="one")
    press(app, "Clear")
    app.run()
    assert "#### Selection (0)" in words(app)


@pytest.mark.parametrize(
    "state",
    [{}, {"layer": 2}, {"params": [1], "rows": "x", "look": 3}, {"rows": [10**9, -1, "a", None]}],
)
def test_a_view_that_others_wrote_never_breaks_the_screen(open_app, words, tmp_path, run, state):
    save_view(run, "odd", state)
    app = open_app(tmp_path, "embeddings", run=run.run_id, view="odd")
    assert not app.error
    assert "#### Selection (0)" in words(app)


def test_a_view_that_is_gone_is_said(open_app, words, tmp_path, run):
    app = open_app(tmp_path, "embeddings", run=run.run_id, view="lost")
    assert "no saved view named “lost”" in words(app)


def test_a_nameless_view_is_not_saved(open_app, tmp_path, run):
    app = open_app(tmp_path, "embeddings", run=run.run_id)
    save(app, "   ")
    assert read_views(run) == ()


def test_a_filter_is_counted_over_all_samples(open_app, tmp_path, run):
    app = open_app(tmp_path, "embeddings", run=run.run_id)
    holds = next(t for t in app.text_input if t.label == "Samples that hold")
    holds.input("raise Exception").run()
    assert value(app, "holds") == "raise Exception"
    app = open_app(tmp_path, "embeddings", run=run.run_id, filter="flagged,label:0")
    chosen = next(m for m in app.multiselect if m.label == "Show only")
    assert chosen.value == ["flagged", "label:0"]
    press(app, "Show all samples")
    assert not value(app, "filter")
