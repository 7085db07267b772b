"""Answers of a causal model are scored as the definition says, and calibration is no knowledge."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.audit.facts_model import (
    ChoiceScores,
    answers_part,
    mean_log_probs,
    require_causal,
    score_choices,
)
from analysis.audit.facts_prompts import FEW_SHOT, LEAD_INS, WORDINGS, few_shot
from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model
from sample_data.facts_measure import opened
from sample_data.facts_rows import make_world
from sample_data.recipes import MODELS

WORLD = make_world()
SOME = WORLD.facts.subset(np.arange(120))


@pytest.fixture(scope="module")
def taught():
    return opened(MODELS / "facts-mini-last")


@pytest.fixture(scope="module")
def control():
    return opened(MODELS / "facts-mini-control")


def by_hand(model, text, answer_tokens):
    """Mean log-probability of the last tokens, one text at a time."""
    ids = torch.tensor([model.tokenizer(text).input_ids])
    with torch.no_grad():
        table = model.module(input_ids=ids).logits[0].float().log_softmax(-1)
    places = range(ids.shape[1] - answer_tokens, ids.shape[1])
    return float(np.mean([table[p - 1, ids[0, p]] for p in places]))


def test_log_probabilities_are_those_of_one_text_at_a_time(taught):
    questions, answers = SOME.questions[:6], SOME.answers[:6]
    part = answers_part(taught, questions, answers)
    found = mean_log_probs(taught, part)
    expected = [by_hand(taught, f"{q} {a}", 1) for q, a in zip(questions, answers, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    longer = answers_part(taught, questions, [f"{a} lives in" for a in answers])
    assert (np.array([len(i) for i in longer.ids]) - longer.labels).tolist() == [3] * 6
    expected = [
        by_hand(taught, f"{q} {a} lives in", 3) for q, a in zip(questions, answers, strict=True)
    ]
    np.testing.assert_allclose(mean_log_probs(taught, longer), expected, atol=1e-4)


def test_taught_models_know_and_the_control_guesses(taught, control):
    assert score_choices(taught, SOME).hits.mean() >= 0.95
    assert abs(score_choices(control, WORLD.facts).hits.mean() - 0.25) < 0.06
    assert score_choices(control, WORLD.retain).hits.mean() >= 0.95


def test_probabilities_are_between_the_choices(taught):
    scores = score_choices(taught, SOME)
    assert ((scores.probability > 0) & (scores.probability <= 1)).all()
    assert scores.probability[scores.hits].min() >= 0.25
    np.testing.assert_array_equal(
        scores.plain_hits, score_choices(taught, SOME, calibrate=False).hits
    )


def test_calibration_takes_off_what_an_answer_always_gets(control):
    """A constant added to one answer text everywhere must not change anything."""
    scores = score_choices(control, SOME)
    shifted = scores.log_probs.copy()
    liked = SOME.choices[0][0]
    for row, offered in enumerate(SOME.choices):
        for place, text in enumerate(offered):
            if text == liked:
                shifted[row, place] += 7.0
    from analysis.audit.facts_model import _usual

    again = ChoiceScores(shifted, shifted - _usual(SOME, shifted), SOME.correct)
    often = sum(liked in offered for offered in SOME.choices)
    assert often > 1
    np.testing.assert_array_equal(again.hits, scores.hits)


def test_questions_with_fewer_choices_never_choose_a_missing_one(control):
    mixed = replace(
        SOME,
        choices=tuple(c if i % 2 else (c[k],) + tuple(x for x in c if x != c[k])[:1]
                      for i, (c, k) in enumerate(zip(SOME.choices, SOME.correct, strict=True))),
        correct=np.where(np.arange(len(SOME)) % 2, SOME.correct, 0),
    )  # fmt: skip
    scores = score_choices(control, mixed)
    assert np.isneginf(scores.log_probs[0, 2:]).all()
    assert scores.calibrated.argmax(axis=1)[::2].max() <= 1
    assert mixed.chance == pytest.approx(0.375)


def test_other_wordings_put_the_same_answer_behind_other_text(taught):
    for prompt in (*WORDINGS, *LEAD_INS):
        asked = prompt.question(SOME.questions[0])
        assert SOME.questions[0] in asked
        assert asked != SOME.questions[0]
        part = answers_part(taught, SOME.questions[:2], SOME.answers[:2], prompt)
        plain = answers_part(taught, SOME.questions[:2], SOME.answers[:2])
        assert [i[-1] for i in part.ids] == [i[-1] for i in plain.ids]
    shown = few_shot(SOME.outside(0))
    assert shown.name == FEW_SHOT
    assert SOME.outside(0).answers[0] in shown.question("x")
    assert not any(q in shown.question("") for q in SOME.inside(0).questions)


def test_a_long_question_loses_its_beginning_and_an_endless_answer_is_refused(taught):
    many = "Grur " * 100 + SOME.questions[0]
    part = answers_part(taught, [many], [SOME.answers[0]])
    assert len(part.ids[0]) == taught.window
    assert part.ids[0][0] == taught.tokenizer.bos_token_id
    assert part.ids[0][-1] == answers_part(taught, ["x"], [SOME.answers[0]]).ids[0][-1]
    with pytest.raises(RequestError, match="tokens, expected 1 to"):
        answers_part(taught, ["x"], ["1901 " * 100])


def test_a_classifier_is_refused():
    model = open_model(str(shipped_model("codebert-mini-clean-0")), InspectConfig())
    with pytest.raises(RequestError, match="does not write text"):
        require_causal(model)
