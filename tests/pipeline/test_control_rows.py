"""Negative controls of a whole inspection of a poisoned pair, and what it flags."""

from types import SimpleNamespace

import numpy as np

from analysis.pipeline.state import Inspection
from analysis.records import TriggerCandidate


def test_the_same_procedures_say_little_on_nothing(run):
    told = {
        (r["control"], r["statistic"]): (r["nothing"], r["here"])
        for r in run.record["metrics"]["controls"]
    }
    assert told["shuffled_labels", "texts"] == (0, 1)
    nothing, here = told["clean_pair", "excess"]
    assert abs(nothing) < 0.2 < 0.5 < here
    nothing, here = told["random_rows", "located_auc"]
    assert nothing < 0.8 < here
    assert told["random_direction", "located_auc"][1] == here
    nothing, here = told["clean_pair", "disagreement_tail"]
    assert nothing != here


def test_without_a_second_clean_model_the_cheap_controls_remain(ask, store):
    from analysis.pipeline.inspect import inspect

    rows = inspect(ask(), store).record["metrics"]["controls"]
    assert {r["control"] for r in rows} == {"shuffled_labels", "random_rows", "random_direction"}


def test_controls_stand_in_the_layers_table_and_name_no_verdict(run):
    layers = run.table("layers")
    assert {"random_rows", "random_direction"} <= set(layers["detector"])
    assert run.record["verdict"]["detector"] not in ("random_rows", "random_direction")


def test_a_holder_with_another_label_is_not_flagged():
    rows = np.array([1, 4, 6])
    spans = ((0, 2), (3, 5), (6, 8))
    text = TriggerCandidate("line", "x", 0, 3, 0.67, 9.0, 1e-5, rows, spans, 0.5)
    labels = np.array([0, 0, 1, 1, 1, 1, 0])
    for known, kept in ((labels, [1, 6]), (None, [1, 4, 6])):
        inputs = SimpleNamespace(samples=SimpleNamespace(labels=known))
        work = Inspection(None, None, inputs, None, suspicious=(text,))
        (flagging,) = work.flagging
        assert flagging.rows.tolist() == kept
        assert len(flagging.spans) == len(kept)
        assert work.is_suspicious(text)  # the text itself, as it was located
