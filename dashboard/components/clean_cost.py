"""What a removal costs, in words and before it starts."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from analysis.report.words import count, duration
from analysis.runs.run import RunSummary
from analysis.unlearn.objectives.specs import ObjectiveSpec
from dashboard import services
from dashboard.text import say, term

BATCH = 16  # samples of each part in a step, as the command takes them by default
AUTO = "auto"
ASKED = 20  # of the newest removals, how long they took
# CPU seconds with everything measured, codebert-mini in tests/benchmarks/README.md.
SHIPPED_SECONDS = {AUTO: 75.0, "deep_repair": 120.0}
AUTO_COST = term(
    "Auto takes up to six short runs of 20 steps, then full runs until one meets the "
    "goals on guard samples and its trigger does not come back after a little training, or "
    "its time is used up."
)
AFTERWARDS = term(
    "Then the cleaned model is inspected again and, where a clean reference is known, audited: "
    "a few minutes each on two cores."
)


def cost_sentence(forget: int, spec: ObjectiveSpec | None, runs: Sequence[RunSummary]) -> str:
    """Steps, samples and time of a removal.

    Args:
        forget: samples to be forgotten; 0 where only a file knows.
        spec: the method, None for Auto.
        runs: every run; earlier removals by the same method tell the time.
    """
    what = say("Samples to forget: {n}. ", n=count(forget)) if forget else ""
    passes = say(AUTO_COST) if spec is None else _steps(spec)
    return what + " ".join(
        (passes, _time(AUTO if spec is None else spec.name, runs), say(AFTERWARDS))
    )


def _steps(spec: ObjectiveSpec) -> str:
    size = BATCH * spec.batches
    return say(
        "At most {steps} steps, each forward and backward over {size} samples of every kind that "
        "the method uses: {passes} of each kind at most.",
        steps=count(spec.steps),
        size=size,
        passes=count(size * spec.steps),
    )


def _time(method: str, runs: Sequence[RunSummary]) -> str:
    removals = [run for run in runs if run.kind == "unlearn" and run.status == "done"][:ASKED]
    done = [run.seconds for run in removals if run.seconds and _by(run) == method]
    if done:
        return say(
            "Earlier removals by this method here took about {usual}; reversible.",
            usual=duration(statistics.median(done)),
        )
    if method in SHIPPED_SECONDS:
        return say(
            "About {usual} for the small shipped models, longer for larger ones. The time left is "
            "shown while it runs; you can stop it any time.",
            usual=duration(SHIPPED_SECONDS[method]),
        )
    return say("The time left is shown while it runs; you can stop it any time.")


def _by(run: RunSummary) -> str:
    """The method that was asked for: Auto's choice counts as Auto."""
    values = services.open_run(run.run_id).record["config"]["values"] or {}
    return str(values.get("method") or AUTO)
