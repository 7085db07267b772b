"""The full runs: one candidate after the other until one meets the goals or the time is used up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.unlearn.data import Trial
from analysis.unlearn.run import Choice, Mask, Outcome, Session, run_choice
from analysis.unlearn.standard import guard_misses, rank_of


@dataclass(frozen=True)
class Settled:
    """The best of the full runs."""

    choice: Choice
    outcome: Outcome
    trials: tuple[Trial, ...]


def run_in_full(session: Session, choices: Sequence[Choice], mask: Mask | None = None) -> Settled:
    """Run the candidates in order, best first, and keep the best outcome.

    A further candidate is started only where the one before misses a goal on the guard samples
    and the CPU seconds of the configuration still allow another run of the longest so far.

    Args:
        session: model, samples, settings; knows when the work began.
        choices: at least one.
        mask: weights that may change.
    """
    budget = session.config.accuracy_budget
    kept: list[tuple[Choice, Outcome]] = []
    trials: list[Trial] = []
    longest = 0.0
    for choice in choices:
        began = time.process_time()
        if kept and began - session.began + longest > session.config.search_seconds:
            break
        done = run_choice(session, choice, "full", mask=mask)
        longest = max(longest, time.process_time() - began)
        missed = guard_misses(done.look, session.start, budget)
        trials.append(replace(done.trial, note=_note(done, missed)))
        kept.append((choice, done))
        if done.cancelled or not missed:
            break
    choice, best = min(kept, key=lambda each: rank_of(each[1].look, session.start, budget))
    if kept[-1][1].cancelled:
        best = replace(best, cancelled=True, stopped=kept[-1][1].stopped)
    return Settled(replace(choice, why=_why(choice, best, session, len(kept))), best, tuple(trials))


def _note(done: Outcome, missed: Sequence[str]) -> str:
    if not missed:
        return f"{done.stopped}; meets the goals on guard samples"
    return f"{done.stopped}; {' and '.join(missed)}"


def _why(choice: Choice, best: Outcome, session: Session, runs: int) -> str:
    missed = guard_misses(best.look, session.start, session.config.accuracy_budget)
    if runs == 1 and not missed:
        return choice.why
    if not missed:
        return f"{choice.why}; the first of {runs} full runs that meets the goals on guard samples"
    told = f"on guard samples {' and '.join(missed)}"
    return (
        f"{choice.why}; best of {runs} full runs, yet {told}"
        if runs > 1
        else (f"{choice.why}; {told}")
    )
