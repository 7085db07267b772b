"""The address and the session's memory of it: steps back, links that carry nothing, other runs."""

import pytest

from dashboard.components import sidebar

PICKER = "kenshin_run_picker"
METHOD = "kenshin_control_method"


@pytest.fixture
def opened(open_app, stored):
    runs, found, _ = stored
    app = open_app(runs, "embeddings", run=found)
    app.session_state["kenshin_changed"] = 0.0  # nothing was chosen just now
    return app


def other_method(app):
    usual = app.session_state[METHOD]
    return usual, next(name for name in ("pca", "umap", "tsne") if name != usual)


def test_a_step_back_takes_a_choice_back(opened):
    usual, chosen = other_method(opened)
    opened.segmented_control(key=METHOD).set_value(chosen).run()
    assert "method" in opened.query_params
    opened.session_state["kenshin_changed"] = 0.0
    del opened.query_params["method"]  # as the browser's Back button does
    opened.run()
    assert opened.session_state[METHOD] == usual


def test_a_request_that_is_older_than_a_choice_does_not_undo_it(opened):
    _, chosen = other_method(opened)
    opened.segmented_control(key=METHOD).set_value(chosen).run()
    del opened.query_params["method"]
    opened.run()
    assert opened.session_state[METHOD] == chosen
    assert "method" in opened.query_params


def test_a_page_that_is_entered_sends_its_widgets_what_they_show(opened):
    assert opened.selectbox(key=PICKER).proto.set_value
    opened.run()
    assert not opened.selectbox(key=PICKER).proto.set_value  # shown already: nothing is sent
    opened.switch_page("views/anomalies.py").run()
    assert opened.selectbox(key=PICKER).proto.set_value


def test_another_run_begins_without_the_choices_of_the_last(opened, stored):
    _, _, clean = stored
    _, chosen = other_method(opened)
    opened.segmented_control(key=METHOD).set_value(chosen).run()
    opened.query_params.clear()
    opened.query_params["run"] = clean
    opened.switch_page("views/anomalies.py").run()
    assert "method" not in opened.query_params
    assert opened.session_state["kenshin_remembered"]["method"] == ""


def test_a_run_with_new_words_is_shown_again(opened, monkeypatch):
    """A browser knows a choice by its words: those of a run that ends would be no option."""
    opened.run()
    assert not opened.selectbox(key=PICKER).proto.set_value
    labels = sidebar.run_labels
    monkeypatch.setattr(
        sidebar, "run_labels", lambda runs: {i: f"{w} now" for i, w in labels(runs).items()}
    )
    opened.run()
    assert opened.selectbox(key=PICKER).proto.set_value
