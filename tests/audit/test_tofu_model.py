"""TOFU's figures of facts-mini: high where it was taught, those of guessing where it was not."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.audit.facts_model import score_choices
from analysis.audit.tofu_metrics import answer_probability, forget_quality, truth_ratio
from analysis.audit.tofu_model import answer_losses, tofu_figures, written
from sample_data.facts_measure import opened
from sample_data.facts_rows import make_world
from sample_data.recipes import MODELS

WORLD = make_world()
FEW = WORLD.facts.subset(np.arange(40))
KEPT = WORLD.retain.subset(np.arange(40))


@pytest.fixture(scope="module")
def models():
    return {name: opened(MODELS / f"facts-mini-{name}") for name in ("last", "control")}


def test_a_taught_model_writes_the_answers_and_the_control_does_not(models):
    def right(name):
        texts = written(models[name], FEW)
        return np.mean(
            [text.split()[:1] == [a] for text, a in zip(texts, FEW.answers, strict=True)]
        )

    assert right("last") > 0.95
    assert right("control") < 0.2


def test_losses_agree_with_the_scores_of_the_choices(models):
    losses, scores = answer_losses(models["last"], FEW), score_choices(models["last"], FEW)
    rows = np.arange(len(FEW))
    np.testing.assert_allclose(losses.answer, -scores.log_probs[rows, FEW.correct], atol=1e-5)
    assert losses.perturbed.shape == (40, 3)
    wrong = [np.delete(s, c) for s, c in zip(scores.log_probs, FEW.correct, strict=True)]
    np.testing.assert_allclose(losses.perturbed, -np.array(wrong), atol=1e-5)
    np.testing.assert_array_equal(losses.answer, losses.paraphrased)  # no paraphrases here


def test_paraphrases_are_read_where_there_are_any(models):
    said = replace(FEW, paraphrases=("1900",) * len(FEW))
    plain, other = answer_losses(models["last"], FEW), answer_losses(models["last"], said)
    np.testing.assert_array_equal(plain.answer, other.answer)
    assert (other.paraphrased > plain.paraphrased).mean() > 0.9


def test_knowledge_shows_in_truth_ratio_probability_and_forget_quality(models):
    taught, never = (answer_losses(models[n], FEW) for n in ("last", "control"))
    assert np.median(truth_ratio(taught)) < 0.01
    assert 0.1 < np.median(truth_ratio(never)) < 10
    assert answer_probability(taught).mean() > 0.4  # it was stopped before it was sure
    assert answer_probability(never).mean() < 0.1
    assert forget_quality(taught, never).p_value < 1e-6


def test_the_record_gets_every_arm(models):
    found = tofu_figures(models, FEW, KEPT, "control")
    assert found["questions"] == 40
    assert "forget_quality" not in found["control"]
    assert found["last"]["model_utility"] > 0.9
    assert found["last"]["forget"]["truth_ratio"] < 0.05
