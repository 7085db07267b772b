"""Several controls through the command line: recorded, measured one by one, filled in again."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.cli import main
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.pipeline.audit_settings import AuditRequest, filled_from
from analysis.pipeline.demo import shipped_model
from analysis.runs.store import RunStore

SUSPECT, OTHER = "codebert-mini-dead-5", "codebert-mini-clean-2"
CONTROLS = ("codebert-mini-clean-0", "codebert-mini-clean-1")


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("controls")
    train = shipped_samples("train", SUSPECT)
    forget = train.subset(np.flatnonzero(train.poisoned)[:60])
    sets = {
        "forget": replace(forget, poisoned=None, true_labels=None),
        "test": shipped_samples("test", limit=120),
        "triggered": shipped_samples("triggered", SUSPECT, limit=60),
    }
    argv = ["audit", f"--original={shipped_model(SUSPECT)}", f"--unlearned={shipped_model(OTHER)}"]
    for role, samples in sets.items():
        write_samples(samples, folder / f"{role}.jsonl")
        argv.append(f"--{role}={folder / role}.jsonl")
    return folder, [*argv, "--attacks=quantise,linear_probe,membership"]


@pytest.fixture(scope="module")
def run(asked):
    folder, argv = asked
    given = [f"--control={shipped_model(name)}" for name in CONTROLS]
    assert main([*argv, *given, f"--runs={folder / 'runs'}"]) == 0
    store = RunStore(folder / "runs")
    return store, store.open("latest")


def test_every_control_is_recorded_and_measured(run):
    _, found = run
    roles = [model["role"] for model in found.record["inputs"]["models"]]
    assert sorted(roles) == ["control", "control", "original", "unlearned"]
    metrics = found.record["metrics"]
    assert set(metrics["before"]) == {"unlearned", "original", "control", "control-2"}
    frame = found.table("recovery")
    assert set(frame["arm"]) == {"unlearned", "original", "control"}
    assert set(frame.loc[frame["arm"] == "control", "number"]) == {1, 2}
    probe = next(a for a in metrics["audit"] if a["attack"] == "linear_probe")["details"]
    best = {
        site: max(probe["auc"][arm][site] for arm in ("control", "control-2"))
        for site in probe["auc"]["unlearned"]
    }
    leads = [probe["auc"]["unlearned"][site] - best[site] for site in best]
    assert probe["largest_lead_over_control"] == pytest.approx(max(leads))


def test_the_excess_is_taken_to_the_mean_of_the_controls(run):
    _, found = run
    metrics = found.record["metrics"]
    quantised = next(a for a in metrics["audit"] if a["attack"] == "quantise")["decisive"][0]
    each = quantised["controls"]
    assert len(each) == 2
    assert quantised["arms"]["control"]["value"] == pytest.approx(np.mean(each))
    own = quantised["arms"]["unlearned"]["value"]
    assert quantised["excess"]["value"] == pytest.approx(own - np.mean(each))


def test_a_further_audit_takes_all_controls_over_unless_one_is_named(run):
    store, found = run
    again = filled_from(AuditRequest(), found, store)
    assert [source.rsplit("/", 1)[-1] for source in again.all_controls()] == list(CONTROLS)
    named = filled_from(AuditRequest(control="mine"), found, store)
    assert named.all_controls() == ("mine",)


def test_the_same_control_twice_is_refused(asked, tmp_path, capsys):
    _, argv = asked
    twice = [f"--control={shipped_model(CONTROLS[0])}"] * 2
    assert main([*argv, *twice, f"--runs={tmp_path}"]) == 2
    assert "same weights as the control model" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if path.name[0].isdigit()]


def test_an_audit_of_facts_takes_one_control(tmp_path, capsys):
    models = [f"--control={shipped_model(name)}" for name in CONTROLS]
    argv = ["audit", "--facts=f.jsonl", "--original=a", "--unlearned=b", f"--runs={tmp_path}"]
    assert main([*argv, *models]) == 2
    assert "takes one control" in capsys.readouterr().err
