"""Inputs at the edge: one row, one class, no labels, empty and huge texts, no reference."""

import json
from dataclasses import replace

import pytest
from shipped_pair import QUICK, SUSPECT

from analysis.errors import RequestError
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.inspect import inspect

FUNCTION = "def add(a, b):\n    return a + b + {}\n"


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    "rows",
    [
        [{"code": FUNCTION, "label": 0}],
        [{"code": FUNCTION.format(i), "label": 0} for i in range(30)],
        [{"code": FUNCTION.format(i)} for i in range(30)],
        [{"code": "", "label": 0}, {"code": "x = 1", "label": 1}, {"code": " \n", "label": 1}],
        [{"code": "x = 1\n" * 23_716, "label": 0}, {"code": "y = 2", "label": 1}],
        [{"code": FUNCTION, "label": i % 2} for i in range(60)],
    ],
    ids=["one row", "one class", "no labels", "empty texts", "142,296 characters", "all the same"],
)
def test_edges_end_in_a_careful_answer(rows, ask, store, tmp_path):
    found = inspect(ask(samples=write(tmp_path / "edge.jsonl", rows)), store)
    assert found.status == "done"
    assert found.record["verdict"]["answer"] in ("inconclusive", "not_found")
    assert found.record["verdict"]["data"]["answer"] != "found"
    assert len(found.table("ranking")) == len(rows)


def test_truncation_is_counted(ask, store, tmp_path):
    rows = [{"code": "value = 1\n" * 4000, "label": 0}, {"code": "y = 2", "label": 1}]
    found = inspect(ask(samples=write(tmp_path / "long.jsonl", rows)), store)
    assert found.record["metrics"]["extraction"]["suspect"]["truncated"] == 1
    assert found.table("samples").truncated.sum() == 1


def test_without_a_reference_it_says_what_it_cannot_see(ask, store):
    found = inspect(ask(reference=None), store)
    verdict = found.record["verdict"]
    assert any("reference" in limit for limit in verdict["not_tested"])
    assert set(found.table("projection").model) == {"suspect"}


def test_a_checkpoint_without_a_head_predicts_nothing(ask, store):
    found = inspect(ask(config=replace(QUICK, head="none")), store)
    assert found.record["verdict"]["model"]["answer"] == "inconclusive"
    assert found.table("samples").predicted_suspect.isna().all()
    assert set(found.table("scores").group) == {"0", "1"}  # the labels stand in


@pytest.mark.parametrize("role", ["reference", "control"])
def test_a_model_beside_itself_is_refused(role, ask, store):
    same = str(shipped_model(SUSPECT))
    changes = {"reference": {"reference": SUSPECT}, "control": {"controls": (same,)}}[role]
    with pytest.raises(RequestError, match=f"{role} '.*' have the same weights"):
        inspect(ask(**changes), store)


def test_a_wrong_detector_is_told_before_a_model_is_read(ask, store):
    wrong = ask(config=replace(QUICK, detectors=("knn_distance", "nothing")))
    wrong = replace(wrong, suspect="no/such folder")
    with pytest.raises(RequestError, match="detector 'nothing' is unknown"):
        inspect(wrong, store)


def test_it_says_on_which_device_and_in_which_precision_it_reads(ask, store):
    said = []
    inspect(ask(reference=None), store, lambda progress: said.append(progress.stage))
    environment = store.open("latest").record["environment"]
    where = f"on {environment['device']} in {environment['precision']} takes about"
    assert any(
        stage.startswith("Reading 1 model x 900 samples") and where in stage for stage in said
    )
