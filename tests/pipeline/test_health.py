import json

import pytest
from shipped_pair import CLEAN, QUICK, SUSPECT

from analysis.cli import main
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.pipeline import audit as audit_module
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.inspect import inspect
from analysis.pipeline.settings import InspectRequest
from analysis.runs.store import RunStore


@pytest.fixture(scope="module")
def baseline(tmp_path_factory):
    folder = tmp_path_factory.mktemp("health")
    path = folder / "samples.jsonl"
    write_samples(shipped_samples("test", limit=120), path)
    store = RunStore(folder / "runs")
    request = InspectRequest(
        suspect=str(shipped_model(CLEAN)), reference=None, samples=path, config=QUICK, origins={}
    )
    return store, inspect(request, store), folder


def checked(baseline, capsys, *words):
    store, run, _ = baseline
    argv = ["health", run.run_id, *words, f"--runs={store.root}", "--json", "--gate"]
    code = main(argv)
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def removal(store, folder):
    """An unlearn run that knows everything an audit needs."""
    models = {"original": SUSPECT, "unlearned": CLEAN, "control": CLEAN}
    with store.create("unlearn", {"target": 0}, {}, {}) as run:
        run.set(
            inputs={
                "models": [
                    {"role": role, "source": str(shipped_model(name)), "sha256": role}
                    for role, name in models.items()
                ],
                "samples": [{"role": "forget", "source": str(folder / "samples.jsonl")}],
            }
        )
    return run.run_id


def test_another_checkpoint_drifts_and_is_audited_and_stops_a_gate(baseline, capsys, monkeypatch):
    store, run, folder = baseline
    asked = []

    def attacked(request, where, listener=None, job_dir=None):
        asked.append(request)
        with where.create("audit", {}, {}, {}, request.parent) as made:
            made.set(verdict={"answer": "hidden", "reasons": ["it came back"], "not_tested": []})
        return where.open(made.run_id)

    monkeypatch.setattr(audit_module, "audit", attacked)
    suspect = str(shipped_model(SUSPECT))
    words = (f"--suspect={suspect}", f"--audit={removal(store, folder)}", "--budget=standard")
    code, found = checked(baseline, capsys, *words)
    assert found["health"]["alert"]
    assert found["health"]["audit"]["answer"] == "hidden"
    assert code == 3
    request = asked[0]
    assert (request.unlearned, request.budget) == (suspect, "standard")
    assert request.original == suspect
    assert request.parent == found["run_id"], "it belongs to the check, not to the removal"
    assert run.run_id != found["run_id"]
    assert found["health"]["smallest_p_adjusted"] <= 1 / 30
    drift = store.open(found["run_id"]).record["metrics"]["drift"]
    assert (drift["level"], drift["alert"]) == (pytest.approx(1 / 30), True)
    table = store.open(found["run_id"]).table("drift")
    assert set(table["layer"]) <= {0, 1, 2, 3}
    assert (table["n"] == 120).all()
    last = table[table["layer"] == 3]
    assert (last["distance"] > last["null_high"]).all()


def test_new_inputs_of_the_same_kind_do_not_drift(baseline, capsys):
    path = baseline[2] / "new.jsonl"
    write_samples(shipped_samples("trusted", limit=120, seed=3), path)
    _, found = checked(baseline, capsys, f"--samples={path}")
    assert not found["health"]["alert"], found["health"]


def test_nothing_new_is_said_to_be_not_measured(baseline, capsys):
    _, found = checked(baseline, capsys)
    assert found["health"]["smallest_p_adjusted"] is None
    steps = {s["name"]: s for s in baseline[0].open(found["run_id"]).record["steps"]}
    assert steps["drift"]["status"] == "skipped"


def test_wrong_requests_are_refused(baseline, tmp_path, capsys):
    store, run, _ = baseline
    argv = ["health", run.run_id, f"--runs={store.root}", "--alarms-per-month=0"]
    assert main(argv) == 2
    argv = ["health", run.run_id, f"--runs={store.root}", f"--audit={run.run_id}"]
    assert main(argv) == 2
    assert "expected unlearn" in capsys.readouterr().err
    with store.create("scan", {}, {}, {}) as scan:
        pass
    assert main(["health", scan.run_id, f"--runs={store.root}"]) == 2
    assert "expected inspect" in capsys.readouterr().err
