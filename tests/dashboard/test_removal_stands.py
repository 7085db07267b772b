"""What a removal's screens say before it starts, while it runs, and once it was stopped."""

from types import SimpleNamespace

import pandas as pd
import pytest
from synthetic_removal import begin_removal, history, inputs, metrics, write_audit, write_removal
from synthetic_removal import weights as weight_rows
from synthetic_run import Shape, write_run

from analysis.audit.verdict import budget_words
from analysis.report.layer_lines import layer_lines
from analysis.report.palette import SUSPECT, UNLEARNED
from analysis.report.words import bounds, interval, rate
from analysis.runs.store import RunStore
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.objectives.specs import NEEDS, objective
from dashboard import actions
from dashboard.components import clean_form
from dashboard.components.clean_cost import BATCH, cost_sentence
from dashboard.components.job_panel import job_title

SMALL = Shape(n=80, poisoned=12, layers=3)


@pytest.fixture
def inspected(tmp_path):
    return tmp_path, write_run(tmp_path, SMALL)


def stop(root, parent, step):
    """A removal that the user stopped and that was measured all the same."""
    values = {"method": "deep_repair", "steps": None}
    writer = RunStore(root).create("unlearn", values, {}, {}, parent)
    measured = metrics("not_cleaned") | {"guard": {"step": step}}
    verdict = {"answer": "not_cleaned", "reasons": ["1 of 5 goals are met."], "not_tested": []}
    writer.set(inputs=inputs(), metrics=measured, verdict=verdict)
    writer.write_bytes("delta.safetensors", b"bits")
    writer.cancel()
    return writer.run_id


@pytest.mark.parametrize(("step", "said"), [(0, "before a checkpoint was kept"), (60, "best we")])
def test_a_stopped_removal_says_so_and_what_its_figures_are(open_app, words, inspected, step, said):
    root, run = inspected
    text = words(app := open_app(root, "unlearn", run=stop(root, run, step)))
    assert "NOT CLEANED" in text
    assert "You stopped it before" in text
    assert any("-not-cleaned" in code.value for code in app.code)
    assert said in text


def test_a_removal_that_changed_nothing_says_so_and_draws_no_empty_heatmap(
    open_app, words, inspected
):
    root, run = inspected
    charts = []
    for changed in (weight_rows(), weight_rows().assign(changed=0.0, l2=0.0)):
        with RunStore(root).create("unlearn", {}, {}, {}, run) as writer:
            verdict = {"answer": "not_cleaned", "reasons": [], "not_tested": []}
            writer.set(inputs=inputs(), metrics=metrics("not_cleaned"), verdict=verdict)
            writer.write_table("weights", changed)
            writer.write_bytes("delta.safetensors", b"bits")
        app = open_app(root, "unlearn", run=writer.run_id)
        charts.append(len(app.get("plotly_chart")))
    assert "weights changed" in words(app)
    assert "None of" in words(app)
    assert charts[0] == charts[1] + 1


def test_a_method_whose_early_looks_do_not_count_says_from_where_stopping_keeps_something(
    open_app, words, inspected
):
    root, run = inspected
    values = {"method": "deep_repair", "steps": 50}
    with RunStore(root).create("unlearn", values, {}, {}, run) as writer:
        writer.set(inputs=inputs())
        writer.write_table("history", history())
        text = words(open_app(root, "unlearn", run=writer.run_id))
        assert "no look before step 40 counts" in text
        assert "forget 12 · retain 300" in text
    other = begin_removal(root, run)
    assert "no look before" not in words(open_app(root, "unlearn", run=other.run_id))
    other.cancel()


def test_while_the_inspection_runs_the_screen_follows_it(open_app, words, tmp_path):
    with RunStore(tmp_path).create("inspect", {}, {}, {}) as writer:
        writer.progress("Reading layers", 41, 100, 312.0, 80.0)
        app = open_app(tmp_path, "unlearn", run=writer.run_id)
    assert "it is still at work" in words(app)
    assert "Reading layers: 41%" in app.get("progress")[0].proto.text


@pytest.mark.parametrize("screen", ["unlearn", "audit", "report"])
def test_an_address_without_a_run_keeps_the_way_to_the_other_screens(open_app, inspected, screen):
    app = open_app(inspected[0], screen, run="zzz")
    assert "zzz" in app.error[0].value
    assert len(app.sidebar.get("page_link")) == 16


@pytest.mark.parametrize("screen", ["unlearn", "report"])
def test_the_run_list_names_the_run_that_a_screen_begins_with(open_app, inspected, screen):
    app = open_app(inspected[0], screen)
    assert app.sidebar.selectbox[0].value == inspected[1]


def test_the_audit_of_another_model_is_not_shown_for_an_inspection(open_app, words, inspected):
    root, run = inspected
    write_audit(root, write_removal(root, run, maps=False))
    other = write_run(root, Shape(n=60, poisoned=10, layers=3, seed=2))
    assert "recovery stays" not in words(open_app(root, "audit", run=other))
    assert "recovery stays" in words(open_app(root, "audit", run=run))


def test_a_job_that_goes_on_after_its_run_shows_what_follows(
    open_app, words, inspected, monkeypatch
):
    root, run = inspected
    removal = write_removal(root, run, maps=False)
    job = SimpleNamespace(
        id="j", argv=("unlearn", f"--from={run}"), status="running", created="2026-01-01T00:00",
        run_id=removal, progress=None, cancelling=False, ended=False, error="", stderr_tail="",
    )  # fmt: skip
    monkeypatch.setattr(actions, "job_list", lambda: (job,))
    assert "Just begun, or between two steps." in words(open_app(root))
    with RunStore(root).create("audit", {}, {}, {}, removal) as writer:
        writer.progress("Relearning (RTT)", 3, 24)
        app = open_app(root)
    assert "what follows is under way: audit" in words(app)
    assert any("3 of 24" in bar.proto.text for bar in app.get("progress"))


def test_a_stopped_job_leads_to_its_run(open_app, inspected, monkeypatch):
    root, run = inspected
    job = SimpleNamespace(
        id="j", argv=("unlearn", f"--from={run}"), status="cancelled", created="2026-01-01T00:00",
        run_id=stop(root, run, 60), progress=None, cancelling=False, ended=True,
    )  # fmt: skip
    monkeypatch.setattr(actions, "job_list", lambda: (job,))
    links = [link.proto.label for link in open_app(root).get("page_link")]
    assert "Look at it" in links


# Without a page


def test_every_need_of_a_method_has_words_or_is_always_met():
    always = {"forget", "retain", "corrected", "layers"}  # corrected: made from the answers
    assert set(NEEDS) == always | set(clean_form.NEEDS)
    assert "Needs: a located trigger. (" in clean_form.method_words(objective("deep_repair"))


def test_the_price_names_passes_and_the_same_methods_own_time(tmp_path, inspected, monkeypatch):
    root, run = inspected
    monkeypatch.setattr("dashboard.services.runs_root", lambda: root)
    assert UnlearnConfig().batch_size == BATCH
    deep = objective("deep_repair")
    text = cost_sentence(125, deep, ())
    assert "Samples to forget: 125. At most 400 steps" in text
    assert "32 samples" in text
    assert "12,800 of each kind" in text
    assert "About 2 min" in text
    write_removal(root, run, maps=False)  # by Auto
    runs = [each._replace(seconds=61.0) for each in RunStore(root).list()]
    assert "took about 1 min 1 s" in cost_sentence(1, None, runs)
    assert "took about" not in cost_sentence(1, deep, runs)


def test_shares_have_no_digits_that_their_samples_cannot_keep():
    assert rate(-0.00194) == "-0.002"
    assert rate(None) == rate(float("nan")) == "–"
    assert interval(-0.00194, -0.0165, 0.0126, 515) == "-0.002 [-0.017 to 0.013], n 515"
    assert bounds(None, 0.1) == ""
    assert interval(0.9, None, None, None) == "0.9"


def test_after_a_removal_the_line_has_the_colour_of_an_unlearned_model():
    columns = ["model", "stack", "layer", "pooling", "detector", "statistic", "value", "null_low"]
    row = ["suspect", "encoder", 1, "mean", "knn", "tail", 2.0, -1.0, 1.0]
    rows = pd.DataFrame([row], columns=[*columns, "null_high"])
    figure = layer_lines({"before": rows, "after": rows}, second=UNLEARNED)
    assert [line.line.color for line in figure.data] == [SUSPECT, UNLEARNED]


def test_what_was_shown_once_is_not_shown_1_times():
    cell = SimpleNamespace(cell=("host", 2e-4, 32, 1))
    assert budget_words(cell) == "32 triggered samples in other functions shown once at rate 0.0002"
    again = SimpleNamespace(cell=("host", 2e-4, 32, 4))
    assert "shown 4 times at" in budget_words(again)


def test_a_job_names_its_method_as_the_form_does():
    assert job_title(["unlearn", "--from=r", "--method=deep_repair"]) == "unlearn · Deep repair"
