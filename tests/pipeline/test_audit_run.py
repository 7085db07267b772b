import json
from dataclasses import replace

import pytest
from shipped_pair import CLEAN, OTHER, SUSPECT

from analysis.cli import main
from analysis.data.read import read_samples
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.errors import RequestError
from analysis.pipeline.audit import audit
from analysis.pipeline.audit_settings import AuditRequest, filled_from, require_complete
from analysis.pipeline.demo import shipped_model
from analysis.runs.store import RunStore

CHEAP = ("quantise", "membership")


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    train = shipped_samples("train", SUSPECT)
    forget = train.subset(train.poisoned.nonzero()[0][:80])
    sets = {
        "forget": replace(forget, poisoned=None, true_labels=None),
        "retain": shipped_samples("trusted", limit=150),
        "test": shipped_samples("test", limit=150),
        "triggered": shipped_samples("triggered", SUSPECT, limit=80),
    }
    for role, samples in sets.items():
        write_samples(samples, folder / f"{role}.jsonl")
    return {role: folder / f"{role}.jsonl" for role in sets}


@pytest.fixture
def words(given):
    return [f"--{role}={path}" for role, path in given.items()]


def model(name):
    return str(shipped_model(name))


@pytest.fixture(scope="module")
def run(given, tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("runs"))
    request = AuditRequest(
        original=model(SUSPECT),
        unlearned=model(OTHER),
        control=model(CLEAN),
        attacks=CHEAP,
        **given,
    )
    return audit(request, store)


def test_an_audit_leaves_a_run_that_says_what_was_tried_and_what_was_not(run):
    record = run.record
    assert record["kind"] == "audit"
    assert {m["role"] for m in record["inputs"]["models"]} == {"original", "unlearned", "control"}
    assert {s["role"] for s in record["inputs"]["samples"]} == {
        "forget",
        "retain",
        "test",
        "triggered",
    }
    metrics = record["metrics"]
    assert metrics["trigger"]["text"].startswith("if len('t') < 0")
    assert metrics["budget"]["passes"] > 0
    assert [each["attack"] for each in metrics["audit"]] == list(CHEAP)
    assert set(metrics["before"]) == {"unlearned", "original", "control"}
    assert metrics["before"]["original"]["asr_all"]["value"] > 0.95
    verdict = record["verdict"]
    assert (verdict["answer"], verdict["rule"]) == ("unclear", "no budget")
    assert any("relearning" in gap for gap in verdict["not_tested"])
    assert set(run.table("recovery")["arm"]) == set(metrics["before"])


def test_the_untouched_model_stops_a_gate(words, tmp_path, capsys):
    argv = ["audit", f"--original={model(SUSPECT)}", f"--unlearned={model(SUSPECT)}"]
    argv += [f"--control={model(CLEAN)}", *words, "--attacks=membership"]
    assert main([*argv, f"--runs={tmp_path}", "--gate", "--json"]) == 3
    outcome = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert outcome["verdict"]["answer"] == "present"
    assert outcome["status"] == "done"


def test_unclear_has_its_own_gate(words, tmp_path):
    argv = ["audit", f"--original={model(SUSPECT)}", f"--unlearned={model(OTHER)}", *words]
    assert main([*argv, "--attacks=membership", f"--runs={tmp_path}", "--gate"]) == 4


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"unlearned": None}, "--unlearned is missing"),
        ({"forget": None}, "--forget is missing"),
        ({"budget": "endless"}, "budget 'endless' is unknown"),
        ({"attacks": ("bribery",)}, "attack 'bribery' is unknown"),
        ({"control": model(SUSPECT)}, "the control has the same weights"),
        ({"target": 7}, "the target 7 is not a class"),
        ({"original": "nowhere/at/all"}, "nowhere/at/all"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_leaves_no_run(given, tmp_path, change, told):
    request = AuditRequest(original=model(SUSPECT), unlearned=model(OTHER), **given)
    with pytest.raises(RequestError, match=told):
        audit(replace(request, **change), RunStore(tmp_path))
    assert not RunStore(tmp_path).list()


def test_a_missing_file_ends_with_two(tmp_path, capsys):
    argv = ["audit", f"--original={model(SUSPECT)}", f"--unlearned={model(OTHER)}"]
    assert main([*argv, f"--forget={tmp_path / 'none.jsonl'}", f"--runs={tmp_path}"]) == 2
    assert capsys.readouterr().err.count("kenshin: error:") == 1


def test_an_unlearn_run_fills_everything_and_its_inspection_the_rest(given, tmp_path):
    store = RunStore(tmp_path)
    with store.create("inspect", {}, {}, {}) as inspection:
        inspection.set(
            inputs={
                "models": [{"role": "reference", "source": model(CLEAN)}],
                "samples": [
                    {"role": "trusted", "source": str(given["retain"])},
                    {"role": "test", "source": str(given["test"])},
                ],
            }
        )
    with store.create("unlearn", {"target": 0}, {}, {}, parent=inspection.run_id) as removal:
        frame = _forget_table(given["forget"])
        removal.write_table("forget", frame)
        removal.set(
            inputs={
                "models": [
                    {"role": "original", "source": model(SUSPECT)},
                    {"role": "unlearned", "source": model(OTHER)},
                ],
                "samples": [],
            }
        )
    request = filled_from(AuditRequest(), store.open(removal.run_id), store)
    require_complete(request)
    assert request.control == model(CLEAN)
    assert request.retain == given["retain"]
    assert request.test == given["test"]
    assert (request.target, request.parent) == (0, removal.run_id)
    assert request.forget_run == removal.run_id
    own = filled_from(AuditRequest(control=model(OTHER)), store.open(removal.run_id), store)
    assert own.control == model(OTHER), "what was typed stays"
    with pytest.raises(RequestError, match="expected unlearn"):
        filled_from(AuditRequest(), store.open(inspection.run_id), store)
    found = audit(replace(request, attacks=("membership",)), store)
    assert found.record["parent"] == removal.run_id
    assert found.record["metrics"]["trigger"]["support"] > 0.9


def _forget_table(path):
    import pandas as pd

    samples = read_samples(path)
    return pd.DataFrame({"sample_id": samples.ids, "text": samples.texts, "label": samples.labels})
