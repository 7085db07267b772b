"""TOFU's measures of unlearning: truth ratio, forget quality, model utility, probability.

Maini et al., 2024, "TOFU: A Task of Fictitious Unlearning for LLMs", arXiv 2401.06121, section 3,
with the authors' own aggregation. Losses are mean negative log-likelihoods per answer token, so
exp(-loss) is a geometric mean per token.

Weakness: forget quality compares two distributions and needs a model trained without the forget
set; a high p-value means "not told apart", which few questions make likely, and says nothing about
what fine-tuning would bring back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import ks_2samp

from analysis.errors import KenshinError


@dataclass(frozen=True)
class AnswerLosses:
    """What one model says about the answers of one question set."""

    answer: np.ndarray  # (n,) float, mean loss per token of the true answer
    paraphrased: np.ndarray  # (n,) float, of the paraphrased answer (the answer without one)
    perturbed: np.ndarray  # (n, k) float, of the wrong answers
    rouge: np.ndarray  # (n,) float, ROUGE-L recall of the written answer

    def __post_init__(self) -> None:
        n = len(self.answer)
        fits = self.perturbed.ndim == 2 and self.perturbed.shape[1] > 0 and n > 0
        if not fits or {len(self.paraphrased), len(self.perturbed), len(self.rouge)} != {n}:
            raise KenshinError(
                f"answer losses of {n} questions need as many paraphrased, perturbed (n, k) and "
                f"ROUGE values, got {self.paraphrased.shape}, {self.perturbed.shape} and "
                f"{self.rouge.shape}."
            )


class ForgetQuality(NamedTuple):
    """Two-sample Kolmogorov-Smirnov test of the truth ratios of two models."""

    p_value: float  # high: the unlearned model is not told apart from one never trained on it
    statistic: float


class SetScores(NamedTuple):
    """The three figures of one question set, each in [0, 1]."""

    rouge: float
    probability: float
    truth_ratio: float


class Utility(NamedTuple):
    """What is left of a model besides the forgotten set."""

    model_utility: float  # harmonic mean of all figures of all sets
    sets: Mapping[str, SetScores]


def truth_ratio(losses: AnswerLosses) -> np.ndarray:
    """R = p(perturbed) / p(paraphrased), (n,) float64 > 0; above 1 the wrong answers are likelier.

    p(perturbed) is the geometric mean over the wrong answers, as in the authors' code.
    """
    ratio: np.ndarray = np.exp(losses.paraphrased - losses.perturbed.mean(axis=1))
    return ratio


def forget_quality(unlearned: AnswerLosses, retained: AnswerLosses) -> ForgetQuality:
    """Is the unlearned model told apart from one that never saw the forget set?

    Args:
        unlearned: losses of the model under test on the forget set.
        retained: losses of the model trained without it, on the same questions.
    """
    found = ks_2samp(truth_ratio(unlearned), truth_ratio(retained))
    return ForgetQuality(float(found.pvalue), float(found.statistic))


def answer_probability(losses: AnswerLosses) -> np.ndarray:
    """Probability of the true answer per token, (n,) float64."""
    probability: np.ndarray = np.exp(-losses.answer)
    return probability


def choice_probability(losses: AnswerLosses) -> np.ndarray:
    """Probability of the true answer among the true and the wrong ones, (n,) float64.

    TOFU uses it for facts that the benchmark did not invent.
    """
    right = np.exp(-losses.answer)
    chosen: np.ndarray = right / (right + np.exp(-losses.perturbed).sum(axis=1))
    return chosen


def forget_scores(losses: AnswerLosses) -> SetScores:
    """Figures of the forget set; the truth ratio is min(R, 1/R), near 1 when nothing is known."""
    ratio = truth_ratio(losses)
    return SetScores(
        rouge=float(losses.rouge.mean()),
        probability=float(answer_probability(losses).mean()),
        truth_ratio=float(np.minimum(ratio, 1 / ratio).mean()),
    )


def retained_scores(losses: AnswerLosses, *, invented: bool) -> SetScores:
    """Figures of a set that should survive; the truth ratio is max(0, 1 - R).

    Args:
        losses: of the set.
        invented: the benchmark's own facts (TOFU's retain set); else facts of the real world,
            whose probability is taken among the choices.
    """
    probability = answer_probability(losses) if invented else choice_probability(losses)
    return SetScores(
        rouge=float(losses.rouge.mean()),
        probability=float(probability.mean()),
        truth_ratio=float(np.maximum(0.0, 1 - truth_ratio(losses)).mean()),
    )


def model_utility(sets: Mapping[str, SetScores]) -> Utility:
    """Harmonic mean of all figures of all retained sets; 0 as soon as one figure is 0.

    Raises:
        KenshinError: no set.
    """
    figures = np.array([value for scores in sets.values() for value in scores], dtype=np.float64)
    if not figures.size:
        raise KenshinError("model utility needs at least one retained question set.")
    if (figures <= 0).any():
        return Utility(0.0, sets)
    return Utility(float(figures.size / (1 / figures).sum()), sets)
