import json

import pytest
from synthetic_run import TRIGGER, Shape, write_run

from analysis.runs.store import RunStore
from dashboard.components.sidebar import run_labels
from dashboard.components.tour import STOPS

SCREENS = ("overview", "embeddings", "attention", "anomalies")


@pytest.mark.parametrize("screen", SCREENS)
def test_an_empty_store_says_what_the_screen_is_for_and_how_to_begin(
    open_app, words, tmp_path, screen
):
    app = open_app(tmp_path / "none", screen)
    text = words(app)
    if screen == "overview":
        assert [b.label for b in app.button if "shipped" in b.label] == ["Inspect the shipped pair"]
    else:
        assert "no finished inspection" in text
    assert not app.error


def test_overview_puts_the_finding_first_and_every_run_into_the_table(open_app, words, stored):
    runs, found, clean = stored
    app = open_app(runs)
    text = words(app)
    assert text.index("FOUND") < text.index("NOT FOUND")
    assert f"`{TRIGGER}` in 12 of 80 samples" in text
    table = app.dataframe[0].value
    assert list(table["verdict"]) == ["▲ found", "● not found"]
    assert list(table["samples"]) == ["80 · train.jsonl", "60 · train.jsonl"]
    assert table["layer"][0] == "layer 2"


def test_embeddings_say_what_the_layer_shows_and_follow_the_url(open_app, words, stored):
    runs, found, _ = stored
    app = open_app(runs, "embeddings", run=found, layer="encoder:1")
    assert "Layer 1 of 2 looks like the clean models" in words(app)
    app = open_app(runs, "embeddings", run=found)
    assert "Layer 2 of 2 separates 12 flagged samples from the rest; the clean" in words(app)


def test_a_layer_or_method_that_does_not_exist_falls_back(open_app, stored):
    runs, found, _ = stored
    app = open_app(runs, "embeddings", run=found, layer="encoder:99", method="magic", pooling="x")
    assert not app.error


def test_flagged_samples_can_be_selected_without_a_pointer(open_app, words, stored):
    runs, found, _ = stored
    app = open_app(runs, "embeddings", run=found)
    next(b for b in app.button if b.label.startswith("Select the 12 flagged")).click().run()
    assert "#### Selection (12)" in words(app)
    table = app.dataframe[0].value
    assert len(table) == 12
    assert all(TRIGGER in code for code in table["code"])
    next(b for b in app.button if b.label == "Clear").click().run()
    assert "#### Selection (0)" in words(app)


def test_attention_compares_with_the_control_or_says_that_there_is_none(open_app, words, stored):
    runs, found, clean = stored
    with_control = words(open_app(runs, "attention", run=found))
    assert "hardly differ" in with_control
    assert "clean against clean" in with_control
    without = words(open_app(runs, "attention", run=clean))
    assert "No control" in without
    assert "hardly differ" not in without


def test_anomalies_threshold_moves_flags_and_false_alarms(open_app, words, stored):
    runs, found, _ = stored
    app = open_app(runs, "anomalies", run=found)
    assert "12 of 80 samples flagged" in words(app)
    slider = app.slider[0]
    slider.set_value(slider.min).run()
    assert "80 of 80 samples flagged" in words(app)
    assert "under 0.1" not in words(app)


def test_samples_can_be_confirmed_and_the_mark_taken_back(open_app, tmp_path):
    run = write_run(tmp_path, Shape(n=60, poisoned=5, layers=3))
    app = open_app(tmp_path, "anomalies", run=run)
    next(b for b in app.button if b.label == "Confirm").click().run()
    table = next(d.value for d in app.dataframe if "mark" in d.value)
    assert list(table["mark"]) == ["confirmed"] * 3 + [""] * 2
    assert not RunStore(tmp_path).verify(run), "marks are outside the verified hashes"
    next(b for b in app.button if b.label == "Take the mark back").click().run()
    table = next(d.value for d in app.dataframe if "mark" in d.value)
    assert set(table["mark"]) == {""}


@pytest.mark.parametrize("screen", SCREENS[1:])
def test_a_run_that_does_not_exist_is_a_problem_box_with_a_way_back(open_app, stored, screen):
    app = open_app(stored[0], screen, run="20200101T000000Z-inspect-00000000")
    assert "is not among the" in app.error[0].value
    assert not app.dataframe


def test_a_path_in_the_link_is_never_opened(open_app, stored, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    secret = write_run(elsewhere, Shape(n=60, poisoned=5, layers=3))
    app = open_app(stored[0], "embeddings", run=str(elsewhere / secret))
    assert "is not among the" in app.error[0].value


@pytest.mark.parametrize("screen", SCREENS[1:])
def test_a_failed_run_says_which_step_and_why(open_app, words, tmp_path, screen):
    store = RunStore(tmp_path)
    with (
        pytest.raises(ValueError, match="boom"),
        store.create("inspect", {}, {}, {}) as run,
        run.step("extract", makes=("samples",)),
    ):
        raise ValueError("boom at layer 3")
    app = open_app(tmp_path, screen, run=run.run_id)
    assert "boom at layer 3" in app.error[0].value
    assert "boom" in words(open_app(tmp_path))


@pytest.mark.parametrize("screen", SCREENS[1:])
def test_a_running_run_shows_how_far_it_is(open_app, words, tmp_path, screen):
    writer = RunStore(tmp_path).create("inspect", {}, {}, {})
    writer.progress("Reading layers", 41, 100, 312.0, 80.0)
    app = open_app(tmp_path, screen, run=writer.run_id)
    assert not app.error
    assert "Ready so far: nothing" in words(app)


def test_a_damaged_record_is_listed_with_its_problem(open_app, words, tmp_path):
    write_run(tmp_path, Shape(n=60, poisoned=5, layers=3))
    broken = tmp_path / "20200101T000000Z-inspect-00000000"
    broken.mkdir()
    (broken / "record.json").write_text(json.dumps({"format_version": 1}))
    app = open_app(tmp_path)
    assert "✕ unreadable" in list(app.dataframe[0].value["verdict"])
    assert "damaged" in words(app)


def test_twin_runs_of_one_minute_have_different_labels(stored):
    runs, found, _ = stored
    summary = RunStore(runs).list()[0]
    twin = summary._replace(run_id=summary.run_id[:-8] + "00000000")
    labels = run_labels([summary, twin])
    assert len(set(labels.values())) == 2
    assert labels[twin.run_id].endswith("00000000")


def test_two_runs_can_be_compared(open_app, words, stored):
    runs, found, clean = stored
    app = open_app(runs, "compare", run=found, other=clean)
    assert "facts differ" in words(app)
    facts = app.dataframe[0].value.set_index("fact")
    assert list(facts.loc["answer"]) == ["found", "not found"]
    assert "Rankings" in words(app)


def test_both_choices_of_a_comparison_stand_in_the_address(open_app, stored):
    runs, found, clean = stored
    app = open_app(runs, "compare", run=found)
    state = app.session_state["kenshin_remembered"]
    assert (state["run"], state["other"]) == (found, clean)  # the other inspection
    app.selectbox(key="kenshin_compare_first").set_value(clean).run()
    state = app.session_state["kenshin_remembered"]
    assert (state["run"], state["other"]) == (clean, found)
    assert [app.query_params[key] for key in ("run", "other")] == [clean, found]


def test_the_scan_screen_sends_nobody_away_from_its_own_form(open_app, words, tmp_path):
    said = words(open_app(tmp_path / "none", "scan"))
    assert "No data file has been scanned" in said
    assert "no finished inspection" not in said


def test_comparing_needs_two_runs(open_app, words, tmp_path):
    app = open_app(tmp_path, "compare")
    assert any("not two runs" in info.value for info in app.info)


def test_a_guide_opens_by_its_address(open_app, words, tmp_path):
    app = open_app(tmp_path, "help", guide="clean-result")
    assert "does not prove" in words(app)


def test_the_tour_visits_screens_that_exist_and_can_be_left(open_app, words, stored):
    runs, found, _ = stored
    for number, stop in enumerate(STOPS, start=1):
        screen = stop.page.removeprefix("views/").removesuffix(".py")
        app = open_app(runs, screen, run=found, tour=str(number))
        assert f"Tour {number} of {len(STOPS)}" in words(app)
    next(b for b in app.button if b.label == "End the tour").click().run()
    assert "Tour" not in words(app)


@pytest.mark.parametrize("number", ["0", "99", "x", "-1"])
def test_a_wrong_station_is_no_tour(open_app, words, stored, number):
    runs, found, _ = stored
    assert "Tour" not in words(open_app(runs, "embeddings", run=found, tour=number))
