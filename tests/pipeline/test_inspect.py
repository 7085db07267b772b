"""An inspection as others see it: record, tables, axes, cache, leakage, cancellation."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shipped_pair import QUICK

from analysis.data.read import read_samples
from analysis.errors import Cancelled, RequestError
from analysis.pipeline.inspect import inspect
from analysis.runs.tables import TABLES


def test_the_record_says_what_was_done(run, store):
    record = run.record
    assert (record["kind"], record["status"], record["format_version"]) == ("inspect", "done", 1)
    assert [m["role"] for m in record["inputs"]["models"]] == ["suspect", "reference", "control"]
    assert {s["role"] for s in record["inputs"]["samples"]} == {
        "samples", "trusted", "test", "triggered",
    }  # fmt: skip
    assert record["config"]["values"]["seed"] == 0
    assert record["environment"]["device"] in ("cpu", "cuda", "mps")
    assert record["environment"]["precision"] in ("fp32", "bf16", "fp16")
    assert {step["status"] for step in record["steps"]} <= {"done", "skipped"}
    assert all(step["reason"] for step in record["steps"] if step["status"] == "skipped")
    assert store.verify(run.run_id) == ()


def test_the_poisoned_pair_is_found_with_its_trigger(run):
    verdict = run.record["verdict"]
    assert (verdict["answer"], verdict["data"]["answer"]) == ("found", "found")
    assert "len('t') < 0" in " ".join(verdict["reasons"])
    assert verdict["not_tested"]
    stack, _, layer = verdict["layer"].partition(":")
    assert stack == "encoder"
    assert 0 <= int(layer) <= 3


def test_the_tables_have_the_columns_of_the_contract(run):
    for name in ("samples", "scores", "layers", "ranking", "projection", "attention"):
        assert set(TABLES[name]) <= set(run.table(name).columns), name


def test_the_ranking_holds_every_sample_and_puts_the_poison_first(run, files):
    ranking = run.table("ranking").set_index("sample_id")
    samples = read_samples(files["train"])
    assert set(ranking.index) == set(samples.ids)
    assert np.isfinite(ranking["score"]).all()
    poisoned = ranking.loc[list(samples.ids), "flagged"].to_numpy()[samples.poisoned]
    assert poisoned.mean() >= 0.95
    clean = ranking.loc[list(samples.ids), "flagged"].to_numpy()[~samples.poisoned]
    assert clean.mean() <= 0.01


def test_the_located_span_is_the_trigger(run):
    ranking = run.table("ranking")
    located = ranking[ranking.trigger_start >= 0].merge(run.table("samples"), on="sample_id")
    assert len(located)
    spans = [t[a:b] for t, a, b in located[["text", "trigger_start", "trigger_end"]].values]
    assert np.mean(["len('t') < 0" in span for span in spans]) >= 0.95


def test_every_layer_of_both_models_is_scored_and_drawn(run):
    projection = run.table("projection")
    drawn = projection.groupby(["model", "layer", "pooling"]).size()
    assert set(projection.model) == {"suspect", "reference"}
    assert set(projection[projection.pooling == "mean"].layer) == {0, 1, 2, 3}
    assert drawn.nunique() == 1  # the same samples in every panel
    scores = run.table("scores", filters=[("detector", "=", "spectral")])
    assert set(scores.layer) == {0, 1, 2, 3}
    # first-token pooling of the embedding output is one vector for all: skipped, with the reason
    skipped = run.record["metrics"]["extraction"]["suspect"]["skipped"]
    assert "encoder:0:cls" in skipped
    assert ("cls", 0) not in set(zip(projection.pooling, projection.layer, strict=True))


def test_flagged_samples_are_never_dropped_from_a_map(run):
    drawn = set(run.table("projection").sample_id)
    flagged = run.table("ranking", filters=[("flagged", "=", True)])
    assert set(flagged.sample_id) <= drawn


def test_attention_has_p_values_only_from_clean_pairs(run, ask, store):
    pairs = run.table("attention")
    assert pairs.p_value.notna().any()
    alone = inspect(ask(config=replace(QUICK, layers="1")), store).table("attention")
    assert alone.p_value.isna().all()
    assert "no control" in set(alone[alone.model == "suspect"].control)


def test_behaviour_figures_carry_n_and_interval(run, files):
    suspect, reference = run.record["metrics"]["suspect"], run.record["metrics"]["reference"]
    for figures in (suspect, reference):
        accuracy = figures["clean_accuracy"]
        assert accuracy["low"] < accuracy["value"] < accuracy["high"]
        assert accuracy["n"] == len(read_samples(files["test"]))
    assert suspect["asr_all"]["value"] >= 0.9
    assert suspect["natural_flip_floor"]["value"] == reference["asr_all"]["value"] <= 0.3
    assert suspect["excess_asr"]["low"] > 0.5
    assert suspect["trigger_survival"]["value"] > 0.9
    # half a trigger pulls less than the whole one, and somewhere it was made for every victim
    assert suspect["false_trigger_rate"]["n"] == suspect["asr_all"]["n"]


def scores_of(found):
    columns = ["sample_id", "model", "stack", "layer", "pooling", "detector", "group", "score"]
    return pd.util.hash_pandas_object(found.table("scores")[columns]).to_numpy()


@pytest.mark.parametrize("change", ["dropped", "inverted and renamed"])
def test_ground_truth_and_folder_names_change_nothing(change, run, ask, store, files, tmp_path):
    import shutil

    lines = [json.loads(line) for line in files["train"].read_text().splitlines()]
    for line in lines:
        if change == "dropped":
            line.pop("poisoned"), line.pop("true_label")
        else:
            line["poisoned"], line["true_label"] = not line["poisoned"], 1 - line["true_label"]
    path = tmp_path / "same.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    request = ask(samples=path, trusted=files["trusted"])
    if change != "dropped":
        shutil.copytree(request.suspect, tmp_path / "innocent")
        shutil.copytree(request.reference, tmp_path / "evil-backdoored")
        request = replace(
            request,
            suspect=str(tmp_path / "innocent"),
            reference=str(tmp_path / "evil-backdoored"),
        )
    found = inspect(request, store)
    assert (scores_of(found) == scores_of(run)).all()
    assert json.dumps(found.record["verdict"]) == json.dumps(run.record["verdict"])
    assert found.table("ranking").equals(run.table("ranking"))


def test_the_same_again_extracts_nothing(run, ask, store):
    again = inspect(ask(), store)
    assert all(e["from_cache"] for e in again.record["metrics"]["extraction"].values())


def test_like_draws_on_the_same_axes(run, ask, store):
    again = inspect(ask(parent=run.run_id), store)
    assert again.record["parent"] == run.run_id
    keys = ["sample_id", "model", "layer", "pooling", "method"]
    both = run.table("projection").merge(again.table("projection"), on=keys)
    assert len(both) == len(run.table("projection"))
    np.testing.assert_allclose(both.x_x, both.x_y, atol=1e-4)
    np.testing.assert_allclose(both.y_x, both.y_y, atol=1e-4)


def test_a_cancelled_run_stays_readable(ask, store):
    def stop(progress):
        if progress.stage == "Scoring every layer":
            raise Cancelled("stopped by the test.")

    with pytest.raises(Cancelled):
        inspect(ask(), store, stop)
    found = store.open("latest")
    assert found.status == "cancelled"
    assert len(found.table("samples")) == 900
    assert len(found.table("projection"))
    with pytest.raises(RequestError, match="scores"):
        found.table("scores")


def test_a_failure_inside_is_recorded(ask, store, monkeypatch):
    from analysis.pipeline import evidence

    def fail(work):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(evidence, "score_layers", fail)
    with pytest.raises(ZeroDivisionError):
        inspect(ask(), store)
    found = store.open("latest")
    assert found.status == "failed"
    assert "planted" in found.reason
    (step,) = [s for s in found.record["steps"] if s["status"] == "failed"]
    assert step["name"] == "score layers"


def test_a_wrong_request_leaves_no_run(ask, store):
    before = {s.run_id for s in store.list()}
    with pytest.raises(RequestError, match="layer 9"):
        inspect(ask(config=replace(QUICK, layers="9")), store)
    assert {s.run_id for s in store.list()} == before
