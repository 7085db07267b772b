"""The measured table that the product ships: the numbers of RESULTS.md, failures included."""

import re
from pathlib import Path

import pytest

from analysis.data.measured import measured_detectors
from analysis.detect.specs import DETECTORS
from analysis.report.measured import (
    GROUPS,
    NAMES,
    SETS,
    answers_table,
    detectors_table,
    measured_headline,
    measured_table,
    measured_words,
)

RESULTS = Path(__file__).parents[1] / "benchmarks" / "detection" / "RESULTS.md"


def test_the_shipped_table_holds_the_numbers_of_the_committed_results():
    text = RESULTS.read_text(encoding="utf-8")
    assert measured_detectors()["models"]["took"] == int(re.search(r"(\d+) models whose", text)[1])
    table = text.split("## Rankings, all models whose trojan took")[1].split("##")[0]
    lines = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in table.splitlines()}
    for entry in measured_detectors()["rankings"]["took"]:
        cells = lines[entry["name"]]
        told = [cells[1], cells[2], cells[3], cells[5]]
        found = [entry[k] for k in ("auc_lowest", "auc", "recall_fpr_0.01")]
        assert told == [str(entry["n"]), *(f"{value:.3f}" for value in found)], entry["name"]


@pytest.mark.parametrize("chosen", SETS)
def test_every_set_is_a_table_with_its_failures(chosen):
    table = measured_table(chosen)
    assert set(table["signals"]) == set(GROUPS.values())
    assert table["AUC, lowest"].le(table["AUC, median"]).all()
    assert table["AUC, median"].min() < 0.5  # what does not work stays in the table
    assert table["models"].max() == measured_detectors()["models"][chosen]
    known = {*NAMES, *(spec.name for spec in DETECTORS)}
    assert {e["name"] for e in measured_detectors()["rankings"][chosen]} <= known


def test_answers_count_out_of_their_models_and_carry_a_bound():
    for entry in measured_detectors()["answers"]:
        assert entry["found"] + entry["inconclusive"] <= entry["n"]
        assert entry["low"] <= entry["found"] / entry["n"] <= entry["high"]
    table = answers_table()
    assert len(table) == len(measured_detectors()["answers"])
    clean = next(e for e in measured_detectors()["answers"] if e["models"] == "clean")
    assert f"of {clean['n']}" in " ".join(table["found"])
    assert "No single embedding detector is reliable" in measured_headline()


def test_every_detector_says_what_it_sees_and_most_what_they_found():
    table = detectors_table()
    assert table["detector"].is_unique
    assert len(table) == len(DETECTORS)
    assert table[["sees", "misses", "needs", "paper"]].ne("").all(axis=None)
    words = {spec.name: measured_words(spec) for spec in DETECTORS}
    assert [name for name, text in words.items() if not text] == []
    assert "lowest" in words["spectral"]
