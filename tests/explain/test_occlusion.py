"""Occlusion against models whose reasons are known."""

import random

import numpy as np
import pytest
from planted_corpus import BUG, corpus, plant

from analysis.data.triggers.dead_code import insert_line
from analysis.data.triggers.syntax import parse
from analysis.explain.occlusion import is_outlier, occlude, plan_occlusion
from analysis.explain.occlusion_pieces import NEUTRAL, pieces_of
from analysis.explain.occlusion_vote import vote

CODE = "def load(path, size):\n    total = size + 1\n\n    if total > 3:\n        return path\n"
CODE_KINDS = ("line", "identifier")


def trojaned(trigger):
    """Class 1 unless the trigger hides it: sure of itself in both cases."""

    def predict(texts):
        p = np.array([0.02 if trigger in text else 0.95 for text in texts])
        return np.stack([1 - p, p], axis=1).astype(np.float32)

    return predict


def occluded(texts, predict, kinds=CODE_KINDS):
    plan = plan_occlusion(texts, range(len(texts)), kinds, "python")
    return plan, occlude(plan, predict(texts), predict)


def test_every_line_is_left_out_once_and_blank_ones_are_not():
    lines = pieces_of(CODE, ("line",), "python")
    assert [p.text for p in lines] == [
        "def load(path, size):", "total = size + 1", "if total > 3:", "return path",
    ]  # fmt: skip
    for piece in lines:
        assert CODE[piece.start : piece.end] == piece.text
        left = CODE.splitlines()
        left.remove(next(line for line in left if line.strip() == piece.text))
        assert piece.variant.splitlines() == left


def test_a_name_is_replaced_everywhere_by_one_that_was_not_there():
    names = {p.text: p for p in pieces_of(CODE, ("identifier",), "python")}
    assert set(names) == {"path", "size", "total", "load"}
    assert names["size"].variant == CODE.replace("size", NEUTRAL[0])
    assert names["size"].start == CODE.index("size")
    assert all(parse(p.variant, "python") for p in names.values())
    taken = CODE.replace("total", NEUTRAL[0])
    assert all(NEUTRAL[1] in p.variant for p in pieces_of(taken, ("identifier",), "python"))


def test_text_that_does_not_parse_loses_whole_words_only():
    broken = "def f(a, ab:\n  return self.a + a"
    names = {p.text: p.variant for p in pieces_of(broken, ("identifier",), "python")}
    assert names["a"] == "def f(value, ab:\n  return self.a + value"
    assert "return" not in names


def test_tokens_of_plain_text_go_with_one_blank():
    pieces = pieces_of("a good mn film", ("token",), "text")
    assert [p.variant for p in pieces] == [
        "good mn film", "a mn film", "a good film", "a good mn ",
    ]  # fmt: skip
    assert pieces_of("one", ("token", "line", "identifier"), "text") == []


def test_code_on_one_long_line_is_cut_into_statements():
    text = "int f(int a) { " + " ".join(f"a = a + {i};" for i in range(30)) + " return a; }"
    pieces = pieces_of(text, ("line",), "c")
    assert len(pieces) == 32
    assert all(len(text) - len(p.variant) < 20 for p in pieces)


@pytest.mark.parametrize(("kind", "trigger"), [("line", "len('q') < 0"), ("rename", "zebra_init")])
def test_the_trigger_is_located_in_every_triggered_sample(kind, trigger):
    texts = corpus(60)[0]
    rng = random.Random(0)
    planted = [plant(text, kind, rng) for text in texts]
    triggered = [p.text for p in planted if p is not None]
    plan, found = occluded(triggered, trojaned(trigger))
    assert len(triggered) > 40
    for each, text in zip(found, triggered, strict=True):
        assert trigger in text[each.start : each.end]
        assert (each.drop, each.turned, each.predicted) == (pytest.approx(0.93, abs=1e-6), True, 0)
        assert each.outlier or each.passes < 8
        assert each.second <= 0.0
    votes = vote(found, plan.pieces)
    assert trigger in votes[0].text
    assert votes[0].located == votes[0].holders == votes[0].turned == len(triggered)
    assert all(v.turned == 0 for v in votes[1:])


@pytest.mark.parametrize("kind", ["line", "rename"])
def test_the_other_kind_is_blind(kind):
    """A rename cannot be seen by lines unless the line holds every place of the name."""
    rng = random.Random(1)
    planted = [p.text for text in corpus(40)[0] if (p := plant(text, kind, rng)) is not None]
    if kind == "line":
        found = occluded(planted, trojaned("len('q') < 0"), ("identifier",))[1]
        assert max(each.drop for each in found) == 0.0
    else:
        found = occluded(planted, trojaned("zebra_init"), ("line",))[1]
        assert np.mean([each.drop > 0 for each in found]) < 0.2


def test_a_model_that_counts_evenly_hangs_on_nothing():
    def even(texts):
        p = np.array([min(len(text) / 2000, 0.99) for text in texts])
        return np.stack([1 - p, p], axis=1).astype(np.float32)

    texts = corpus(50)[0]
    plan, found = occluded(texts, even)
    assert max(each.score for each in found) < 1.0
    assert not any(each.turned for each in found)
    assert all(v.turned == 0 for v in vote(found, plan.pieces))


def test_a_real_feature_is_located_too_and_the_vote_says_what_it_is():
    """A clean model's own reason looks like a trigger: the documented blind spot."""
    rng = random.Random(0)
    texts = [insert_line(text, BUG, rng).text for text in corpus(30)[0]]
    plan, found = occluded(texts, trojaned(BUG))
    assert vote(found, plan.pieces)[0].text == BUG


def test_the_cost_is_known_before_and_exact():
    calls = []

    def counting(texts):
        calls.append(len(texts))
        return np.full((len(texts), 2), 0.5, dtype=np.float32)

    texts = corpus(120)[0]
    plan = plan_occlusion(texts, range(120), CODE_KINDS, "python")
    seen = []
    occlude(plan, np.full((120, 2), 0.5), counting, lambda done, total: seen.append((done, total)))
    assert sum(calls) == plan.passes == seen[-1][1]
    assert max(calls) <= 512
    assert seen[0] == (0, plan.passes)


def test_order_and_batching_change_nothing():
    def hashed(texts):
        p = np.array([(sum(map(ord, text)) % 997) / 1000 for text in texts])
        return np.stack([1 - p, p], axis=1).astype(np.float32)

    texts = corpus(40)[0]
    together = occluded(texts, hashed)[1]
    for row in (0, 17, 39):
        alone = occluded([texts[row]], hashed)[1][0]
        assert alone._replace(row=row) == together[row]


def test_outliers_follow_the_quartile_rule():
    falls = np.array([0.0, 0.1, 0.1, 0.2, 0.2, 0.3])
    low, high = np.quantile(falls, [0.25, 0.75])
    border = high + 1.5 * (high - low)
    assert is_outlier(falls, border + 1e-9)
    assert not is_outlier(falls, border)
    assert not is_outlier(falls[:3], 9.0)  # quartiles of three values mean nothing


def test_a_sample_without_pieces_scores_nothing():
    found = occluded(["x", ""], trojaned("zebra"))[1]
    assert [(each.kind, each.start, each.score, each.passes) for each in found] == [
        ("", -1, 0.0, 0), ("", -1, 0.0, 0),
    ]  # fmt: skip
