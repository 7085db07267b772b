"""Auto: a short seeded search over method, learning rate and strength, then the choice.

Every candidate takes a few steps from the start and is judged by where it stands then, on a
slice of the guard samples: the gap to "the trigger means nothing", and clean accuracy lost beyond
the budget. They are then run in full, best first, until one meets the goals and a small dose of
relearning does not bring the trigger back (`full`, `comes_back`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analysis.errors import KenshinError, RequestError
from analysis.unlearn.data import Trial
from analysis.unlearn.guard import ForgetGuard, Look, Measure, TriggerGuard, over_budget
from analysis.unlearn.lora import REFUSED
from analysis.unlearn.objectives.specs import ObjectiveSpec, objective
from analysis.unlearn.run import Choice, Outcome, Session, failed, run_choice
from analysis.unlearn.sizes import rate_scale

SEARCH_STEPS = 20
SLICE = 120  # guard samples of a search look
CLEARLY = 0.05  # a later candidate must lead by more than the noise of such a slice
LAST = frozenset({"repair"})  # costs more accuracy: in full at once, where the others failed

# (method, learning rate of a small model, strength); tried in this order where samples allow it.
# Half the rate keeps accuracy better, but what it removed came back in quick audits.
WITH_TRIGGER = (
    ("anchored", 1e-3, 1.0),
    ("invariance", 1e-3, 1.0),
    ("repair", 1e-3, 1.0),
)
WITHOUT_TRIGGER = (
    ("distil", 2e-4, 1.0),
    ("distil", 4e-4, 1.0),
    ("npo", 2e-4, 0.1),
    ("grad_diff", 2e-4, 1.0),
    ("relabel", 1e-4, 0.3),
    ("lya", 1e-4, 10.0),
)


class Found(NamedTuple):
    """What the search says."""

    choices: tuple[Choice, ...]  # best first, at least one
    trials: tuple[Trial, ...]
    cancelled: Outcome | None = None  # the best so far, where the user stopped the search


def search(session: Session) -> Found:
    """Try the candidates that fit and choose one.

    Raises:
        RequestError: no method fits what is there.
    """
    choices, others = split_up(candidates(session))
    if not choices:
        raise RequestError("no unlearning method fits these samples.", "Name one with --method.")
    measure = slice_of(session.ready.measure, session.config.seed)
    start = measure(session.work.module)
    slow = replace(session.config, check_every=SEARCH_STEPS)  # one look, at the end
    session = replace(session, config=slow)
    trials: list[Trial] = []
    tried: list[tuple[float, Choice, Outcome]] = []
    for number, choice in enumerate(choices):
        session.say("Searching for a method", number, len(choices))
        short = replace(choice, steps=min(SEARCH_STEPS, choice.steps))
        try:
            done = run_choice(session, short, "search", measure=measure, start=start)
        except KenshinError as error:
            trials.append(failed(short, "search", error, 0.0))
            continue
        trials.append(done.trial)
        tried.append((rank(done.trial.look or start, start, session), choice, done))
        if done.cancelled:
            _, choice, outcome = in_order(tried)[0]
            return Found((choice,), tuple(trials), outcome)
    if not tried:
        raise RequestError(f"no unlearning method could run: {trials[-1].note}")
    ordered = in_order(tried)
    why = _why(ordered[0][1], ordered[0][2].trial.look or start, trials)
    first, *rest = (choice for _, choice, _ in ordered)
    after = [replace(each, why="next in the order of the short runs") for each in rest]
    after += [replace(each, why="next where the others failed") for each in others]
    return Found((replace(first, why=why), *after), tuple(trials))


def split_up(choices: Sequence[Choice]) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """Candidates that a short run ranks, and those that wait until all of them have failed."""
    first = tuple(each for each in choices if each.spec.name not in LAST) or tuple(choices)
    return first, tuple(each for each in choices if each not in first)


def in_order(
    tried: Sequence[tuple[float, Choice, Outcome]],
) -> list[tuple[float, Choice, Outcome]]:
    """Best first; of two that lie as close as such short looks can tell, the one tried earlier."""
    best = tried[0]
    for each in tried[1:]:
        if each[0] < best[0] - CLEARLY:
            best = each
    others = sorted((each for each in tried if each is not best), key=lambda each: each[0])
    return [best, *others]


def candidates(session: Session) -> tuple[Choice, ...]:
    """Methods whose needs are met, with the rates and strengths to try."""
    table = WITH_TRIGGER if "repair" in session.ready.has else WITHOUT_TRIGGER
    scale = rate_scale(session.work.module)
    found = [
        Choice(
            spec,
            session.config.learning_rate or scale * rate,
            strength if session.config.strength is None else session.config.strength,
            session.config.steps or spec.steps,
        )
        for spec, rate, strength in ((objective(n), r, s) for n, r, s in table)
        if spec.needs <= session.ready.has
        and not (session.config.lora is not None and spec.name in REFUSED)
    ]
    return tuple(dict.fromkeys(found))


def missing(spec: ObjectiveSpec, has: frozenset[str]) -> tuple[str, ...]:
    """Which needs of a method are not met, in words."""
    words = {
        "repair": "a located trigger",
        "twins": "located trigger spans in the flagged samples",
        "start": "--start MODEL",
        "reference": "a clean --reference of the same task",
    }
    return tuple(words.get(need, f"{need} samples") for need in sorted(spec.needs - has))


def rank(look: Look, start: Look, session: Session) -> float:
    """Order of candidates after a few steps, smaller is better.

    A point of accuracy beyond the budget counts as much as two points of gap: short runs are
    noisy, and a method that has done nothing is always inside its budget.
    """
    return look.gap + 2 * over_budget(look, start.accuracy, session.config.accuracy_budget)


def slice_of(measure: Measure, seed: int) -> Measure:
    """The same guard on fewer samples, for looks that cost less."""
    if isinstance(measure, TriggerGuard):
        rows = _pick(len(measure.clean), seed)
        return replace(
            measure, clean=measure.clean.subset(rows), triggered=measure.triggered.subset(rows)
        )
    if isinstance(measure, ForgetGuard):
        rows = _pick(len(measure.clean), seed)
        aside = _pick(len(measure.flagged), seed)
        return replace(
            measure, clean=measure.clean.subset(rows), flagged=measure.flagged.subset(aside)
        )
    return measure


def _pick(n: int, seed: int) -> np.ndarray:
    order = np.random.default_rng([seed, 17]).permutation(n)
    return np.sort(order[:SLICE])


def _why(choice: Choice, look: Look, trials: Sequence[Trial]) -> str:
    runs = f"{len(trials)} short runs" if len(trials) > 1 else "one short run"
    asr = "" if look.asr is None else f", ASR {look.asr:.1%} (natural floor {look.floor:.1%})"
    return (
        f"of {runs} of {SEARCH_STEPS} steps, {choice.spec.title} at learning rate "
        f"{choice.learning_rate:g} came closest to an ineffective trigger within the accuracy "
        f"budget: clean accuracy {look.accuracy:.1%}{asr} on {SLICE} guard samples or fewer"
    )
