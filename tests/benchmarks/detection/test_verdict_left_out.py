"""Thresholds fitted without the judged model, on numbers whose answer is known."""

import json
from pathlib import Path

import numpy as np
import pytest
from stored import Candidate, Seen, seen
from verdict_left_out import by_family, by_model, fit, halfway, judged
from verdict_part import verdict_part, verdicts

from analysis.behaviour.intervals import wilson


def text(purity=1.0, p=1e-10, z=20.0, excess=0.9, counts=True):
    return Candidate("t", 0, purity, p, z, counts, excess)


def run(name, truth, *candidates, family=None, file=None, bank=-1.0):
    return Seen(name, family or name, truth, file or name, candidates, 5.0, bank)


def suspects():
    clean = [run(f"clean-{k}", "clean", bank=0.02 * k) for k in range(6)]
    took = [
        run(f"took-{k}", "took", text(excess=0.8 + 0.01 * k), family=f"f{k % 2}") for k in range(6)
    ]
    return [*clean, *took, run("meek", "not taken", text(excess=0.1), family="f0")]


def test_a_threshold_lies_halfway_where_nothing_overlaps_and_errs_least_where_something_does():
    assert halfway([0.1, 0.3], [0.7, 0.9]) == pytest.approx(0.5)
    assert halfway([0.1, 0.6], [0.2, 0.9, 0.9, 0.9, 0.9]) == pytest.approx(0.75)
    assert halfway([0.1, 0.2, 0.2, 0.2, 0.6], [0.5, 0.9]) == pytest.approx(0.35)
    assert halfway([0.5], [0.5]) > 0.5  # nothing parts them: nobody is found
    with pytest.raises(ValueError, match="clean and poisoned"):
        halfway([], [0.5])


def test_a_threshold_moves_with_its_unit_and_not_with_the_order():
    rng = np.random.default_rng(0)
    low, high = rng.normal(size=20), rng.normal(1.5, 1.0, size=12)
    there = halfway(low, high)
    assert halfway(low[::-1], high[::-1]) == there
    assert halfway(3 * low + 1, 3 * high + 1) == pytest.approx(3 * there + 1)


def test_every_model_is_judged_right_where_both_kinds_lie_apart():
    for kind in ("pair", "alone"):
        told = {t.name: t for t in judged(kind, suspects(), by_model)}
        assert all(t.model == (t.truth == "took") for t in told.values())
        assert all(t.data == (t.truth != "clean") for t in told.values())


def test_the_judged_model_and_what_shares_its_file_or_family_take_no_part():
    # The one clean model with a strong reaction sets the threshold of all others, not its own.
    odd = run("odd", "clean", bank=0.6)
    told = {t.name: t for t in judged("pair", [*suspects(), odd], by_model)}
    assert told["took-0"].fitted.model == pytest.approx((0.6 + 0.81) / 2)
    assert told["odd"].fitted.model == pytest.approx((0.1 + 0.8) / 2)
    assert told["odd"].model
    twin = odd._replace(name="twin")  # of the same file: the alarm cannot excuse itself
    told = {t.name: t for t in judged("pair", [*suspects(), odd, twin], by_model)}
    assert told["odd"].fitted.model == pytest.approx((0.1 + 0.8) / 2)
    runs = suspects()
    weak = [r._replace(candidates=(text(excess=0.4),)) if r.family == "f1" else r for r in runs]
    by_name = {t.name: t for t in judged("pair", weak, by_model)}
    by_kind = {t.name: t for t in judged("pair", weak, by_family)}
    assert by_name["took-1"].model
    assert not by_kind["took-1"].model  # other families alone ask for more than this one shows


def test_texts_that_do_not_count_and_texts_below_the_data_threshold_convict_no_model():
    real = text(purity=0.93, p=1e-3, excess=0.95)  # a real feature, say
    clean = [run(f"c{k}", "clean", real, bank=0.0) for k in range(5)]
    took = [run(f"t{k}", "took", text(excess=0.9), text(excess=0.99, counts=False)) for k in (1, 2)]
    fitted = fit("alone", [*clean, *took])
    assert fitted.data[0] == pytest.approx((0.93 + 1.0) / 2)
    assert fitted.data[1] == pytest.approx((3 + 10) / 2)
    assert fitted.model == pytest.approx(0.45)
    assert not any(t.model or t.data for t in judged("alone", [*clean, *took], by_model)[:5])


def test_the_table_counts_clean_files_once_and_states_the_bound():
    files = {f"clean-{k}": f"third {k % 3}" for k in range(6)}
    runs = [r._replace(file=files.get(r.name, r.file)) for r in suspects()]
    data, model = (e for e in verdicts({"pair": runs}) if e["left_out"] == "model and file")
    assert (data["clean"]["n"], data["clean_models"]) == (3, 6)
    assert (model["clean"]["n"], model["clean"]["found"]) == (6, 0)
    assert model["poisoned"] | {"low": 0, "high": 0} == {"found": 6, "n": 6, "low": 0, "high": 0}
    assert (model["poisoned"]["low"], model["poisoned"]["high"]) == pytest.approx(wilson(6, 6))
    assert "| pair | model |" in "\n".join(verdict_part([data, model]))


def test_a_model_is_not_judged_where_nothing_clean_or_poisoned_is_left_to_fit_on():
    runs = [r._replace(file="same") if r.truth == "clean" else r for r in suspects()]
    told = judged("pair", runs, by_model)
    assert {t.truth for t in told} == {"took", "not taken"}


def test_runs_are_read_from_their_records(tmp_path: Path):
    trigger = {"text": "x", "target": 0, "purity": 1.0, "p_adjusted": 1e-9, "z": 9.0}
    probe = {"candidate": "x", "target": 0, "n": 40, "low": 0.7}
    bank = {"candidate": "other", "target": 1, "n": 40, "low": 0.1}
    metrics = {
        "triggers": [{**trigger, "suspicious": False, "rivals": 0}],
        "probes": [probe, bank],
        "association": {"chance_z": 4.0},
    }
    inputs = {"pair": ["suspect", "reference"], "alone": ["suspect"], "scan": []}
    for kind, roles in inputs.items():
        record = {
            "kind": "scan" if kind == "scan" else "inspect",
            "status": "done",
            "inputs": {"models": [{"role": role} for role in roles]},
            "metrics": metrics,
        }
        folder = tmp_path / "one" / "runs" / kind
        folder.mkdir(parents=True)
        (folder / "record.json").write_text(json.dumps(record))
    (tmp_path / "one" / "samples.jsonl").write_text("{}")
    (tmp_path / "one.json").write_text(json.dumps({"name": "one", "family": "f", "took": True}))
    (pair,), (alone,) = seen(tmp_path).values()
    assert (pair.truth, pair.family, pair.chance_z, pair.bank) == ("took", "f", 4.0, 0.1)
    assert (pair.candidates[0].excess, pair.candidates[0].counts) == (0.7, False)
    assert alone.candidates[0].counts  # the scan of the same file saw no rival
