import numpy as np
import pytest
from synthetic_audit import write_audit
from synthetic_facts import write_facts_audit

from analysis.audit.specs import BUDGETS
from analysis.errors import RequestError
from analysis.report.audit_curves import ARM_COLOURS, Marks, arm_curve, recovery_curves
from analysis.report.audit_words import FACTS_NO_PROOF, NO_PROOF, audit_sentence
from analysis.runs import jobs
from analysis.runs.store import RunStore
from dashboard.audit_request import AuditForm, FactsForm, audit_form_argv, facts_form_argv
from dashboard.components.audit_form import cost_sentence


@pytest.fixture(scope="module")
def audits(tmp_path_factory):
    root = tmp_path_factory.mktemp("audits")
    return root, write_audit(root, 0.8), write_audit(root, 0.16)


def test_the_screen_says_hidden_first_and_the_rule_that_decided(open_app, words, audits):
    root, hidden, _ = audits
    text = words(open_app(root, "audit", run=hidden))
    assert "HIDDEN" in text
    assert "**Rule that decided:** an attack brings the trigger back" in text
    assert "not tested: pruning" in text
    assert NO_PROOF in text


def test_a_removal_is_never_called_proved(open_app, words, audits):
    root, _, removed = audits
    text = words(open_app(root, "audit", run=removed))
    assert "REMOVED" in text
    assert "It is not a proof" in text


def test_a_hidden_trojan_leads_to_the_removal_that_held_up(open_app, words, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(jobs, "start", lambda root, argv: started.append(list(argv)) or "000001-x")
    writer = RunStore(tmp_path).create("unlearn", {"use_trigger": True}, {}, {}, parent="i1")
    with writer:
        chosen = {"method": "distil", "guard": {"triggers": ["if x: pass"]}}
        writer.set(metrics={"chosen": chosen})
    hidden = write_audit(tmp_path, 0.8, parent=writer.run_id)
    app = open_app(tmp_path, "audit", run=hidden)
    assert "**Next:** Distillation of flagged samples left the trojan" in words(app)
    next(b for b in app.button if b.label.startswith("Clean again")).click().run()
    assert started == [["unlearn", "--from=i1", "--method=deep_repair"]]
    passed = write_audit(tmp_path, 0.16, parent=writer.run_id)
    app = open_app(tmp_path, "audit", run=passed)
    assert "**Next:** The quick audit trains at one rate" in words(app)
    next(b for b in app.button if b.label.startswith("Audit again")).click().run()
    assert started[1:] == [["audit", f"--from={writer.run_id}", "--budget=standard"]]


def test_two_audits_are_compared_in_one_chart(open_app, words, audits):
    root, hidden, _ = audits
    app = open_app(root, "audit", run=hidden)
    assert "#### Audits side by side" in words(app)
    assert len(app.get("plotly_chart")) == 2


def test_a_running_audit_shows_its_curves(open_app, words, tmp_path):
    writer = write_audit(tmp_path, running=True)
    app = open_app(tmp_path, "audit", run=writer.run_id)
    assert "#### Attacking" in words(app)
    assert app.get("plotly_chart")


def test_an_empty_store_says_what_the_screen_is_for_and_what_it_costs(open_app, words, tmp_path):
    text = words(open_app(tmp_path / "none", "audit"))
    assert "is not removal" in text
    assert "24 fits" not in text, "the quick budget has more than relearning"
    assert "forward passes of a sample: about 2 min" in text


def test_starting_without_models_is_a_problem_box_and_with_them_a_job(
    open_app, tmp_path, monkeypatch
):
    started = []
    monkeypatch.setattr(jobs, "start", lambda root, argv: started.append(list(argv)) or "000001-x")
    app = open_app(tmp_path, "audit")
    next(b for b in app.button if b.label == "Start audit").click().run()
    assert "original is missing" in app.error[0].value
    for label, value in (
        ("Model before", "a"),
        ("Model after", "b"),
        ("Samples to be forgotten", "f.jsonl"),
    ):
        next(t for t in app.text_input if t.label == label).set_value(value)
    next(b for b in app.button if b.label == "Start audit").click().run()
    assert started == [
        ["audit", "--original=a", "--unlearned=b", "--forget=f.jsonl", "--budget=quick"]
    ]


def test_the_request_names_what_was_given():
    argv = audit_form_argv(AuditForm(removal="r1", control="-c", attacks=("prune",), seed="3"))
    assert argv == [
        *("audit", "--from=r1", "--control=-c", "--budget=quick", "--attacks=prune", "--seed=3")
    ]
    with pytest.raises(RequestError, match="--unlearned is missing"):
        audit_form_argv(AuditForm(original="a"))


def test_the_cost_follows_earlier_audits_of_this_folder(audits):
    root, _, _ = audits
    runs = RunStore(root).list()
    text = cost_sentence(BUDGETS[0], BUDGETS[0].attacks, runs)
    assert "at the pace of earlier audits here" in text
    assert "measured and shown before" in cost_sentence(BUDGETS[1], BUDGETS[1].attacks, ())


def test_curves_show_every_arm_with_its_range(audits):
    root, hidden, _ = audits
    rows = RunStore(root).open(hidden).table("recovery")
    curve = arm_curve(rows[rows["arm"] == "unlearned"])
    assert list(curve["seen"]) == [16, 32]
    np.testing.assert_allclose(curve["mean"], [0.4, 0.8])
    figure = recovery_curves(rows, Marks(0.15, decisive=32))
    drawn = {trace.line.color for trace in figure.data if trace.mode == "lines+markers"}
    assert drawn == set(ARM_COLOURS.values())


def test_a_run_without_a_verdict_has_no_answer():
    assert audit_sentence(None, {}) == "This audit has no result."


def test_an_audit_of_facts_speaks_of_facts(open_app, words, tmp_path):
    run_id = write_facts_audit(tmp_path, 0.9)
    app = open_app(tmp_path, "audit", run=run_id)
    text = words(app)
    assert "HIDDEN" in text
    assert "The facts were hidden, not removed" in text
    assert "after training on 120 others" in text
    assert "#### Do the answers come back?" in text
    assert FACTS_NO_PROOF in text
    assert "The trojan was" not in text
    chart = str(app.get("plotly_chart")[0].proto.spec)
    assert "control, never taught" in chart
    assert "poisoned" not in chart


def test_a_running_audit_of_facts_shows_its_curves(open_app, words, tmp_path):
    writer = write_facts_audit(tmp_path, 0.9, running=True)
    app = open_app(tmp_path, "audit", run=writer.run_id)
    assert "#### Attacking" in words(app)
    assert app.get("plotly_chart")


def test_facts_and_trojans_are_never_compared_in_one_chart(open_app, words, audits, tmp_path):
    write_facts_audit(tmp_path, 0.9)
    write_facts_audit(tmp_path, 0.3)
    write_audit(tmp_path, 0.8)
    text = words(open_app(tmp_path, "audit"))
    assert "#### Audits of facts side by side" in text
    assert "#### Audits side by side" not in text, "one audit of a trojan is no comparison"


def test_the_form_starts_an_audit_of_facts(open_app, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(jobs, "start", lambda root, argv: started.append(list(argv)) or "000001-x")
    app = open_app(tmp_path, "audit")
    kind = next(b for b in app.get("button_group") if "Facts" in str(b.options))
    kind.set_value("Facts").run()
    for label, value in (
        ("Model before", "a"),
        ("Model after", "b"),
        ("Facts to be forgotten", "f.jsonl"),
    ):
        next(t for t in app.text_input if t.label == label).set_value(value)
    next(b for b in app.button if b.label == "Start audit").click().run()
    assert started == [
        ["audit", "--facts=f.jsonl", "--original=a", "--unlearned=b", "--budget=quick"]
    ]


def test_several_controls_are_several_options():
    argv = audit_form_argv(AuditForm(removal="r1", control="a\n b \n\n"))
    assert argv == ["audit", "--from=r1", "--control=a", "--control=b", "--budget=quick"]


def test_an_audit_of_facts_needs_both_models_and_the_facts():
    with pytest.raises(RequestError, match="--facts is missing"):
        facts_form_argv(FactsForm(original="a", unlearned="b"))
    argv = facts_form_argv(FactsForm("a", "b", "-c", "f", "r", "standard"))
    assert argv == [
        *("audit", "--facts=f", "--original=a", "--unlearned=b", "--control=-c", "--retain=r"),
        "--budget=standard",
    ]
