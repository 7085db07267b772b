"""The goals of a removal on its screen, and the audit that follows one click."""

from types import SimpleNamespace

import pytest
from synthetic_removal import write_removal
from synthetic_run import Shape, write_run

from analysis.report.unlearn_words import unlearn_sentence
from dashboard import actions
from dashboard.components.goal_table import goal_rows


@pytest.fixture
def inspected(tmp_path):
    return tmp_path, write_run(tmp_path, Shape(n=80, poisoned=12, layers=3))


def goal(name, state, value=-0.025):
    title = {"accuracy": "at most 1 point of clean accuracy lost"}.get(name, f"goal {name}")
    return {
        "name": name, "title": title, "limit": 0.01, "state": state,
        "value": value, "low": -0.04, "high": -0.011, "n": 1049,
    }  # fmt: skip


def test_goals_stand_under_the_figures_with_their_intervals(open_app, words, inspected):
    root, run = inspected
    app = open_app(root, "unlearn", run=write_removal(root, run, maps=False))
    assert "**Goals**" in words(app)
    table = next(d.value for d in app.dataframe if "goal" in d.value)
    assert list(table["state"]) == ["✓ met", "? undecided"]
    assert table["measured"][1] == "-1.0% [-2.0% – +0.0%]"


def test_a_goal_without_a_figure_shows_a_dash():
    rows = goal_rows([{**goal("variants", "not measured"), "value": None, "n": 0}])
    assert rows.iloc[0].tolist() == ["– not measured", "goal variants", "–", "–"]


def test_a_removal_that_only_costs_too_much_is_not_called_a_trojan_that_stayed():
    costly = unlearn_sentence("not_cleaned", {"goals": [goal("accuracy", "missed")]})
    assert "misses its goals: at most 1 point of clean accuracy lost" in costly
    assert "trojan is still there" not in costly
    for metrics in ({}, {"goals": [goal("accuracy", "missed"), goal("excess", "missed", 0.5)]}):
        assert unlearn_sentence("not_cleaned", metrics).startswith("The trojan is still there.")


def test_the_audit_can_be_left_to_later(open_app, inspected, monkeypatch):
    caught = []
    monkeypatch.setattr(actions, "start_job", lambda argv: caught.append(argv) or "job")
    root, run = inspected
    app = open_app(root, "unlearn", run=run)
    next(t for t in app.text_input if t.label == "Retain set").set_value("clean.jsonl").run()
    next(c for c in app.checkbox if c.label.startswith("Audit the cleaned")).uncheck().run()
    next(b for b in app.button if b.label == "Clean this model").click().run()
    assert caught[0][-1] == "--no-audit"


@pytest.mark.parametrize(("switches", "waits"), [((), True), (("--no-audit",), False)])
def test_while_its_own_job_goes_on_to_the_audit_none_is_offered(
    open_app, words, inspected, monkeypatch, switches, waits
):
    root, run = inspected
    removal = write_removal(root, run, maps=False)
    job = SimpleNamespace(
        id="j", run_id=removal, ended=False, argv=("unlearn", f"--from={run}", *switches),
        cancelling=False, ahead=0,
    )  # fmt: skip
    monkeypatch.setattr(actions, "job_list", lambda: (job,))
    app = open_app(root, "unlearn", run=removal)
    assert any(b.label == "Audit now" for b in app.button) is not waits
    assert ("the audit is on its way" in words(app)) is waits
