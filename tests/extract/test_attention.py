from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_stacks import roberta, t5

from analysis.extract.attention import KEYS, PAIR, attention_table

PLACE = {"stack": "encoder", "layer": 2, "attention": "self", "matrix": "q", "kind": "weight"}


def at(table, model, head=None, **place):
    chosen = table["model"] == model
    for key, value in {**PLACE, **place}.items():
        chosen &= table[key] == value
    chosen &= table["head"].isna() if head is None else table["head"] == head
    return table[chosen].iloc[0]


def changed(model, amount=1.5, head=1):
    """The model with one head's query weights of layer 2 multiplied."""
    module = roberta().module
    module.load_state_dict(model.module.state_dict())
    with torch.no_grad():
        own = module.roberta.encoder.layer[1].attention.self.query.weight
        own[8 * head : 8 * (head + 1)] *= amount
    return replace(model, module=module)


def test_one_row_per_model_place_and_head():
    table = attention_table(roberta(0), roberta(1)).table
    # 2 layers x q, k, v x weight, bias x (whole + 2 heads), for both models
    assert len(table) == 2 * 2 * 3 * 2 * 3
    assert not table.duplicated([*KEYS, "model"]).any()
    assert set(table["model"]) == {"suspect", "reference"}
    assert table.loc[table["model"] == "reference", list(PAIR)].isna().all().all()
    assert table.loc[table["model"] == "suspect", list(PAIR)].notna().all().all()


def test_rows_hold_the_numbers_of_their_matrix_and_head():
    model = roberta()
    weight = model.module.roberta.encoder.layer[1].attention.self.query.weight.detach().numpy()
    table = attention_table(model).table
    assert at(table, "suspect")["mean"] == pytest.approx(weight.mean(), abs=1e-7)
    assert at(table, "suspect", head=1)["std"] == pytest.approx(weight[8:].std(), rel=1e-5)
    assert sum(at(table, "suspect", head=0)["histogram"]) == 128
    assert (table["control"] == "").all()  # nothing was compared


def test_equal_tensors_give_exactly_zero():
    table = attention_table(roberta(0), roberta(0)).table
    suspect = table[table["model"] == "suspect"]
    assert (suspect[list(PAIR)] == 0).all().all()


def test_a_changed_head_is_the_only_row_that_differs():
    model = roberta()
    table = attention_table(changed(model), model).table
    suspect = table[table["model"] == "suspect"]
    differs = suspect[suspect["ks"] > 0]
    assert {(r.layer, r.matrix, r.kind, r.head) for r in differs.fillna(-1).itertuples()} == {
        (2, "q", "weight", -1),
        (2, "q", "weight", 1),
    }
    row = at(table, "suspect", head=1)
    assert row["relative_change"] == pytest.approx(0.5, rel=1e-5)
    assert row["spectral_shift"] == pytest.approx(0.5, rel=1e-5)
    assert row["effect_size"] > 0
    assert row["control"] == "no control"
    assert np.isnan(row["p_value"])


def test_both_models_and_all_heads_share_their_bins():
    table = attention_table(roberta(0), roberta(1)).table
    place = ["stack", "layer", "attention", "matrix", "kind"]
    edges = table.groupby(place)[["histogram_low", "histogram_high"]].nunique()
    assert (edges == 1).all().all()
    assert (table["histogram"].map(len) == 64).all()


def test_p_values_are_ranks_among_clean_pairs_and_cannot_beat_their_number():
    clean = roberta(0)
    controls = [(changed(clean, 1 + i / 100), clean) for i in range(1, 4)]
    table = attention_table(changed(clean, 3.0), clean, controls).table
    row = at(table, "suspect", head=1)
    assert row["p_value"] == pytest.approx(1 / 4)
    assert row["control"] == "3 clean-clean pairs, smallest possible p 0.25"
    same = at(table, "suspect", head=0)
    assert same["p_value"] == 1  # nothing moved here, in no pair
    suspect = table[table["model"] == "suspect"]
    assert (suspect["p_adjusted"] >= suspect["p_value"]).all()
    assert set(table["model"]) == {"suspect", "reference", "control", "control-2", "control-3"}
    assert at(table, "control", head=1)["relative_change"] == pytest.approx(0.01, rel=1e-3)


def test_a_control_of_another_shape_is_no_control():
    table = attention_table(roberta(0), roberta(1), [(roberta(2, 8), roberta(3, 16))]).table
    assert (table.loc[table["model"] == "suspect", "control"] == "no control").all()
    assert table["p_value"].isna().all()


def test_t5_has_both_stacks_cross_attention_and_no_biases():
    table = attention_table(t5(), t5(seed=1)).table
    assert {(r.stack, r.attention) for r in table.itertuples()} == {
        ("encoder", "self"),
        ("decoder", "self"),
        ("decoder", "cross"),
    }
    assert set(table["kind"]) == {"weight"}
    assert table["layer"].min() == 1


def test_the_table_survives_parquet(tmp_path):
    import pandas as pd

    table = attention_table(roberta(0), roberta(1)).table
    table.to_parquet(tmp_path / "attention.parquet")
    back = pd.read_parquet(tmp_path / "attention.parquet")
    assert back["head"].isna().equals(table["head"].isna())
    assert list(back["quantiles"][0]) == list(table["quantiles"][0])
