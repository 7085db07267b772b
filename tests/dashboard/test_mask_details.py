"""What the screen says about a mask: heads apart, stable or not, stages with their undo."""

import pandas as pd
import pytest
from synthetic_removal import write_removal
from synthetic_run import Shape, write_run

from analysis.runs.store import RunStore
from dashboard.components.mask_details import by_place, stability_words

MATRICES = (("attention.self.query.weight", (0, 1)), ("output.dense.weight", (-1,)))


def head(layer, matrix, number):
    place = {"tensor": f"t{layer}{matrix}", "stack": "encoder", "layer": layer, "matrix": matrix}
    density = 0.1 * (number + 1)
    return {**place, "head": number, "weights": 64, "chosen": 3, "density": density, "mean": 1.0}


HEADS = pd.DataFrame(
    [head(layer, matrix, n) for layer in (2, 1) for matrix, heads in MATRICES for n in heads]
)


def stability(overlap):
    rows = [
        {"draw": i, "jaccard": overlap, "chance": 0.11, "rank_correlation": 0.9} for i in (1, 2)
    ]
    return pd.DataFrame(rows)


def test_heads_are_rows_and_layers_come_in_order():
    shown = by_place(HEADS)
    assert list(dict.fromkeys(shown["place"])) == ["layer 1", "layer 2"]
    assert set(shown["matrix"]) == {"attention query 0", "attention query 1", "output"}


def test_a_shifting_mask_is_called_so_beside_chance():
    assert "Stable" in stability_words(stability(0.8))
    shifting = stability_words(stability(0.2))
    assert "Not stable" in shifting
    assert "0.2, by chance 0.11" in shifting


@pytest.fixture
def removal(tmp_path):
    run = write_run(tmp_path, Shape(n=80, poisoned=12, layers=3))
    return tmp_path, write_removal(tmp_path, run, maps=False)


def test_without_a_mask_nothing_is_said_about_one(open_app, words, removal):
    root, run = removal
    assert "Which weights might change" not in words(open_app(root, "unlearn", run=run))


def test_stages_and_stability_stand_on_the_screen(open_app, words, tmp_path):
    parent = write_run(tmp_path, Shape(n=80, poisoned=12, layers=3))
    with RunStore(tmp_path).create("unlearn", {"method": "auto"}, {}, {}, parent) as run:
        run.set(verdict={"answer": "cleaned", "reasons": [], "not_tested": []})
        run.write_bytes("delta.safetensors", b"bits")
        run.write_table("attribution_heads", HEADS)
        run.write_table("mask_stability", stability(0.8))
        stage = {"ratio": 0.01, "kept": False, "accuracy": 0.9, "asr": 0.8, "floor": 0.1}
        rows = [{**stage, "target_triggered": 0.9, "gap": 0.7, "note": "undone: still there"}]
        run.write_table("stages", pd.DataFrame(rows))
    text = words(app := open_app(tmp_path, "unlearn", run=run.run_id))
    assert "Which weights might change" in text
    assert "Stable: other draws" in text
    table = next(d.value for d in app.dataframe if "ratio" in d.value)
    assert table["note"].tolist() == ["undone: still there"]
