"""From an inspection of a shipped poisoned model to a cleaned one, and back on the same maps."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from shipped_pair import SUSPECT
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from analysis.cli import main
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.errors import Cancelled, RequestError
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.unlearn import run_unlearn
from analysis.pipeline.unlearn_again import again, reinspect
from analysis.pipeline.unlearn_settings import UnlearnRequest, filled_from
from analysis.pipeline.unlearn_triggers import flagged_of, trigger_layers, unflagged_of
from analysis.runs.annotations import mark_samples
from analysis.runs.store import RunStore
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.delta import read_delta

CONFIG = UnlearnConfig(
    method="repair", learning_rate=5e-4, steps=60, guard_samples=120, check_every=20
)


@pytest.fixture(scope="module")
def cleaned(run, store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    out, retain = folder / "cleaned", folder / "retain.jsonl"
    write_samples(shipped_samples("trusted", limit=700), retain)
    request = filled_from(UnlearnRequest(unlearn=CONFIG, out=out, retain=retain), run)
    return run_unlearn(request, store), out


def test_the_trojan_goes_and_the_work_stays(cleaned):
    record = cleaned[0].record
    assert record["status"] == "done"
    before, after = record["metrics"]["before"], record["metrics"]["after"]
    assert before["excess_asr"]["value"] > 0.7
    assert abs(after["excess_asr"]["value"]) < 0.12
    assert after["clean_accuracy"]["value"] > before["clean_accuracy"]["value"] - 0.06
    assert set(after["triggered_accuracy"]) == {"0", "1"}
    assert after["triggered_accuracy"]["0"]["value"] > 0.8
    assert 0.8 < after["fidelity"]["value"] < 1
    assert before["fidelity"]["value"] == 1
    assert record["metrics"]["reference"]["excess_asr"]["note"]
    goals = {goal["name"]: goal for goal in record["metrics"]["goals"]}
    assert set(goals) == {"excess", "variants", "accuracy", "class_0", "class_1"}
    assert all(goal["state"] in ("met", "missed", "undecided") for goal in goals.values())
    assert goals["variants"]["n"] > 300
    missed = any(goal["state"] == "missed" for goal in goals.values())
    assert record["verdict"]["answer"] in (("not_cleaned", "inverted") if missed else ("cleaned",))
    assert record["metrics"]["cpu_seconds"] > 0
    assert any("audit" in text for text in record["verdict"]["not_tested"])


def test_the_record_names_models_samples_and_tables(cleaned, store, run):
    done = cleaned[0]
    roles = {entry["role"]: entry for entry in done.record["inputs"]["models"]}
    assert set(roles) == {"original", "reference", "control", "unlearned"}
    assert roles["unlearned"]["sha256"] == done.record["metrics"]["unlearned_sha256"]
    assert roles["unlearned"]["sha256"] != roles["original"]["sha256"]
    assert {e["role"] for e in done.record["inputs"]["samples"]} == {
        "forget", "retain", "test", "triggered",
    }  # fmt: skip
    assert {"history", "trials", "weights", "forget"} <= set(done.tables)
    assert done.record["parent"] == run.run_id
    assert not store.verify(done.run_id)
    history = done.table("history")
    assert history["step"].tolist() == list(range(61))
    assert history["accuracy"].notna().tolist() == [s % 20 == 0 for s in range(61)]
    assert (done.table("weights")["changed"] > 0).any()


def test_the_export_loads_with_plain_transformers(cleaned):
    _, out = cleaned
    model = AutoModelForSequenceClassification.from_pretrained(out)
    tokenizer = AutoTokenizer.from_pretrained(out)
    logits = model(**tokenizer("def f(a):\n    return a", return_tensors="pt")).logits
    assert logits.shape == (1, 2)
    assert torch.isfinite(logits.float()).all()


def test_the_delta_leads_from_one_checkpoint_to_the_other_and_back(cleaned):
    done, out = cleaned
    delta = read_delta(str(done.file("delta.safetensors")))
    original = load_file(shipped_model(SUSPECT) / "model.safetensors")
    exported = load_file(out / "model.safetensors")
    forth = delta.apply(original)
    assert all(torch.equal(forth[name], exported[name]) for name in exported)
    back = delta.undo(exported)
    assert all(torch.equal(back[name], original[name]) for name in original)


def test_the_cleaned_model_is_inspected_again_on_the_same_axes(cleaned, store, run):
    child = reinspect(cleaned[0], store)
    assert child.record["parent"] == cleaned[0].run_id
    suspect = child.record["inputs"]["models"][0]
    assert suspect["sha256"] == cleaned[0].record["metrics"]["unlearned_sha256"]
    maps = {a["name"]: a["sha256"] for a in run.record["artifacts"] if a["name"].startswith("map-")}
    drawn = {a["name"]: a["sha256"] for a in child.record["artifacts"]}
    assert maps
    assert all(drawn[name] == sha256 for name, sha256 in maps.items())
    first, second = (
        r.table("projection", filters=[("model", "=", "reference")]) for r in (run, child)
    )
    where = ["sample_id", "stack", "layer", "pooling", "method"]  # drawn samples may differ
    both = first.merge(second, on=where, suffixes=("", "_again"))
    assert len(both) > 0.3 * len(first)
    np.testing.assert_allclose(both["x"], both["x_again"], atol=1e-3)
    np.testing.assert_allclose(both["y"], both["y_again"], atol=1e-3)


def test_marks_of_an_analyst_decide_the_forget_set(run, tmp_path):
    store = RunStore(tmp_path)
    shutil.copytree(run.path, tmp_path / run.run_id)
    copy = store.open(run.run_id)
    flagged = flagged_of(copy)
    assert len(flagged.samples) > 5
    assert flagged.triggers[0].instances[0].startswith("if len('t') < 0")
    for text, (start, end) in zip(flagged.samples.texts, flagged.spans, strict=True):
        assert text[start:end].startswith("if len('t')")
    table = run.table("samples")
    others = [i for i in table["sample_id"] if i not in flagged.samples.ids]
    left = set(unflagged_of(copy))
    assert left
    assert not left & set(flagged.samples.texts)
    assert not any("if len('t') < 0" in text for text in left)
    assert unflagged_of(None) == ()
    mark_samples(copy, flagged.samples.ids[:3], "dismissed")
    mark_samples(copy, others[:2], "confirmed")
    confirmed = set(table["text"][table["sample_id"].isin(others[:2])])
    assert set(unflagged_of(copy)) == left - confirmed
    changed = flagged_of(copy)
    assert set(changed.samples.ids) == (set(flagged.samples.ids[3:]) | set(others[:2]))
    mark_samples(copy, changed.samples.ids, "dismissed")
    declined = run_unlearn(filled_from(UnlearnRequest(unlearn=CONFIG), copy), store)
    assert declined.record["verdict"]["answer"] == "declined"
    assert "flagged no sample" in declined.record["verdict"]["reasons"][0]
    assert again(declined, store) is None
    assert trigger_layers(run)[0][0] == "encoder"


def test_what_was_located_for_another_class_is_not_inserted_as_the_trigger(run):
    record = json.loads(json.dumps(run.record))
    own = next(t for t in record["metrics"]["triggers"] if t["suspicious"])
    other = {**own, "text": "return None", "target": 1 - own["target"]}
    record["metrics"]["triggers"] = [own, other]
    two = replace(run, record=record)
    flagged = flagged_of(two)
    assert len(flagged.triggers) == 2
    for target in (None, own["target"]):
        assert flagged.towards(target).triggers == flagged.triggers[:1]
    assert flagged.towards(other["target"]).triggers == flagged.triggers[1:]
    assert flagged.towards(7).triggers == flagged.triggers


def test_a_stopped_removal_keeps_the_best_so_far(run, store):
    calls = []

    def listener(progress):
        calls.append(progress.stage)
        if progress.stage.startswith("Running") and progress.done >= 21:
            raise KeyboardInterrupt

    request = filled_from(UnlearnRequest(unlearn=CONFIG, triggered=None, test=None), run)
    request = replace(request, test=None, triggered=None)
    with pytest.raises(Cancelled) as error:
        run_unlearn(request, store, listener)
    stopped = next(store.open(s.run_id) for s in store.list() if s.kind == "unlearn")
    assert stopped.status == "cancelled"
    assert "Stopping: the best so far is written and measured first" in calls
    kept = "the best checkpoint so far was kept" in stopped.reason
    assert kept == bool(stopped.record["metrics"]["guard"]["step"])
    assert error.value.__notes__ == [f"run {stopped.run_id} was {stopped.reason}"]
    assert stopped.has("delta.safetensors")
    assert stopped.record["verdict"]["not_tested"]
    assert stopped.table("history")["step"].max() < 60


def test_a_clean_model_has_nothing_to_unlearn(run, store):
    request = filled_from(UnlearnRequest(unlearn=replace(CONFIG, method="auto")), run)
    clean = str(shipped_model("codebert-mini-clean-0"))
    done = run_unlearn(replace(request, model=clean), store)
    assert done.record["verdict"]["answer"] == "declined"
    assert "hardly reacts" in done.record["verdict"]["reasons"][0]
    assert not done.has("delta.safetensors")


def test_a_wrong_request_leaves_no_run(run, store, tmp_path, capsys):
    before = len(store.list())
    full = tmp_path / "full"
    full.mkdir()
    (full / "x").write_text("x")
    where = f"--runs={store.root}"
    for argv in (
        ["unlearn", where],
        ["unlearn", where, f"--from={run.run_id}", "--method=astrology"],
        ["unlearn", where, f"--from={run.run_id}", f"--out={full}"],
        ["unlearn", where, f"--from={run.run_id}", "--mask=nothing"],
        ["unlearn", where, f"--from={run.run_id}", "--target=5"],
        ["unlearn", where, f"--model={shipped_model(SUSPECT)}", "--forget=missing.jsonl"],
    ):
        assert main(argv) == 2
        error = capsys.readouterr().err
        assert error.splitlines()[-1].startswith("kenshin: error: ")
    assert len(store.list()) == before
    with pytest.raises(RequestError, match="expected inspect"):
        filled_from(
            UnlearnRequest(),
            next(store.open(s.run_id) for s in store.list() if s.kind == "unlearn"),
        )


def test_the_last_line_is_an_object_and_the_gate_an_exit_code(run, store, files, tmp_path, capsys):
    forget = tmp_path / "forget.jsonl"
    flagged = flagged_of(run).samples
    rows = zip(flagged.ids, flagged.texts, flagged.labels.tolist(), strict=True)
    forget.write_text(
        "".join(json.dumps({"id": i, "code": t, "label": y}) + "\n" for i, t, y in rows)
    )
    argv = [
        "unlearn", f"--runs={store.root}", f"--model={shipped_model(SUSPECT)}",
        f"--forget={forget}", f"--retain={files['trusted']}", "--method=fine_tune", "--steps=2",
        "--gate", "--json",
    ]  # fmt: skip
    assert main(argv) == 3  # fine-tuning for two steps removes nothing
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["verdict"]["answer"] == "not_cleaned"
    assert found["children"] == []
    assert found["status"] == "done"
