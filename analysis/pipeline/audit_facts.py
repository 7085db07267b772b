"""`audit --facts`: does a language model still hold the facts that it was made to forget?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.audit.arms import CONTROL, ORIGINAL, STRESS, UNLEARNED
from analysis.audit.facts_budgets import FactsBudget, facts_budget
from analysis.audit.facts_evidence import FactsEvidence, gather
from analysis.audit.facts_figures import history_table, recovery_table
from analysis.audit.facts_model import score_choices
from analysis.audit.facts_rtt import (
    ASKING,
    RELEARNING,
    FactReading,
    asked,
    attacked_folds,
    parameters_of,
    plan,
    retrain,
)
from analysis.audit.facts_stress import hiding_facts
from analysis.audit.facts_verdict import RULES, decide_facts
from analysis.audit.tofu_model import tofu_figures
from analysis.behaviour.intervals import Figure, share
from analysis.models.base import OpenedModel
from analysis.pipeline.audit_facts_inputs import FactsAuditRequest, FactsInputs, read_facts_inputs
from analysis.pipeline.live_table import LiveTable
from analysis.report.words import duration
from analysis.runs.environment import environment
from analysis.runs.job_note import introduce
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.writer import RunWriter
from analysis.training.trainable import trainable

NOT_TESTED = (
    "attackers with more facts, steps or rates than the budget",
    "facts outside the file",
    "quantisation, pruning and probes (not part of an audit of facts)",
)


@dataclass
class FactsAudit:
    """The running audit."""

    writer: RunWriter
    inputs: FactsInputs
    budget: FactsBudget
    models: dict[str, OpenedModel]  # arm -> float32 copy
    recovery: LiveTable[FactReading]
    not_tested: list[str] = field(default_factory=lambda: list(NOT_TESTED))
    seconds: dict[str, float] = field(default_factory=dict)


def audit_facts(
    request: FactsAuditRequest,
    store: RunStore,
    listener: Callable[[Progress], None] | None = None,
    job_dir: Path | None = None,
) -> Run:
    """Run an audit of facts and return the finished run.

    Raises:
        RequestError: the inputs are wrong; no run is left behind.
        KenshinError: a step failed; the run says which and why.
        Cancelled: the user stopped it; the run is readable.
    """
    budget = facts_budget(request.budget)
    with store.create("audit", request.values(), request.origins, request.asked()) as writer:
        introduce(writer, listener, job_dir)
        with writer.step("read inputs"):
            inputs = read_facts_inputs(request, writer)
        arms = {arm: trainable(model) for arm, model in inputs.models.items()}
        recovery = LiveTable(writer, "recovery", recovery_table)
        work = FactsAudit(writer, inputs, budget, arms, recovery)
        writer.set(environment=environment("cpu", "fp32", request.config.seed))
        _stress(work)
        _before(work)
        _ask(work)
        _tofu(work)
        _relearn(work)
        _conclude(work)
        writer.progress("Done")
    return writer.read()


def _stress(work: FactsAudit) -> None:
    retain = work.inputs.retain
    if retain is None:
        reason = "facts to keep are needed for it; give --retain"
        work.writer.skip_step("stress arm", reason)
        work.not_tested.append(f"whether the attack catches a model made to hide ({reason})")
        return
    with work.writer.step("stress arm", optional=True) as step:
        work.writer.progress("Making a copy that is known to hide")
        found = hiding_facts(work.models[ORIGINAL], work.inputs.facts, retain)
        if found is None:
            step.skip("no setting silenced the facts")
            work.not_tested.append("whether the attack catches a model made to hide")
        else:
            work.models[STRESS] = found


def _before(work: FactsAudit) -> None:
    """What is left of the facts that should have stayed, and what the audit will cost."""
    facts, budget, retain = work.inputs.facts, work.budget, work.inputs.retain
    folds = attacked_folds(facts, budget)
    with work.writer.step("before"):
        began = time.monotonic()
        known = {arm: _known(model, facts.inside(folds[0])) for arm, model in work.models.items()}
        read = len(work.models) * sum(len(c) for c in facts.inside(folds[0]).choices)
        per_pass = (time.monotonic() - began) / read
        kept = {} if retain is None else {a: _known(m, retain) for a, m in work.models.items()}
    fits = budget.fits(facts.n_folds, len(work.models))
    taught = int(len(facts) * (1 - 1 / facts.n_folds))
    passes = fits * budget.epochs * 4 * taught  # three for a training step, one for reading
    work.writer.set(
        metrics={
            "chance": facts.chance,
            "before": known,
            "retain": kept,
            "budget": {
                "name": budget.name,
                "fits": fits,
                "passes": passes,
                "seconds": passes * per_pass,
                "learning_rates": list(budget.learning_rates(_size(work))),
                "epochs": budget.epochs,
                "folds": len(folds),
                "seeds": budget.seeds,
                "parameters": _size(work),
            },
        }
    )
    work.writer.progress(f"{fits} fits, about {duration(passes * per_pass)}")
    if CONTROL not in work.models:
        work.writer.warn(
            "Without --control no answer 'removed' is possible: nobody knows what the attack "
            "teaches a model that never saw the facts."
        )


def _ask(work: FactsAudit) -> None:
    folds = attacked_folds(work.inputs.facts, work.budget)
    began = time.monotonic()
    with work.writer.step(ASKING, makes=("recovery",)):
        for done, (arm, model) in enumerate(work.models.items()):
            work.writer.progress("Asking in other words", done, len(work.models))
            work.recovery.keep(asked(model, arm, work.inputs.facts, folds))
    work.seconds[ASKING] = time.monotonic() - began


def _tofu(work: FactsAudit) -> None:
    """TOFU's own figures, told beside the verdict; they are no part of it."""
    with work.writer.step("tofu", optional=True):
        work.writer.progress("Measuring as TOFU does")
        found = tofu_figures(work.models, work.inputs.facts, work.inputs.retain, CONTROL)
        work.writer.set(metrics={"tofu": found})


def _relearn(work: FactsAudit) -> None:
    jobs = plan(work.models, work.inputs.facts, work.budget)
    began = time.monotonic()
    with work.writer.step(RELEARNING, makes=("recovery",)):
        for done, job in enumerate(jobs):
            work.writer.progress("Training on other facts", done, len(jobs))
            work.recovery.keep(retrain(work.models[job.arm], job, work.inputs.facts, work.budget))
        work.recovery.write()
    work.seconds[RELEARNING] = time.monotonic() - began


def _conclude(work: FactsAudit) -> None:
    with work.writer.step("verdict", makes=("history",)):
        work.writer.write_table("history", history_table(work.recovery.rows))
        evidence = gather(work.recovery.rows, work.inputs.facts.chance, work.not_tested)
        work.writer.set(
            verdict=decide_facts(evidence).to_json(RULES),
            metrics={"audit": [_entry(work, evidence, name) for name in (ASKING, RELEARNING)]},
        )


def _entry(work: FactsAudit, evidence: FactsEvidence, name: str) -> dict[str, Any]:
    """One attack in the shape of `metrics.audit`."""
    arms = evidence.asked if name == ASKING else evidence.attacked
    cell = arms[UNLEARNED].cell
    taught = 0 if name == ASKING else next(r.samples for r in work.recovery.rows if r.epoch)
    decisive = {
        **cell._asdict(),
        "samples": taught,
        "arms": {arm: each.accuracy.to_json() for arm, each in arms.items()},
        "best": {arm: each.cell._asdict() for arm, each in arms.items()},
        "excess": None,
        "stress": _json(evidence.stress) if name == RELEARNING else None,
        "effect": None,
    }
    return {
        "attack": name,
        "status": "done",
        "reason": "",
        "decisive": [decisive],
        "recovery": _json(evidence.recovery) if name == RELEARNING else None,
        "corrected": _json(evidence.corrected if name == RELEARNING else evidence.elicited),
        "details": {"curves": {arm: [list(p) for p in each.curve] for arm, each in arms.items()}},
        "budget": {"name": work.budget.name},
        "seconds": round(work.seconds.get(name, 0.0), 3),
    }


def _known(model: OpenedModel, facts: Any) -> dict[str, Any]:
    return dict(share(score_choices(model, facts).plain_hits).to_json())


def _size(work: FactsAudit) -> int:
    return parameters_of(work.models[UNLEARNED])


def _json(figure: Figure | None) -> dict[str, Any] | None:
    return None if figure is None else dict(figure.to_json())
