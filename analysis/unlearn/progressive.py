"""Growing masks: as few weights as will do, and every step can be taken back.

The mask of 1 % lies inside that of 2 % and so on. Each stage goes on from the weights that the
one before left; where it does not get nearer to the goals its change is undone at once. It ends
with the first stage that meets the goals on the guard samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from analysis.unlearn.data import Trial
from analysis.unlearn.delta import Delta, make_delta
from analysis.unlearn.full import Settled
from analysis.unlearn.guard import Look
from analysis.unlearn.masks.make import top_share
from analysis.unlearn.run import Choice, Outcome, Session, run_choice
from analysis.unlearn.stage import Stage
from analysis.unlearn.standard import guard_misses, rank_of
from analysis.unlearn.state import stored_state, with_parameters

RATIOS = (0.01, 0.02, 0.05, 0.10, 0.20)
Tensors = Mapping[str, torch.Tensor]


def run_in_stages(
    session: Session, choice: Choice, scores: Tensors, ratios: Sequence[float] = RATIOS
) -> tuple[Settled, tuple[Stage, ...]]:
    """Run one method under growing masks.

    Args:
        session: model, samples, settings.
        choice: method, rate, steps of each stage.
        scores: of every weight that may be masked; larger is chosen earlier.
        ratios: growing shares.
    """
    budget, start = session.config.accuracy_budget, session.start
    now = Outcome({}, start, 0, "no stage helped", False, _nothing(choice, start))
    stages: list[Stage] = []
    trials: list[Trial] = []
    for ratio in ratios:
        mask = top_share(scores, ratio)
        done = run_choice(
            session, choice, f"mask {ratio:.0%}", mask=mask, start=now.look, begin=now.parameters
        )
        trials.append(done.trial)
        missed = guard_misses(done.look, start, budget)
        kept = done.step > 0 and rank_of(done.look, start, budget) < rank_of(
            now.look, start, budget
        )
        delta = _change(session, now, done) if kept else None
        note = " and ".join(missed) if missed else "meets the goals on guard samples"
        stages.append(Stage(ratio, done.look, kept, note if kept else f"undone: {note}", delta))
        if kept:
            now = done
        if done.cancelled or (kept and not missed):
            now = replace(now, cancelled=done.cancelled)
            break
    return Settled(replace(choice, why=_why(choice, stages)), now, tuple(trials)), tuple(stages)


def _change(session: Session, before: Outcome, after: Outcome) -> Delta:
    work = session.work
    states = [
        stored_state(work, with_parameters(work.module, each.parameters))
        for each in (before, after)
    ]
    return make_delta(*states)


def _why(choice: Choice, stages: Sequence[Stage]) -> str:
    kept = [f"{stage.ratio:.0%}" for stage in stages if stage.kept]
    told = f"stages kept: {', '.join(kept)}" if kept else "no stage helped"
    return f"{choice.why}; growing masks, {told} of {len(stages)} tried"


def _nothing(choice: Choice, start: Look) -> Trial:
    return Trial(
        "full", choice.spec.name, choice.learning_rate, choice.strength, 0, start, 0, True, 0.0,
        "no stage helped",
    )  # fmt: skip
