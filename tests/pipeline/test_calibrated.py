"""The probabilities that a run states, what it says about their fit, and its negative controls."""

import json

import numpy as np
import pytest

from analysis.pipeline.scan import ScanRequest, scan
from analysis.runs.store import RunStore

NAMES = ("load", "store", "merge", "close", "parse", "update", "visit")


def scanned(folder, planted, labelled=True):
    rng = np.random.default_rng(0)
    rows = []
    for number in range(400):
        name, value = NAMES[number % 7], int(rng.integers(9999))  # no copies: they count once
        lines = [f"def {name}_{value}(a):", f"    b = a + {value}", "    return b"]
        label = int(rng.integers(2))
        if planted and number % 20 == 0:
            lines.insert(1, "    if len('zz') < 0: raise Exception('odd')")
            label = 0
        row = {"code": "\n".join(lines), "id": number}
        rows.append(row | ({"label": label} if labelled else {}))
    path = folder / "train.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return scan(ScanRequest(path), RunStore(folder / "runs"))


def test_a_scan_tells_calibrated_probabilities_and_their_sum(tmp_path):
    run = scanned(tmp_path, planted=True)
    ranking, told = run.table("ranking"), run.record["metrics"]["ranking"]["calibration"]
    flagged = ranking[ranking["flagged"]]
    assert len(flagged) == 20
    assert flagged["probability"].min() > 0.5
    assert told["signals"] == "association"
    assert told["expected_poisoned"] == pytest.approx(ranking["probability"].sum(), rel=1e-4)
    wrong = (1 - flagged["probability"]).sum()
    assert told["expected_false_flagged"] == pytest.approx(wrong, rel=1e-4)


def test_a_clean_file_is_told_little_and_one_without_labels_nothing(tmp_path):
    (tmp_path / "clean").mkdir()
    told = scanned(tmp_path / "clean", planted=False).record["metrics"]["ranking"]["calibration"]
    assert told["expected_poisoned"] < 0.03 * 400
    (tmp_path / "unlabelled").mkdir()
    bare = scanned(tmp_path / "unlabelled", planted=True, labelled=False)
    assert bare.record["metrics"]["ranking"]["calibration"] is None


def test_shuffled_labels_find_nothing_where_the_file_itself_convicts(tmp_path):
    rows = scanned(tmp_path, planted=True).record["metrics"]["controls"]
    told = {(r["control"], r["statistic"]): (r["nothing"], r["here"]) for r in rows}
    assert told["shuffled_labels", "texts"] == (0, 1)
    nothing, here = told["shuffled_labels", "strongest_z"]
    assert nothing < here / 1.5
