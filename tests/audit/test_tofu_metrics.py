"""TOFU metrics: closed forms, and the authors' own numbers from the authors' own logs."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from analysis.audit.tofu_metrics import (
    AnswerLosses,
    SetScores,
    choice_probability,
    forget_quality,
    forget_scores,
    model_utility,
    retained_scores,
    truth_ratio,
)
from analysis.audit.tofu_rouge import common_subsequence, rouge_l_recall, words
from analysis.audit.tofu_stem import stem
from analysis.errors import KenshinError

TOFU = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "tofu"
MODELS = ("phi_full_wd0", "phi_retain90_wd0", "phi_retain95_wd0", "phi_retain99_wd0")
SETS = {
    "eval_real_author_wo_options.json": "Real Authors",
    "eval_real_world_wo_options.json": "Real World",
    "eval_log.json": "Retain",
    "eval_log_forget.json": "Forget",
}
shared = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not TOFU.is_dir(), reason="../shared/data/tofu is not here"),
]


def losses(n=50, k=4, seed=0, gap=0.0):
    rng = np.random.default_rng(seed)
    right = rng.uniform(0.5, 3, n)
    return AnswerLosses(right, right.copy(), right[:, None] + gap + rng.normal(0, 0.1, (n, k)),
                        rng.uniform(0, 1, n))  # fmt: skip


def read_log(model):
    with gzip.open(TOFU / "eval_logs" / f"{model}.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)


def as_losses(part):
    def column(name):
        return np.array(list(part[name].values()), dtype=float)

    return AnswerLosses(
        column("avg_gt_loss"),
        column("avg_paraphrased_loss"),
        column("average_perturb_loss"),
        column("rougeL_recall"),
    )


def test_truth_ratio_is_the_ratio_of_geometric_means():
    given = AnswerLosses(np.array([1.0]), -np.log([0.5]), -np.log([[0.1, 0.4]]), np.array([1.0]))
    assert truth_ratio(given)[0] == pytest.approx(np.sqrt(0.1 * 0.4) / 0.5)


def test_a_model_that_knows_nothing_has_ratio_one_and_full_forget_score():
    unknown = losses(n=400, gap=0.0)
    assert forget_scores(unknown).truth_ratio > 0.9
    assert retained_scores(unknown, invented=True).truth_ratio < 0.1
    known = losses(n=400, gap=3.0)
    assert forget_scores(known).truth_ratio < 0.1
    assert retained_scores(known, invented=True).truth_ratio > 0.9


def test_choice_probability_of_equal_answers_is_chance():
    equal = AnswerLosses(np.ones(3), np.ones(3), np.ones((3, 3)), np.zeros(3))
    assert choice_probability(equal) == pytest.approx(0.25)


def test_forget_quality_separates_and_accepts():
    never = losses(n=300, seed=1)
    assert forget_quality(never, never) == (1.0, 0.0)
    assert forget_quality(losses(n=300, seed=2), never).p_value > 0.01
    assert forget_quality(losses(n=300, seed=3, gap=1.0), never).p_value < 1e-6


def test_forget_quality_is_symmetric_and_ignores_order():
    first, second = losses(n=80, seed=4), losses(n=60, seed=5, gap=0.2)
    order = np.random.default_rng(6).permutation(80)
    mixed = AnswerLosses(
        first.answer[order], first.paraphrased[order], first.perturbed[order], first.rouge[order]
    )
    assert forget_quality(first, second) == pytest.approx(forget_quality(second, first))
    assert forget_quality(mixed, second) == pytest.approx(forget_quality(first, second))


def test_utility_is_the_harmonic_mean_and_zero_at_zero():
    assert model_utility({"a": SetScores(0.5, 0.25, 1.0)}).model_utility == pytest.approx(3 / 7)
    assert model_utility({"a": SetScores(0.5, 0.0, 1.0)}).model_utility == 0.0
    with pytest.raises(KenshinError, match="at least one"):
        model_utility({})


def test_losses_of_different_lengths_are_refused():
    with pytest.raises(KenshinError, match="need as many"):
        AnswerLosses(np.ones(3), np.ones(2), np.ones((3, 2)), np.ones(3))


def test_rouge_recall_by_hand():
    assert rouge_l_recall("Paris is in France", "paris, FRANCE") == 0.5
    assert rouge_l_recall("a b c d", "d c b a", stemmed=False) == 0.25
    assert rouge_l_recall("writes novels", "she wrote a novel") == 0.5  # the plural is a stem
    assert rouge_l_recall("novels", "novel", stemmed=False) == 0.0
    assert rouge_l_recall("...", "anything") == 0.0


def test_the_longest_common_subsequence_is_one():
    rng = np.random.default_rng(0)
    for _ in range(50):
        first, second = rng.choice(list("abc"), 7), rng.choice(list("abc"), 6)
        found = common_subsequence(first, second)
        assert found == common_subsequence(second, first)
        subsets = [
            [c for i, c in enumerate(first) if mask >> i & 1] for mask in range(1 << len(first))
        ]
        best = max(len(s) for s in subsets if _inside(s, second))
        assert found == best


def _inside(part, whole):
    rest = iter(whole)
    return all(any(c == other for other in rest) for c in part)


@pytest.mark.parametrize(
    ("word", "expected"),
    # Porter's own examples, and where the extended variant differs from them
    [
        *(("caresses", "caress"), ("ponies", "poni"), ("ties", "tie"), ("cats", "cat")),
        *(("agreed", "agre"), ("plastered", "plaster"), ("motoring", "motor"), ("sing", "sing")),
        *(("hopping", "hop"), ("falling", "fall"), ("filing", "file"), ("happy", "happi")),
        *(("relational", "relat"), ("vietnamization", "vietnam"), ("electrical", "electr")),
        *(("adjustment", "adjust"), ("adoption", "adopt"), ("controlling", "control")),
        *(("rate", "rate"), ("cease", "ceas"), ("skies", "sky"), ("say", "say"), ("be", "be")),
    ],
)
def test_stems(word, expected):
    assert stem(word) == expected


@pytest.fixture(scope="module")
def reference():
    return json.loads((TOFU / "reference_metrics.json").read_text("utf-8"))


class TestAuthorsLogs:
    pytestmark = shared

    @pytest.mark.parametrize("model", MODELS)
    def test_utility(self, reference, model):
        log = read_log(model)
        found = {
            "Real Authors": retained_scores(as_losses(log["eval_real_author_wo_options.json"]),
                                            invented=False),
            "Real World": retained_scores(as_losses(log["eval_real_world_wo_options.json"]),
                                          invented=False),
            "Retain": retained_scores(as_losses(log["eval_log.json"]), invented=True),
        }  # fmt: skip
        expected = reference["utility"][model]
        utility = model_utility(found)
        assert utility.model_utility == pytest.approx(expected["Model Utility"], abs=1e-9)
        forgotten = {"Forget": forget_scores(as_losses(log["eval_log_forget.json"]))}
        for name, scores in (found | forgotten).items():
            assert scores.rouge == pytest.approx(expected[f"ROUGE {name}"], abs=1e-9)
            assert scores.probability == pytest.approx(expected[f"Prob. {name}"], abs=1e-9)
            assert scores.truth_ratio == pytest.approx(expected[f"Truth Ratio {name}"], abs=1e-9)

    def test_forget_quality(self, reference):
        forget = {m: as_losses(read_log(m)["eval_log_forget.json"]) for m in MODELS}
        assert len(reference["forget_quality"]) >= 9
        for pair, expected in reference["forget_quality"].items():
            one, other = pair.split("|vs|")
            found = forget_quality(forget[one], forget[other])
            assert found.p_value == pytest.approx(expected["Forget Quality"], rel=1e-6)
            assert found.statistic == pytest.approx(expected["KS Test Forget"], abs=1e-9)

    def test_rouge_of_every_logged_answer(self):
        log, seen = read_log("phi_retain90_wd0"), 0
        for name in SETS:
            for key, (_, written, answer) in log[name]["generated_text"].items():
                expected = log[name]["rougeL_recall"][key]
                assert rouge_l_recall(answer, written) == pytest.approx(expected, abs=1e-12)
                seen += 1
        assert seen == 817

    def test_stems_matter_in_these_logs(self):
        part = read_log("phi_retain90_wd0")["eval_log_forget.json"]
        texts = [answer for _, _, answer in part["generated_text"].values()]
        changed = sum(words(t) != words(t, stemmed=False) for t in texts)
        assert changed > 100
