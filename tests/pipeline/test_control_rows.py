"""Negative controls of a whole inspection of a poisoned pair, with a second clean model."""


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
