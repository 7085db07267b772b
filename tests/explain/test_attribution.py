"""Integrated gradients: completeness, exactness on a linear model, offsets."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "extract"))  # tiny_stacks
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))  # tiny_models
import numpy as np
import pytest
import torch
from tiny_stacks import roberta, t5

from analysis.behaviour.predict import predict
from analysis.explain.attribution import attribute
from analysis.explain.offsets import token_spans

TEXT = "w1 w5 w9 w2 w30 w7"


@pytest.mark.parametrize("make", [roberta, t5, lambda: t5("classifier")])
def test_the_attributions_sum_to_the_difference_from_the_baseline(make):
    model = make()
    coarse, fine = (attribute(model, [TEXT], [1], steps)[0] for steps in (4, 256))
    assert abs(fine.difference) > 1e-3
    assert abs(fine.error) < 0.02 * abs(fine.difference) + 1e-3
    assert abs(fine.error) <= abs(coarse.error) + 1e-4  # more points integrate better


def test_the_difference_is_that_of_the_models_own_predictions():
    model = roberta()
    found = attribute(model, [TEXT], [1], 8)[0]
    blank = " ".join(["<unk>"] * 6)
    p = predict(model, [TEXT, blank]).astype(np.float64)
    odds = np.log(p[:, 1]) - np.log(p[:, 0])
    assert found.difference == pytest.approx(odds[0] - odds[1], abs=1e-4)


def test_both_classes_of_two_mirror_each_other():
    model = roberta()
    one, other = attribute(model, [TEXT, TEXT], [0, 1], 16)
    np.testing.assert_allclose(one.values, -other.values, atol=1e-6)
    assert (one.values[[0, -1]] == 0).all()  # special tokens are on the baseline too


def test_the_token_that_decides_gets_the_credit():
    model = roberta()
    table = model.module.get_input_embeddings().weight
    with torch.no_grad():
        # every word reads as the unknown one, except w9
        table[4:] = table[3].clone()
        table[4 + 9] += 3.0
    found = attribute(model, [TEXT], [1], 64)[0]
    place = TEXT.index("w9")
    assert found.of_span(place, place + 2) == pytest.approx(found.difference, abs=1e-3)
    assert np.count_nonzero(np.abs(found.values) > 1e-9) == 1


def test_the_model_handed_in_keeps_no_hook_and_no_gradient():
    model = roberta()
    attribute(model, [TEXT], [0], 4)
    assert not any(m._forward_hooks for m in model.module.modules())
    assert all(p.grad is None for p in model.module.parameters())


def test_spans_name_the_characters_of_the_untouched_text():
    model = roberta()
    text = "w1   w5\n\tw9"
    assert [text[a:b] for a, b in token_spans(model, text, 5)] == ["", "w1", "w5", "w9", ""]
    changed = replace(model, prefix="w3 ", collapse_whitespace=True)
    n = len(changed.encode([text]).ids[0])
    spans = token_spans(changed, text, n)
    assert [text[a:b] for a, b in spans] == ["", "", "w1", "w5", "w9", ""]
    assert token_spans(model, text, 3)[1] == (0, 2)  # cut to the window


def test_byte_level_tokens_leave_their_blanks_out():
    from tiny_models import byte_level

    class Tokenizer:
        backend_tokenizer = byte_level("both")

    text = "def né(a):\n    return a"
    ids = Tokenizer.backend_tokenizer.encode(text).ids
    spans = token_spans(replace(roberta(), tokenizer=Tokenizer()), text, len(ids))
    joined = "".join(text[a:b] for a, b in dict.fromkeys(spans))
    assert joined.replace("é", "") == text.replace(" ", "").replace("\n", "").replace("é", "")
