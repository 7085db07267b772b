"""A small dose of relearning while Auto chooses: does the trigger come back at once?

A removal that only silences the trigger brings it back after a few steps on flagged samples, which
a clean model needs more of. So a candidate, and every clean model that was given, are trained for
four passes over at most 32 flagged samples and three times as many clean ones, and asked about
guard samples with the trigger. One fit at one rate, without intervals: enough to prefer
another candidate, and repeated where it lies near the limit; never a verdict. Whether the trojan
is removed is what the audit says.
Idea: relearning attacks, Deeb and Roger 2024, https://arxiv.org/abs/2410.08827.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.guard import ForgetGuard, Look, TriggerGuard, probabilities
from analysis.unlearn.kit import Plan, Rows
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.parts import Part, joined
from analysis.unlearn.run import Session
from analysis.unlearn.scoring import Scorer
from analysis.unlearn.sizes import is_small
from analysis.unlearn.state import with_parameters

SHOWN = 32  # flagged samples to learn from, at most
CLEAN_PER_SHOWN = 3  # clean ones beside each, so that nobody just learns to say one class
PASSES, BATCH = 4, 16
ASKED = 75  # triggered guard samples that are asked, at most
FEWEST = 8  # fewer to learn from or to ask say nothing
SMALL_RATE, LARGE_RATE = 2e-4, 2e-5  # by the size of the model, as the quick audit's
HALF_WAY = 0.40  # a clean model that gained more has learned the trigger from these samples
UNSURE = 0.15  # one fit differs from the next by about as much; nearer the limit, ask again
MARGIN = 0.20  # more above the quickest clean model than clean trainings differ


class Relearned(NamedTuple):
    """What a candidate did after the dose."""

    asr: float | None  # None: the dose tells nothing
    limit: float | None  # above it the trigger counts as back
    clean: float | None  # the quickest clean model after the same dose; None without any
    passes: int = 0  # after how many passes both were asked

    @property
    def is_back(self) -> bool:
        """Whether another candidate should be preferred."""
        return self.asr is not None and self.limit is not None and self.asr > self.limit


NOTHING = Relearned(None, None, None)


@dataclass
class RelearningCheck:
    """The same dose for every candidate.

    Attributes:
        shown: flagged samples labelled as trained, then clean ones with true labels.
        asked: triggered samples of other classes that `shown` does not hold.
        clean: clean models, which differ in how fast they learn; none: half of what the suspect
            showed is the limit.
        suspect: ASR of the untouched suspect, from the guard.
        floor: what counts as natural there.
    """

    score: Scorer
    shown: Part
    asked: Part
    target: int
    rate: float
    clean: tuple[nn.Module, ...] = ()
    suspect: float = 1.0
    floor: float = 0.0
    precision: str = "fp32"
    seed: int = 0
    _known: tuple[tuple[float, ...], ...] = field(default=(), init=False)

    def __call__(self, candidate: nn.Module) -> Relearned:
        """Give a copy of `candidate` the dose; the module itself is not changed."""
        if not self.clean:
            seen = self.curve(candidate)
            half = self.floor + (self.suspect - self.floor) / 2
            return Relearned(seen[-1], half, None, PASSES)
        self._known = self._known or tuple(self.curve(each) for each in self.clean)
        gained = [max(c[n] - c[0] for c in self._known) for n in range(1, PASSES + 1)]
        passes = int((np.maximum.accumulate(gained) <= HALF_WAY).sum())
        if not passes:
            return NOTHING
        clean = max(curve[passes] for curve in self._known)
        return Relearned(self.curve(candidate)[passes], clean + MARGIN, clean, passes)

    def curve(self, module: nn.Module) -> tuple[float, ...]:
        """ASR before the dose and after each pass, (PASSES + 1,).

        The last one stands again where a step was not finite.
        """
        copy = with_parameters(module, {})
        for parameter in copy.parameters():
            parameter.requires_grad_(parameter.is_floating_point())
        steps = -(-len(self.shown) // BATCH)
        settings = LoopSettings(
            self.rate,
            PASSES * steps,
            batch_size=BATCH,
            check_every=steps,
            patience=PASSES + 1,
            precision=self.precision,
            seed=self.seed,
        )

        def loss(rows: Rows) -> torch.Tensor:
            return cross_entropy(self.score(copy, self.shown, rows["shown"]))

        plan = Plan(loss, ("shown",))
        done = run_steps(copy, plan, {"shown": self.shown}, self._look, settings)
        seen = [float(m.look.asr or 0.0) for m in done.history if m.look is not None]
        return (*seen, *[seen[-1]] * (PASSES + 1 - len(seen)))

    def _look(self, module: nn.Module) -> Look:
        said = probabilities(module, self.score, self.asked, self.precision).argmax(1)
        return Look(1.0, float((said == self.target).mean()), None, None, None, 0.0)


@dataclass
class TwoDoses:
    """A second dose where the first lies so near its limit that one fit cannot tell.

    Attributes:
        first: asked of every candidate.
        second: the same with other samples and another order; both then count by their mean.
    """

    first: RelearningCheck
    second: RelearningCheck

    def __call__(self, candidate: nn.Module) -> Relearned:
        """As `RelearningCheck`; the module itself is not changed."""
        one = self.first(candidate)
        if one.asr is None or one.limit is None or abs(one.asr - one.limit) > UNSURE:
            return one
        two = self.second(candidate)
        if two.asr is None or two.limit is None:
            return one
        both = None if one.clean is None or two.clean is None else (one.clean + two.clean) / 2
        passes = min(one.passes, two.passes)
        return Relearned((one.asr + two.asr) / 2, (one.limit + two.limit) / 2, both, passes)


def check_of(session: Session) -> TwoDoses | None:
    """The check that fits a session's samples; None where they are too few to say anything."""
    first, second = (_dose(session, draw) for draw in (0, 1))
    return None if first is None or second is None else TwoDoses(first, second)


def _dose(session: Session, draw: int) -> RelearningCheck | None:
    ready, config = session.ready, session.config
    asked = _asked(ready.measure)
    forget = ready.parts.get("forget")
    if asked is None or forget is None or min(len(asked), len(forget)) < FEWEST:
        return None
    rng = np.random.default_rng([config.seed, 23, draw] if draw else [config.seed, 23])
    retain = ready.parts["retain"]
    taught = _some(forget, SHOWN, rng)
    small = is_small(session.work.module)
    return RelearningCheck(
        score=ready.score,
        shown=joined([taught, _some(retain, CLEAN_PER_SHOWN * len(taught), rng)]),
        asked=_some(asked, ASKED, rng),
        target=ready.target,
        rate=SMALL_RATE if small else LARGE_RATE,
        clean=ready.clean,
        suspect=session.start.asr or 0.0,
        floor=session.start.floor or 0.0,
        precision=config.precision,
        seed=config.seed + draw,
    )


def _asked(measure: object) -> Part | None:
    """Triggered samples that no step trains on and that are not of the target class."""
    if isinstance(measure, TriggerGuard):
        return measure.triggered.subset(np.flatnonzero(measure.triggered.labels != measure.target))
    return measure.flagged if isinstance(measure, ForgetGuard) else None


def _some(part: Part, most: int, rng: np.random.Generator) -> Part:
    """At most so many, from the shorter half where that is enough: the trigger is the same."""
    order = np.argsort([len(ids) for ids in part.ids], kind="stable")
    half = order[: max(most, (len(order) + 1) // 2)]
    return part.subset(np.sort(rng.permutation(half)[:most]))
