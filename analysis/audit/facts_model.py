"""What a causal language model knows: log-probabilities of answers to questions.

An answer is scored by the mean log-probability of its tokens behind the question, as TOFU does, so
that long answers are not punished for their length. Calibration follows RTT (Deeb and Roger, 2024,
https://arxiv.org/abs/2410.08827), which subtracts each answer letter's mean logit: here each answer
loses what the same text usually gets in the other questions that offer it. It shows what a model
still prefers below a general leaning to, or away from, some answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from analysis.audit.facts_prompts import PLAIN, Prompt
from analysis.behaviour.batches import pad_batch
from analysis.data.facts import FactSet
from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.models.tokens import pad_id
from analysis.unlearn.decisions import Decisions, log_probs
from analysis.unlearn.parts import Part
from analysis.unlearn.scoring import ClassScorer, TokenScorer

BATCH = 256  # sequences of one pass when nothing is trained


class FactScorer(ClassScorer):
    """Answer tokens of a causal model in place of class scores; reads hidden states alike.

    A part's labels are the place of the first answer token of each sample; the answer runs to the
    end of its ids.
    """

    def __call__(self, module: nn.Module, part: Part, rows: np.ndarray) -> Decisions:
        """One decision per answer token, under the caller's gradient mode."""
        return TokenScorer(self.pad)(module, part, rows)


class ChoiceScores(NamedTuple):
    """How likely one model finds each offered answer."""

    log_probs: np.ndarray  # (n, c) float64, mean per answer token; -inf where fewer are offered
    calibrated: np.ndarray  # (n, c) float64, the same minus what the answer usually gets
    correct: np.ndarray  # (n,) int64

    @property
    def hits(self) -> np.ndarray:
        """Whether the true answer comes first after calibration, (n,) bool."""
        found: np.ndarray = self.calibrated.argmax(axis=1) == self.correct
        return found

    @property
    def plain_hits(self) -> np.ndarray:
        """Whether the true answer comes first as it stands, (n,) bool."""
        found: np.ndarray = self.log_probs.argmax(axis=1) == self.correct
        return found

    @property
    def probability(self) -> np.ndarray:
        """Calibrated probability of the true answer among the offered ones, (n,) float64."""
        top = self.calibrated.max(axis=1, keepdims=True)
        weights = np.exp(self.calibrated - top)
        chosen: np.ndarray = weights[np.arange(len(weights)), self.correct] / weights.sum(axis=1)
        return chosen


def require_causal(model: OpenedModel) -> None:
    """Refuse a model that does not write text from left to right.

    Raises:
        RequestError: it has no language-model head behind a decoder-only stack.
    """
    names = [stack.name for stack in model.stacks]
    if names != ["decoder"] or getattr(model.module, "lm_head", None) is None:
        raise RequestError(
            f"model '{model.source}' is a {model.architecture}, which does not write text.",
            "Facts are asked of causal language models such as Llama, Qwen2, GPT-2 or CodeGen.",
        )


def answers_part(
    model: OpenedModel, questions: Sequence[str], answers: Sequence[str], prompt: Prompt = PLAIN
) -> Part:
    """Each question with an answer behind it; labels say where the answer begins.

    A text longer than the window loses its beginning, never its answer.

    Raises:
        RequestError: an answer has no tokens, or alone fills the window.
    """
    backend = model.tokenizer.backend_tokenizer
    asked = [prompt.question(question) for question in questions]
    texts = [before + prompt.between + a for before, a in zip(asked, answers, strict=True)]
    ids, starts = [], np.zeros(len(texts), dtype=np.int64)
    for row, found in enumerate(backend.encode_batch(texts)):
        pieces = zip(found.offsets, found.special_tokens_mask, strict=True)
        count = sum(not special and end > len(asked[row]) for (_, end), special in pieces)
        own = [t for t, special in zip(found.ids, found.special_tokens_mask, strict=True)
               if not special]  # fmt: skip
        lead = _leading(found.special_tokens_mask)
        room = model.window - lead - count
        if not count or room < 1:
            raise RequestError(
                f"the answer '{answers[row][:60]}' has {count} tokens, expected 1 to "
                f"{model.window - lead - 1} (the window of model '{model.source}')."
            )
        kept = [*found.ids[:lead], *own[:-count][-room:], *own[-count:]]
        ids.append(np.array(kept, dtype=np.int32))
        starts[row] = len(kept) - count
    return Part(ids, starts)


def score_choices(
    model: OpenedModel, facts: FactSet, prompt: Prompt = PLAIN, *, calibrate: bool = True
) -> ChoiceScores:
    """Log-probability of every offered answer of every question."""
    owners = np.array([row for row, offered in enumerate(facts.choices) for _ in offered])
    places = np.array([place for offered in facts.choices for place in range(len(offered))])
    texts = [text for offered in facts.choices for text in offered]
    part = answers_part(model, [facts.questions[row] for row in owners], texts, prompt)
    values = np.full((len(facts), int(places.max()) + 1), -np.inf)
    values[owners, places] = mean_log_probs(model, part)
    calibrated = values - _usual(facts, values) if calibrate else values
    return ChoiceScores(values, calibrated, facts.correct)


def mean_log_probs(model: OpenedModel, part: Part) -> np.ndarray:
    """Mean log-probability per answer token, (n,) float64; nothing is trained."""
    lengths = np.array([len(ids) for ids in part.ids]) - part.labels
    with torch.inference_mode():
        if (lengths == 1).all():
            return _one_token(model, part)
        scorer = FactScorer(model)
        found = np.empty(len(part))
        order = np.argsort([len(ids) for ids in part.ids], kind="stable")
        for low in range(0, len(part), BATCH):
            rows = order[low : low + BATCH]
            decisions = scorer(model.module, part, rows)
            values = log_probs(decisions).double()
            total = values.new_zeros(len(rows)).index_add(0, decisions.owner, values)
            found[rows] = total.cpu().numpy() / lengths[rows]
    return found


def _one_token(model: OpenedModel, part: Part) -> np.ndarray:
    """Answers of one token: every different question is read once, whatever it offers."""
    questions: dict[bytes, int] = {}
    owner = np.array([questions.setdefault(i[:-1].tobytes(), len(questions)) for i in part.ids])
    first = np.unique(owner, return_index=True)[1]
    wanted = torch.tensor([int(ids[-1]) for ids in part.ids])
    found = np.empty(len(part))
    device = next(model.module.parameters()).device
    for low in range(0, len(first), BATCH):
        rows = first[low : low + BATCH]
        batch = pad_batch([part.ids[row][:-1] for row in rows], pad_id(model), device)
        last = batch.attention_mask.sum(1) - 1
        states = model.module(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        table = states[torch.arange(len(rows)), last].float().log_softmax(-1).double().cpu()
        mine = np.flatnonzero((owner >= low) & (owner < low + len(rows)))
        found[mine] = table[torch.from_numpy(owner[mine] - low), wanted[mine]].numpy()
    return found


def _usual(facts: FactSet, values: np.ndarray) -> np.ndarray:
    """Mean log-probability of each offered text in the other questions where it is wrong; else 0.

    Where a text is the known answer it is likelier by ten or more, and a few such questions would
    speak for all. Under guessing true and wrong answers lose alike, so chance stays chance.
    """
    where: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, offered in enumerate(facts.choices):
        for place, text in enumerate(offered):
            where[text].append((row, place))
    usual = np.zeros_like(values)
    for cells in where.values():
        rows, places = np.array(cells).T
        own = values[rows, places]
        wrong = places != facts.correct[rows]
        others = wrong.sum() - wrong  # wrong elsewhere, seen from each question
        total = own[wrong].sum() - np.where(wrong, own, 0.0)
        usual[rows, places] = np.where(others > 0, total / np.maximum(others, 1), 0.0)
    return usual


def _leading(special: Sequence[int]) -> int:
    return next((place for place, flag in enumerate(special) if not flag), len(special))
