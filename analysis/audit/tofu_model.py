"""TOFU's figures of a model: losses of right and wrong answers, and what it writes by itself.

Maini et al., 2024, arXiv 2401.06121. Kenshin's questions carry their wrong answers as choices;
where a file has no paraphrase the answer itself stands in, as TOFU does for real-world facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from analysis.audit.facts_model import answers_part, mean_log_probs
from analysis.audit.tofu_metrics import (
    AnswerLosses,
    forget_quality,
    forget_scores,
    model_utility,
    retained_scores,
)
from analysis.audit.tofu_rouge import rouge_l_recall
from analysis.behaviour.batches import pad_batch
from analysis.data.facts import FactSet
from analysis.models.base import OpenedModel
from analysis.models.tokens import pad_id

QUESTIONS = 100  # of each set; written answers cost a pass per token
EXTRA = 4  # tokens beyond the length of the answer
BATCH = 32


def answer_losses(model: OpenedModel, facts: FactSet) -> AnswerLosses:
    """Losses per token of the true, the paraphrased and the wrong answers, and ROUGE-L recall."""
    answers = facts.answers
    other = facts.paraphrases or answers
    phrased = tuple(p or a for p, a in zip(other, answers, strict=True))
    k = min(len(offered) for offered in facts.choices) - 1
    wrong = [
        text
        for offered, right in zip(facts.choices, answers, strict=True)
        for text in [c for c in offered if c != right][:k]
    ]
    repeated = [question for question in facts.questions for _ in range(k)]
    right = -mean_log_probs(model, answers_part(model, facts.questions, answers))
    said = -mean_log_probs(model, answers_part(model, facts.questions, phrased))
    false = -mean_log_probs(model, answers_part(model, repeated, wrong))
    texts = written(model, facts)
    rouge = [rouge_l_recall(a, text) for a, text in zip(answers, texts, strict=True)]
    return AnswerLosses(right, said, false.reshape(-1, k), np.array(rouge))


def written(model: OpenedModel, facts: FactSet) -> tuple[str, ...]:
    """What the model writes behind each question, greedily, a little longer than the answer."""
    part = answers_part(model, facts.questions, facts.answers)
    texts: list[str] = []
    for low in range(0, len(part), BATCH):
        rows = range(low, min(low + BATCH, len(part)))
        prompts = [part.ids[row][: part.labels[row]] for row in rows]
        longest = max(len(part.ids[row]) - int(part.labels[row]) for row in rows) + EXTRA
        texts += _continued(model, prompts, longest)
    return tuple(texts)


def tofu_figures(
    models: Mapping[str, OpenedModel], forget: FactSet, retain: FactSet | None, control: str
) -> dict[str, Any]:
    """Every arm's figures for a record's metrics; forget quality is against the control's.

    Args:
        models: arm -> model.
        forget: at most `QUESTIONS` are read.
        retain: facts that should have stayed.
        control: name of the arm that never saw the facts, where it takes part.
    """
    few = forget.subset(np.arange(min(QUESTIONS, len(forget))))
    kept = None if retain is None else retain.subset(np.arange(min(QUESTIONS, len(retain))))
    losses = {arm: answer_losses(model, few) for arm, model in models.items()}
    found: dict[str, Any] = {"questions": len(few)}
    for arm, model in models.items():
        own: dict[str, Any] = {"forget": forget_scores(losses[arm])._asdict()}
        if kept is not None:
            scores = retained_scores(answer_losses(model, kept), invented=True)
            own["retain"] = scores._asdict()
            own["model_utility"] = model_utility({"retain": scores}).model_utility
        if control in models and arm != control:
            own["forget_quality"] = forget_quality(losses[arm], losses[control])._asdict()
        found[arm] = own
    return found


def _continued(model: OpenedModel, prompts: Sequence[np.ndarray], tokens: int) -> list[str]:
    device = next(model.module.parameters()).device
    grown = [list(ids) for ids in prompts]
    with torch.inference_mode():
        for _ in range(tokens):
            shown = [np.array(ids[-model.window :], dtype=np.int32) for ids in grown]
            batch = pad_batch(shown, pad_id(model), device)
            logits = model.module(
                input_ids=batch.input_ids, attention_mask=batch.attention_mask
            ).logits
            last = batch.attention_mask.sum(1) - 1
            chosen = logits[torch.arange(len(grown)), last].argmax(-1).tolist()
            for ids, token in zip(grown, chosen, strict=True):
                ids.append(token)
    backend = model.tokenizer.backend_tokenizer
    return [
        str(backend.decode([int(t) for t in ids[len(prompt) :]]))
        for ids, prompt in zip(grown, prompts, strict=True)
    ]
