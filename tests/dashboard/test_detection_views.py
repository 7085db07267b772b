"""Scan, Triggers, Anomalies and the poisoning lab as an analyst meets them."""

import pytest
from synthetic_detection import write_detection_run, write_scan
from synthetic_run import TRIGGER

from analysis.data.specs import TRIGGERS


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder with both runs: (folder, inspection, scan)."""
    runs = tmp_path_factory.mktemp("detection")
    return runs, write_detection_run(runs), write_scan(runs)


def tables(app):
    return {name: frame.value for frame in app.dataframe for name in [tuple(frame.value.columns)]}


def test_triggers_show_the_bank_its_limits_and_the_way_through_the_layers(open_app, words, kept):
    runs, inspection, _ = kept
    app = open_app(runs, "triggers", run=inspection)
    text = words(app)
    assert "40 published triggers" in text
    assert "an excess of 0.12 or more would show" in text
    assert "layer 2 puts them 8 times nearer" in text
    assert "In the reference: 1 times." in text
    assert not app.error


def test_a_sample_that_was_not_followed_says_so(open_app, words, kept):
    runs, inspection, _ = kept
    app = open_app(runs, "triggers", run=inspection)
    box = next(b for b in app.selectbox if b.label == "Sample")
    followed = [i for i in box.options if "s00070" <= i <= "s00075"]
    box.select(next(i for i in box.options if i not in followed)).run()
    assert "not this one" in words(app)
    next(b for b in app.selectbox if b.label == "Sample").select(followed[0]).run()
    assert "This sample: 8 times nearer, most in layer 2." in words(app)


def test_anomalies_say_how_far_the_probabilities_hold_and_what_nothing_looks_like(
    open_app, words, kept
):
    runs, inspection, _ = kept
    app = open_app(runs, "anomalies", run=inspection)
    text = words(app)
    assert "By the calibrated probability 11.2 of the samples are poisoned" in text
    assert "0.0004 [0.0002 to 0.0007]" in text
    controls = tables(app)["control", "figure", "on nothing", "here"]
    assert controls["on nothing"].tolist() == ["0"]
    assert len(tables(app)["probability", "poisoned", "interval", "samples", "models"]) == 2


def test_older_runs_without_calibration_or_controls_still_open(open_app, words, stored):
    runs, found, _ = stored
    app = open_app(runs, "anomalies", run=found)
    assert "not calibrated" in words(app)
    assert ("control", "figure", "on nothing", "here") not in tables(app)
    assert "Its way through the layers" not in words(open_app(runs, "triggers", run=found))


def test_a_scan_shows_its_answer_its_text_and_its_control(open_app, words, kept):
    runs, _, scanned = kept
    app = open_app(runs, "scan", run=scanned)
    text = words(app)
    assert f"The file holds poison: `{TRIGGER}`" in text.replace("``", "`")
    assert "24 of 300 samples" in text
    controls = tables(app)["control", "figure", "on nothing", "here"]
    assert controls["here"][0] == "1"
    assert controls["on nothing"][0] == "0"


def test_a_scan_without_a_file_is_refused_with_a_sentence(open_app, words, kept):
    app = open_app(kept[0], "scan")
    next(b for b in app.button if b.label == "Scan").click().run()
    assert "no sample" in words(app).lower()


def test_the_lab_describes_every_family_and_refuses_an_empty_request(open_app, words, tmp_path):
    app = open_app(tmp_path / "runs", "lab")
    box = next(b for b in app.selectbox if b.label == "Trigger family")
    assert len(box.options) == len(TRIGGERS)
    suffix = next(spec for spec in TRIGGERS if spec.name == "identifier_suffix")
    box.select("identifier_suffix").run()
    assert suffix.summary in words(app)
    next(b for b in app.button if b.label == "Poison a copy").click().run()
    assert app.error


def test_methods_show_what_was_measured_and_what_failed(open_app, words, tmp_path):
    app = open_app(tmp_path, "methods")
    assert "models that had taken a trojan were found" in words(app)
    rankings = app.dataframe[0].value
    assert rankings["AUC, median"].min() < 0.5 < rankings["AUC, median"].max()
    assert list(app.table[1].value["detector"])[:2] == ["activation clustering", "spectral"]


def test_a_detector_has_a_card_on_anomalies(open_app, words, kept):
    runs, inspection, _ = kept
    app = open_app(runs, "anomalies", run=inspection)
    card = next(box for box in app.selectbox if box.key == "kenshin_detector_card")
    assert "random rows" not in card.options  # a control is no detector
    card.select(card.options[-1]).run()
    said = words(app)
    assert all(f"**{part}**" in said for part in ("Sees", "Misses", "Needs", "Measured", "Paper"))
