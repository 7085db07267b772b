"""Unlearning in one call: prepare, choose, run under guard, and hand back the weights as a value.

    result = unlearn(model, UnlearnData(forget, retain, triggers), UnlearnConfig())
    save_model(model, Path("cleaned"), state=result.state)

The model that is handed in is never edited. For models without a class head (facts in a causal
model) use the pieces: `parts.Part`, `scoring.TokenScorer`, `kit.Kit`, an `objectives.specs` entry
and `loop.run_steps`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from analysis.errors import RequestError
from analysis.identity import parameters_sha256
from analysis.models.base import OpenedModel
from analysis.training.trainable import trainable
from analysis.unlearn.auto import Found, missing, search
from analysis.unlearn.comes_back import check_of
from analysis.unlearn.config import AUTO, UnlearnConfig
from analysis.unlearn.data import Trial, UnlearnData, UnlearnResult
from analysis.unlearn.delta import make_delta
from analysis.unlearn.full import Settled, run_in_full
from analysis.unlearn.guard import Look
from analysis.unlearn.lora import REFUSED
from analysis.unlearn.masks.make import Masked, make_mask, stored_mask
from analysis.unlearn.masks.specs import mask_spec
from analysis.unlearn.masks.stored import StoredMask
from analysis.unlearn.objectives.specs import ObjectiveSpec, objective
from analysis.unlearn.prepare import Prepared, prepare
from analysis.unlearn.progressive import run_in_stages
from analysis.unlearn.run import Choice, Session
from analysis.unlearn.sizes import rate_scale
from analysis.unlearn.stage import Stage
from analysis.unlearn.state import full_state, stored_state, with_parameters

__all__ = [
    "Trial",
    "UnlearnConfig",
    "UnlearnData",
    "UnlearnResult",
    "checked",
    "placed_data",
    "unlearn",
]

HARMLESS = 0.05  # ASR above the floor at which Auto has nothing to remove
Listener = Callable[[str, int, int], None]  # what, done, total
Recorder = Callable[[Mapping[str, Any]], None]  # one row of the history, as it happens


def unlearn(
    model: OpenedModel,
    data: UnlearnData,
    config: UnlearnConfig,
    *,
    device: torch.device | str = "cpu",
    listener: Listener | None = None,
    recorder: Recorder | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> UnlearnResult:
    """Remove what the forget set taught.

    Args:
        model: the suspect; needs a head. Not changed.
        data: samples, located triggers, reference.
        config: settings; method "auto" searches first.
        device: where it runs.
        listener: told how far the work is.
        recorder: given every history row at once, so that a screen can draw curves.
        cancelled: asked between steps; the best so far is then handed back. Ctrl-C does the same.

    Raises:
        RequestError: no head, an unknown method or mask, or a method that lacks what it needs.
    """
    began, cpu = time.monotonic(), time.process_time()
    spec = checked(model, config)
    _refuse_mask(spec, config, data)
    work = trainable(model, device)
    ready = prepare(work, placed_data(data, device), config)
    if spec is not None and (lacking := missing(spec, ready.has)):
        raise RequestError(f"the method '{spec.name}' needs {' and '.join(lacking)}.")
    look = ready.measure(work.module)
    session = Session(work, ready, config, look, listener or _silent, recorder, cancelled)
    session.began = cpu
    reason = nothing_to_do(look) if spec is None else ""
    if reason:
        return _nothing(model, look, ready, reason, time.monotonic() - began)
    found = search(session) if spec is None else _named(spec, session)
    base = stored_state(model, model.module)
    masked = _masked(session, data, base) if found.cancelled is None else None
    settled, stages = _settled(found, session, masked)
    best = settled.outcome
    state = stored_state(model, with_parameters(work.module, best.parameters))
    return UnlearnResult(
        state=full_state(model, state),
        delta=make_delta(base, state),
        chosen=_chosen(settled.choice, session, masked),
        trials=(*found.trials, *settled.trials),
        history=tuple(session.rows),
        before=look,
        after=best.look,
        step=best.step,
        stopped=best.stopped,
        cancelled=best.cancelled,
        seconds=time.monotonic() - began,
        **_told_of(masked, base),
        stages=stages,
        adapter=best.adapter,
        notes=(*ready.notes, *filter(None, (settled.note,))),
    )


def _named(spec: ObjectiveSpec, session: Session) -> Found:
    return Found((Choice.of(spec, session.config, rate_scale(session.work.module)),), ())


def _refuse_mask(spec: ObjectiveSpec | None, config: UnlearnConfig, data: UnlearnData) -> None:
    if spec is not None and "start" in spec.needs and (config.mask or data.mask is not None):
        raise RequestError(
            f"the method '{spec.name}' begins with other weights, so no mask can hold the model's "
            "own.",
            "Leave the mask out.",
        )


def nothing_to_do(look: Look) -> str:
    """Why a model needs no unlearning, judged before the first step; empty where it does."""
    if look.asr is None or look.floor is None or look.asr - look.floor > HARMLESS:
        return ""
    what = "the located trigger" if look.target_triggered is not None else "the flagged samples"
    return (
        f"The model hardly reacts to {what}: {look.asr:.1%} go to the target class, and "
        f"{look.floor:.1%} do so naturally."
    )


def _nothing(
    model: OpenedModel, look: Look, ready: Prepared, reason: str, seconds: float
) -> UnlearnResult:
    state = stored_state(model, model.module)
    return UnlearnResult(
        state=full_state(model, state),
        delta=make_delta(state, state),
        chosen={"guard": dict(ready.guard), "target": ready.target},
        trials=(),
        history=(),
        before=look,
        after=look,
        step=0,
        stopped="nothing to do",
        cancelled=False,
        seconds=seconds,
        notes=ready.notes,
        declined=reason,
    )


def checked(model: OpenedModel, config: UnlearnConfig) -> ObjectiveSpec | None:
    """The named method, None for Auto; refuses what cannot work before anything is computed."""
    if model.head is None:
        raise RequestError(
            f"'{model.source}' has no classification head, so there is no behaviour to unlearn.",
            "Give a fine-tuned checkpoint, or set --label-words.",
        )
    if config.target is not None and not 0 <= config.target < model.head.n_classes:
        raise RequestError(
            f"target {config.target} is no class of '{model.source}', expected 0 to "
            f"{model.head.n_classes - 1}."
        )
    if config.mask is not None:
        mask_spec(config.mask)
    if config.lora is not None and config.method in REFUSED:
        raise RequestError(
            f"the method '{config.method}' does not go with --lora: it works on weights by name.",
            "Choose another method, or leave --lora out.",
        )
    return None if config.method == AUTO else objective(config.method)


def placed_data(data: UnlearnData, device: torch.device | str) -> UnlearnData:
    """Reference and start in float32 on the device, as the copy that is trained."""

    def moved(model: OpenedModel | None) -> OpenedModel | None:
        return None if model is None else model.to(torch.device(device), torch.float32)

    controls = tuple(each.to(torch.device(device), torch.float32) for each in data.controls)
    return replace(
        data, reference=moved(data.reference), controls=controls, start=moved(data.start)
    )


def _chosen(choice: Choice, session: Session, masked: Masked | None) -> dict[str, Any]:
    return {
        "method": choice.spec.name,
        "title": choice.spec.title,
        "learning_rate": choice.learning_rate,
        "strength": choice.strength,
        "strength_means": choice.spec.strength_means,
        "steps": choice.steps,
        "batch_size": session.config.batch_size * choice.spec.batches,
        "target": session.ready.target,
        "layers": [f"{stack}:{layer}" for stack, layer in session.ready.layers],
        "mask": None if masked is None else dict(masked.summary),
        "why": choice.why,
        "guard": dict(session.ready.guard),
    }


def _masked(session: Session, data: UnlearnData, base: Mapping[str, torch.Tensor]) -> Masked | None:
    """The stored mask where one was given, else the one that the configuration names."""
    if data.mask is not None:
        return stored_mask(data.mask.fitting(parameters_sha256(base)))
    return make_mask(session) if session.config.mask else None


def _told_of(masked: Masked | None, base: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """What the result says about a mask."""
    if masked is None:
        return {}
    return {
        "attribution": masked.rows,
        "attribution_heads": masked.heads,
        "mask_stability": masked.stability,
        "mask": StoredMask(masked.mask, parameters_sha256(base), masked.summary),
    }


def _settled(
    found: Found, session: Session, masked: Masked | None
) -> tuple[Settled, tuple[Stage, ...]]:
    """The best full run, or where the search was stopped the best of its short ones."""
    if found.cancelled is not None:
        return Settled(found.choices[0], found.cancelled, ()), ()
    if masked is not None and session.config.progressive and masked.scores is not None:
        return run_in_stages(session, found.choices[0], masked.scores)
    check = check_of(session) if session.config.method == AUTO else None
    return run_in_full(session, found.choices, None if masked is None else masked.mask, check), ()


def _silent(_what: str, _done: int, _total: int) -> None:
    """Nobody listens."""
