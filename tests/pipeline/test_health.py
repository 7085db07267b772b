import json

import pytest
from shipped_pair import CLEAN, QUICK, SUSPECT

from analysis.cli import main
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
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


def test_another_checkpoint_drifts_and_stops_a_gate(baseline, capsys):
    code, found = checked(baseline, capsys, f"--suspect={shipped_model(SUSPECT)}")
    assert found["health"]["alert"]
    assert found["health"]["smallest_p_adjusted"] <= 1 / 30
    assert code in (3, 4)
    table = baseline[0].open(found["run_id"]).table("drift")
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
    with store.create("scan", {}, {}, {}) as scan:
        pass
    assert main(["health", scan.run_id, f"--runs={store.root}"]) == 2
    assert "expected inspect" in capsys.readouterr().err
