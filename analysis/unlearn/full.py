"""The full runs: one candidate after the other until one meets the goals or the time is used up.

Meeting the goals on guard samples is not enough for Auto: a candidate whose trigger comes back
after a small dose of relearning has silenced it only, and the next one is tried.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from torch import nn

from analysis.unlearn.comes_back import NOTHING, Relearned
from analysis.unlearn.data import Trial
from analysis.unlearn.run import Choice, Mask, Outcome, Session, run_choice
from analysis.unlearn.standard import STILL_COUNTS, guard_misses, rank_of
from analysis.unlearn.state import with_parameters

COMES_BACK = "the trigger comes back after a little training"
Check = Callable[[nn.Module], Relearned]


@dataclass(frozen=True)
class Settled:
    """The best of the full runs."""

    choice: Choice
    outcome: Outcome
    trials: tuple[Trial, ...]
    note: str = ""  # what the user should know about the choice


@dataclass(frozen=True)
class _Run:
    """One full run with what it misses."""

    choice: Choice
    outcome: Outcome
    missed: tuple[str, ...]
    seen: Relearned = NOTHING

    @property
    def trial(self) -> Trial:
        """Its row, told how it ended and what relearning did."""
        note = " and ".join(self.missed) or "meets the goals on guard samples"
        if self.seen.asr is not None and not self.seen.is_back:
            note += ", and a little training does not bring the trigger back"
        return replace(
            self.outcome.trial,
            note=f"{self.outcome.stopped}; {note}",
            relearned=self.seen.asr,
            relearned_clean=self.seen.clean,
        )


def run_in_full(
    session: Session,
    choices: Sequence[Choice],
    mask: Mask | None = None,
    check: Check | None = None,
) -> Settled:
    """Run the candidates in order, best first, and keep the best outcome.

    A further candidate is started only where the one before misses a goal on the guard samples or
    `check` brings its trigger back, and the CPU seconds of the configuration still allow another
    run of the longest so far.

    Args:
        session: model, samples, settings; knows when the work began.
        choices: at least one.
        mask: weights that may change.
        check: a small dose of relearning, given to candidates whose trigger is silent.
    """
    kept: list[_Run] = []
    longest = 0.0
    for choice in choices:
        began = time.process_time()
        if kept and began - session.began + longest > session.config.search_seconds:
            break
        kept.append(_run(session, choice, mask, check))
        longest = max(longest, time.process_time() - began)
        if kept[-1].outcome.cancelled or not kept[-1].missed:
            break
    best = min(kept, key=lambda each: _order(each, session))
    outcome, last = best.outcome, kept[-1].outcome
    if last.cancelled:
        outcome = replace(outcome, cancelled=True, stopped=last.stopped)
    chosen = replace(best.choice, why=_why(best, kept))
    return Settled(chosen, outcome, tuple(each.trial for each in kept), _warning(best.seen))


def _run(session: Session, choice: Choice, mask: Mask | None, check: Check | None) -> _Run:
    done = run_choice(session, choice, "full", mask=mask)
    missed = guard_misses(done.look, session.start, session.config.accuracy_budget)
    if check is None or done.cancelled or STILL_COUNTS in missed:
        return _Run(choice, done, missed)
    session.say("Seeing whether a little training brings the trigger back", 0, 1)
    seen = check(with_parameters(session.work.module, done.parameters))
    return _Run(choice, done, (*missed, COMES_BACK) if seen.is_back else missed, seen)


def _order(run: _Run, session: Session) -> tuple[bool, int, float]:
    """Smaller is better: a trigger that works or comes back last, then the goals, then the gap."""
    works = bool({COMES_BACK, STILL_COUNTS} & set(run.missed))
    goals, gap = rank_of(run.outcome.look, session.start, session.config.accuracy_budget)
    return works, goals, gap


def _why(best: _Run, runs: Sequence[_Run]) -> str:
    why, n = best.choice.why, len(runs)
    if not best.missed:
        told = f"the first of {n} full runs that meets the goals on guard samples"
        held = " and holds after a little training" if best.seen.asr is not None else ""
        return why if n == 1 else f"{why}; {told}{held}"
    told = f"on guard samples {' and '.join(best.missed)}"
    return f"{why}; best of {n} full runs, yet {told}" if n > 1 else f"{why}; {told}"


def _warning(seen: Relearned) -> str:
    if not seen.is_back:
        return ""
    return (
        f"A little training brings the trigger back to {seen.asr:.0%} of the guard samples, more "
        f"than the {seen.limit:.0%} that a model without it may show, and Auto found nothing that "
        "holds better: it is probably hidden, not removed. Have it audited."
    )
