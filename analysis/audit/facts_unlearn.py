"""Unlearning of facts with the shared losses, masks and loop, so that it can be audited."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from torch import nn

from analysis.audit.facts_distil import OFFERED, TEXT, TEXTS_PER_FACT, written_by
from analysis.audit.facts_methods import DRAWS, WRONG
from analysis.audit.facts_model import FactScorer, answers_part, require_causal, score_choices
from analysis.audit.facts_specs import FactsMethod, facts_method
from analysis.data.facts import FactSet
from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.training.trainable import trainable
from analysis.unlearn.guard import Look
from analysis.unlearn.kit import Kit, Plan
from analysis.unlearn.loop import LoopResult, LoopSettings, Mask, Moment, run_steps
from analysis.unlearn.parts import Part


@dataclass(frozen=True)
class FactsUnlearning:
    """What to do; None means the method's own default."""

    method: str = "grad_diff"
    learning_rate: float | None = None
    steps: int | None = None
    batch_size: int = 64
    check_every: int | None = None
    patience: int = 1000  # looks; a method may need many steps before the first answer changes
    accuracy_budget: float = 0.02  # of the retained facts
    seed: int = 0


class FactsUnlearned(NamedTuple):
    """The changed copy and how it came about."""

    model: OpenedModel
    result: LoopResult
    seconds: float


MakeMask = Callable[[Kit], Mask]


def unlearn_facts(
    model: OpenedModel,
    forget: FactSet,
    retain: FactSet,
    config: FactsUnlearning,
    make_mask: MakeMask | None = None,
    on_moment: Callable[[Moment], None] | None = None,
) -> FactsUnlearned:
    """Make a copy of `model` that no longer ranks the true answers first; `model` stays.

    The checkpoint whose accuracy on the forgotten facts is nearest to chance is kept, among those
    that still know the retained facts.

    Args:
        model: a causal model with its language-model head.
        forget: facts to remove, T and V alike.
        retain: facts to keep.
        config: method and its settings.
        make_mask: chooses the weights that may change; None: all.
        on_moment: called after every step.

    Raises:
        RequestError: the model does not write text, there is nothing to retain, or a mask is
            given to a method that learns every weight anew.
    """
    require_causal(model)
    if not len(retain):
        raise RequestError("there are no facts to retain.", "Give them with --retain.")
    method = facts_method(config.method)
    if method.needs_text and make_mask is not None:
        raise RequestError(
            f"method '{method.name}' learns every weight anew; a mask does not fit it.",
            "Leave --mask out, or choose another method.",
        )
    began = time.monotonic()
    copy, start = trainable(model), trainable(model)
    kit = facts_kit(copy, start, forget, retain, method, config.seed)
    plan = method.resolve()(kit)
    settings = LoopSettings(
        learning_rate=config.learning_rate or method.learning_rate,
        steps=config.steps or method.steps,
        batch_size=config.batch_size,
        accuracy_budget=config.accuracy_budget,
        check_every=config.check_every or method.check_every,
        patience=config.patience,
        precision="fp32",
        seed=config.seed,
    )
    mask = None if make_mask is None else make_mask(kit)
    result = run_steps(
        copy.module,
        plan,
        kit.parts,
        guard(copy, forget, retain),
        settings,
        mask=mask,
        on_moment=on_moment,
    )
    return FactsUnlearned(copy, result, time.monotonic() - began)


def facts_kit(
    copy: OpenedModel,
    start: OpenedModel,
    forget: FactSet,
    retain: FactSet,
    method: FactsMethod,
    seed: int,
) -> Kit:
    """The parts of a facts unlearning: `forget`, `retain` and, where needed, wrong answers."""
    parts = {
        "forget": answers_part(copy, forget.questions, forget.answers),
        "retain": answers_part(copy, retain.questions, retain.answers),
    }
    if method.needs_wrong:
        parts[WRONG] = wrong_part(copy, forget, seed)
    if method.needs_text:
        both, count = (parts["forget"], parts["retain"]), TEXTS_PER_FACT * len(forget)
        parts[OFFERED] = offered_part(copy, forget)
        parts[TEXT] = written_by(start.module, both, parts[OFFERED], seed, count)
    blocks = copy.stacks[0].n_layers
    return Kit(
        module=copy.module,
        start=start.module.requires_grad_(False),
        score=FactScorer(copy),
        parts=parts,
        strength=method.strength,
        retain_weight=method.retain_weight,
        layers=(("decoder", max(1, blocks // 2)),),
        seed=seed,
    )


def wrong_part(model: OpenedModel, forget: FactSet, seed: int) -> Part:
    """`DRAWS` wrong answers behind each question, drawn from the answers of all facts."""
    rng = np.random.default_rng([seed, 19])
    known = sorted({text for offered in forget.choices for text in offered})
    answers = []
    for right in forget.answers:
        others = [text for text in known if text != right]
        answers += [others[i] for i in rng.integers(len(others), size=DRAWS)]
    questions = [question for question in forget.questions for _ in range(DRAWS)]
    return answers_part(model, questions, answers)


def offered_part(model: OpenedModel, facts: FactSet) -> Part:
    """Every offered answer, right or wrong, behind its question."""
    pairs = [
        (question, text)
        for question, offered in zip(facts.questions, facts.choices, strict=True)
        for text in offered
    ]
    return answers_part(model, [question for question, _ in pairs], [text for _, text in pairs])


def guard(model: OpenedModel, forget: FactSet, retain: FactSet) -> Callable[[nn.Module], Look]:
    """Looks at both sets; the gap is the distance of the forgotten facts from chance."""

    def look(module: nn.Module) -> Look:
        asked = replace(model, module=module)
        forgotten = float(score_choices(asked, forget).plain_hits.mean())
        kept = float(score_choices(asked, retain).plain_hits.mean())
        gap = abs(forgotten - forget.chance)
        return Look(kept, forgotten, forget.chance, None, None, gap)

    return look


def last_block_only(plan: Plan, model: OpenedModel) -> Plan:
    """The same plan with all but the last block and the head frozen: it hides by construction."""
    last = f"layers.{model.stacks[0].n_layers - 1}."
    names = (n for n, _ in model.module.named_parameters())
    return plan._replace(only=frozenset(n for n in names if last in n or n.startswith("lm_head")))
