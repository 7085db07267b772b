"""The optional steps behind the verdict: occlusion of flagged samples, and the trigger search."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shipped_pair import QUICK

from analysis.errors import Cancelled
from analysis.explain.inversion import Searched
from analysis.pipeline import explaining, searching
from analysis.pipeline.inspect import inspect
from analysis.records import ProbeResult
from analysis.runs.tables import TABLES


@pytest.fixture(scope="module")
def explained(ask, store):
    """The poisoned pair with a search of a fiftieth of the usual budget."""
    with pytest.MonkeyPatch.context() as patch:
        usual = searching.SearchConfig
        patch.setattr(
            searching,
            "SearchConfig",
            lambda seed, device: usual(2, 12, 6, 3, 3, sweeps=1, seed=seed, device=device),
        )
        config = replace(QUICK, explain="flagged", search_triggers=True)
        return inspect(ask(config=config), store)


def test_flagged_samples_hang_on_the_trigger_and_controls_do_not(explained):
    table = explained.table("occlusion")
    assert set(TABLES["occlusion"]) <= set(table.columns)
    flagged, control = table[table.group == "flagged"], table[table.group == "control"]
    assert 10 < len(control) <= len(flagged) <= explaining.MAX_FLAGGED
    located = flagged["text"].str.contains("len('t') < 0", regex=False)
    assert located.mean() >= 0.9
    assert flagged["drop"].median() > 0.5 > 0.1 > control["drop"].median()
    figures = explained.record["metrics"]["occlusion"]
    assert figures["passes"] == table["passes"].sum() <= explaining.MAX_PASSES
    assert figures["flagged"]["n"] == len(flagged)
    assert figures["overlap"]["value"] >= 0.9
    assert "len('t') < 0" in figures["candidates"][0]["text"]


def test_it_changes_neither_verdict_nor_ranking(explained, ask, store):
    plain = inspect(ask(), store)
    assert plain.record["verdict"] == explained.record["verdict"]
    assert plain.table("ranking").equals(explained.table("ranking"))
    skipped = {s["name"]: s["reason"] for s in plain.record["steps"] if s["status"] == "skipped"}
    assert "--explain none" in skipped["explain"]
    assert "--search-triggers" in skipped["search triggers"]
    assert not plain.has("occlusion")


def test_every_find_is_tested_on_other_samples_against_the_reference(explained):
    found = explained.record["metrics"]["search"]["found"]
    assert {(f["kind"], f["target"]) for f in found} == {
        (kind, target) for kind in ("line", "identifier") for target in (0, 1)
    }
    for each in found:
        assert each["floor_source"] == "reference"
        assert 0 <= each["floor_flips"] <= each["n"] > 20
        assert each["low"] <= each["excess"] <= each["high"]
        assert each["passes"] < 400


def test_controls_share_the_class_of_the_flagged():
    predicted = np.array([0, 1] * 50)
    flags = np.zeros(100, dtype=bool)
    flags[[0, 2, 4, 7]] = True
    rows = explaining.controls_for(np.array([0, 2, 4, 7]), flags, predicted, 0)
    assert sorted(predicted[rows].tolist()) == [0, 0, 0, 1]
    assert not flags[rows].any()
    again = explaining.controls_for(np.array([0, 2, 4, 7]), flags, predicted, 0)
    assert rows.tolist() == again.tolist()


def test_overlap_counts_flagged_samples_with_a_located_text_only():
    table = pd.DataFrame(
        {"start": [5, 5, 5, 5], "end": [9, 9, 9, 9], "group": ["flagged"] * 3 + ["control"]}
    )
    ranking = pd.DataFrame({"trigger_start": [8, 9, -1, 5], "trigger_end": [12, 12, -1, 9]})
    found = explaining.overlap(table, ranking)
    assert (found["value"], found["n"]) == (0.5, 2)  # touching at one end is no overlap


@pytest.mark.parametrize("source", ["reference", "placebo"])
def test_a_find_is_a_reason_only_beyond_its_floor(source):
    def find(low):
        tested = ProbeResult("abc", "line", 0, 100, 60, 5, 0.55, low, 0.6, source)
        return searching.Find(Searched("line", "abc", 0, 1.0, 0.1, 10), tested)

    reasons = searching.summary([find(0.39), find(0.45)])["reasons"]
    assert len(reasons) == 1
    assert "turns 60 of 100" in reasons[0]
    assert ("only a hint" in reasons[0]) == (source == "placebo")


def test_it_can_be_cancelled(ask, store):
    def stop(progress):
        if progress.stage.startswith("Taking"):
            raise Cancelled("stopped by the test.")

    with pytest.raises(Cancelled):
        inspect(ask(config=replace(QUICK, explain="flagged")), store, stop)
    assert store.open("latest").record["verdict"]["answer"] == "found"
