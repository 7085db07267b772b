import pandas as pd
import pytest
from synthetic_removal import SHA, begin_removal, write_audit, write_removal
from synthetic_run import Shape, write_run

from analysis.errors import RequestError
from analysis.report.unlearn_words import class_lines, inversion_words, unlearn_sentence
from analysis.report.unlearning_curves import last_attempt, unlearning_curves
from analysis.report.weight_delta import matrices_only, matrix_name
from analysis.runs.annotations import mark_samples
from analysis.runs.store import RunStore
from dashboard import actions
from dashboard.chain import audit_of, shown_answer
from dashboard.components.standing_out import KEYS, shared_rows
from dashboard.unlearn_request import UnlearnForm, audit_argv, forget_file, unlearn_argv

SMALL = Shape(n=80, poisoned=12, layers=3)


@pytest.fixture
def inspected(tmp_path):
    return tmp_path, write_run(tmp_path, SMALL)


@pytest.fixture
def started(monkeypatch):
    """Commands that a screen starts, caught before a process is made."""
    caught = []
    monkeypatch.setattr(actions, "start_job", lambda argv: caught.append(argv) or "job")
    return caught


@pytest.fixture
def words(words):
    """All text of a page without the escapes of Markdown."""
    return lambda app: words(app).replace("\\", "")


def button(app, label):
    return next(b for b in app.button if b.label == label)


def test_an_empty_store_says_what_the_screen_is_for(open_app, words, tmp_path):
    assert "Remove what the flagged samples taught" in words(open_app(tmp_path, "unlearn"))


def test_without_a_retain_set_the_button_waits_and_says_why(open_app, words, inspected, started):
    root, run = inspected
    app = open_app(root, "unlearn", run=run)
    assert button(app, "Clean this model").disabled
    assert "A retain set is needed" in words(app)
    next(t for t in app.text_input if t.label == "Retain set").set_value("clean.jsonl").run()
    assert "Samples to forget: 12." in words(app)
    button(app, "Clean this model").click().run()
    assert started == [["unlearn", f"--from={run}", "--retain=clean.jsonl"]]


def test_marks_and_selections_can_be_forgotten_instead_of_flags(
    open_app, inspected, started, tmp_path
):
    root, run = inspected
    mark_samples(RunStore(root).open(run), ["s00070", "s00071"], "confirmed")
    mark_samples(RunStore(root).open(run), ["s00072", "s00001"], "dismissed")
    app = open_app(root, "unlearn", run=run)
    assert app.radio[0].options == ["Flagged (11)", "Confirmed by hand (2)", "A file"]
    next(t for t in app.text_input if t.label == "Retain set").set_value("clean.jsonl")
    app.radio[0].set_value("confirmed").run()
    button(app, "Clean this model").click().run()
    (argv,) = started
    forget = next(word for word in argv if word.startswith("--forget="))
    rows = pd.read_json(forget.removeprefix("--forget="), lines=True)
    assert list(rows["id"]) == ["s00070", "s00071"]
    assert set(rows["label"]) == {0}


def test_a_method_shows_what_it_misses_and_goes_into_the_command(
    open_app, words, inspected, started
):
    root, run = inspected
    app = open_app(root, "unlearn", run=run)
    next(s for s in app.selectbox if s.label == "Method").set_value("ga").run()
    assert "it breaks or inverts within a few steps" in words(app)
    next(t for t in app.text_input if t.label == "Retain set").set_value("clean.jsonl")
    next(t for t in app.text_input if t.label == "Learning rate").set_value("1e-5").run()
    button(app, "Clean this model").click().run()
    assert started[0][3:] == ["--method=ga", "--learning-rate=1e-5"]


def test_where_nothing_was_flagged_nothing_is_offered(open_app, words, tmp_path):
    run = write_run(tmp_path, Shape(n=60, poisoned=0, layers=3, seed=1), "not_found")
    app = open_app(tmp_path, "unlearn", run=run)
    assert app.radio[0].options == ["A file"]
    next(t for t in app.text_input if t.label == "Retain set").set_value("clean.jsonl").run()
    assert "the detection flagged nothing" in words(app)
    assert button(app, "Clean this model").disabled


def test_a_removal_is_never_just_cleaned(open_app, words, inspected, started):
    root, run = inspected
    removal = write_removal(root, run)
    text = words(app := open_app(root, "unlearn", run=removal))
    assert "CLEANED, NOT AUDITED" in text
    assert "**Cleaned, not audited.**" in text
    assert "Excess ASR 0.83 → 0.01 [-0.02 to 0.04]" in text
    assert "class 0: 0.92 (clean model 0.93), class 1: 0.84 (clean model 0.85)" in text
    assert "Not inverted" in text
    button(app, "Audit now").click().run()
    assert started == [["audit", f"--from={removal}", "--budget=quick"]]
    overview = words(open_app(root))
    assert "CLEANED, NOT AUDITED" in overview
    table = open_app(root).dataframe[0].value
    assert "◐ cleaned, not audited" in list(table["verdict"])
    assert "0.01 [-0.02 to 0.04], n 500" in list(table["excess ASR"])


@pytest.mark.parametrize(
    ("answer", "word"),
    [("removed", "CLEANED, AUDITED: REMOVED"), ("hidden", "AUDITED: ONLY HIDDEN")],
)
def test_an_audit_of_the_same_weights_takes_the_warning_away(
    open_app, words, inspected, answer, word
):
    root, run = inspected
    removal = write_removal(root, run, maps=False)
    write_audit(root, removal, answer)
    text = words(app := open_app(root, "unlearn", run=removal))
    assert word in text
    assert "not audited" not in text.lower()
    assert not any(b.label == "Audit now" for b in app.button)
    assert word in words(open_app(root))


def test_an_audit_of_other_weights_does_not_count(open_app, words, inspected):
    root, run = inspected
    removal = write_removal(root, run, maps=False)
    write_audit(root, removal, sha256="d" * 64)
    assert "**Cleaned, not audited.**" in words(open_app(root, "unlearn", run=removal))


def test_an_inverted_trigger_is_called_so(open_app, words, inspected):
    root, run = inspected
    removal = write_removal(root, run, "inverted", maps=False)
    text = words(app := open_app(root, "unlearn", run=removal))
    assert "INVERTED, NOT REMOVED" in text
    assert not any(b.label == "Audit now" for b in app.button)
    assert "not removed but inverted" in text
    assert "class 0: 0.31 (clean model 0.93)" in text


def test_a_declined_removal_says_why_and_offers_no_audit(open_app, words, inspected):
    root, run = inspected
    app = open_app(root, "unlearn", run=write_removal(root, run, "declined"))
    assert "Nothing was changed: the inspection flagged nothing" in words(app)
    assert not any(b.label == "Audit now" for b in app.button)
    assert not app.metric


def test_details_show_trials_weights_maps_export_and_the_way_back(open_app, words, inspected):
    root, run = inspected
    app = open_app(root, "unlearn", run=write_removal(root, run))
    text = words(app)
    assert "New points were placed on the stored map" in text
    assert "Chosen: Trigger-augmented repair" in text
    assert "most in head, head (7 % of its norm)" in text
    assert "The original model was never touched" in text
    trials = next(d.value for d in app.dataframe if "within budget" in d.value)
    titles = [title.split()[0] for title in trials["method"]]
    assert titles == ["Trigger-augmented", "NPO", "Trigger-augmented"]
    assert [code.value for code in app.code][0] == "runs/.models/x"


def test_a_running_removal_shows_its_curves_before_it_ends(open_app, words, inspected):
    root, run = inspected
    writer = begin_removal(root, run)
    app = open_app(root, "unlearn", run=writer.run_id)
    assert "Full run: Trigger-augmented repair" in words(app)
    assert len(app.get("plotly_chart")) == 1
    writer.cancel()


def test_a_removal_stopped_before_it_was_measured_is_not_called_cleaned(open_app, words, inspected):
    writer = begin_removal(*inspected)
    writer.write_bytes("delta.safetensors", b"bits")
    writer.cancel("stopped by the user")
    app = open_app(inspected[0], "unlearn", run=writer.run_id)
    assert "stopped by the user" in app.error[0].value
    assert "treat this model as not cleaned" in words(app)
    assert "Clean accuracy" not in [metric.label for metric in app.metric]


def test_only_the_last_attempt_is_drawn_with_floor_and_budget(inspected):
    writer = begin_removal(*inspected)
    history = writer.read().table("history")
    writer.cancel()
    rows = last_attempt(history)
    assert set(rows["phase"]) == {"full"}
    assert rows["step"].iloc[0] == 0
    figure = unlearning_curves(rows, "light", 0.02)
    floor, band = figure.layout.shapes
    assert floor.y0 == floor.y1 == pytest.approx(0.15)
    assert (band.y0, band.y1) == (pytest.approx(0.87), pytest.approx(0.91))
    assert list(figure.data[0].y) == list(rows["asr"].dropna())


def test_anomalies_lead_to_the_removal_only_where_something_was_flagged(
    open_app, inspected, tmp_path
):
    root, run = inspected
    clean = write_run(root, Shape(n=60, poisoned=0, layers=3, seed=1), "not_found")
    for each, expected in ((run, 1), (clean, 0)):
        app = open_app(root, "anomalies", run=each)
        links = [link.proto.label for link in app.get("page_link")]
        assert links.count("Clean this model") == expected


# Without a page


def test_values_that_look_like_options_stay_values_and_empty_ones_are_left_out():
    form = UnlearnForm("r", forget="--gate", options={"steps": " ", "seed": "3"}, mask="wagle")
    assert unlearn_argv(form) == [
        "unlearn",
        "--from=r",
        "--forget=--gate",
        "--mask=wagle",
        "--seed=3",
    ]
    assert audit_argv("r")[0] == "audit"


def test_samples_without_labels_cannot_be_forgotten():
    frame = pd.DataFrame({"sample_id": ["a"], "text": ["x"], "label": [None]})
    with pytest.raises(RequestError, match="no labels"):
        forget_file(frame)
    with pytest.raises(RequestError, match="empty"):
        forget_file(frame.head(0))


def test_a_class_that_no_triggered_sample_has_is_not_called_safe():
    metrics = {"after": {"triggered_accuracy": {"1": {"value": 0.85}}}}
    words = inversion_words("cleaned", class_lines(metrics))
    assert "no triggered samples of other classes" in words
    assert unlearn_sentence("cleaned", {}).startswith("Not measured")


def test_a_running_audit_is_found_but_says_nothing_yet(inspected):
    root, run = inspected
    removal = write_removal(root, run, maps=False)
    with RunStore(root).create("audit", {}, {}, {}, removal) as writer:
        writer.set(inputs={"models": [{"role": "unlearned", "source": "x", "sha256": SHA}]})
        runs = RunStore(root).list()
        mine = next(r for r in runs if r.run_id == removal)
        assert audit_of(mine, runs).run_id == writer.run_id
        assert shown_answer(mine, runs) == "cleaned"


def test_matrices_have_short_names_and_small_tensors_stay_out():
    names = {
        "attention.self.query.weight": "attention query",
        "roberta.embeddings.word_embeddings.weight": "word embeddings",
        "intermediate.dense.weight": "intermediate",
        "layer.0.SelfAttention.q.weight": "SelfAttention q",
    }
    assert {name: matrix_name(name) for name in names} == names
    small = ["attention.self.query.bias", "output.LayerNorm.weight", "layer_norm.weight"]
    table = pd.DataFrame({"matrix": [*names, *small]})
    assert list(matrices_only(table)["matrix"]) == list(names.values())


def test_only_what_both_inspections_hold_is_compared_per_layer():
    def rows(*places):
        return pd.DataFrame(
            [[*place, n] for n, place in enumerate(places)], columns=[*KEYS, "value"]
        )

    one, other = ("encoder", 1, "mean", "spectral", "tail"), ("encoder", 2, "mean", "knn", "tail")
    located = ("encoder", 1, "mean", "spectral", "located_auc")
    before, after = shared_rows(rows(one, other, located), rows(located, one))
    assert before[KEYS].values.tolist() == [list(one), list(located)]
    assert before["value"].tolist() == [0, 2]
    assert sorted(after["value"]) == [0, 1]


def test_layers_before_and_after_stand_under_the_maps(open_app, words, inspected):
    root, run = inspected
    app = open_app(root, "unlearn", run=write_removal(root, run))
    assert "What stands out per layer" in words(app)
    box = next(b for b in app.selectbox if b.key == "kenshin_standing_out")
    assert len(box.options) > 1
    box.select_index(1).run()
    assert not app.exception
