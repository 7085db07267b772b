"""`audit`: attack an unlearned model with a declared budget and say removed, hidden or unclear."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.audit.audit import (
    before_attacks,
    evidence,
    with_stress,
)
from analysis.audit.measure import Seen
from analysis.audit.outcome import Outcome
from analysis.audit.readings import Reading, history_table, recovery_table
from analysis.audit.setting import AuditSetting, FitMemory
from analysis.audit.specs import AttackSpec, budget, choose
from analysis.audit.verdict import RULES, decide
from analysis.extract.plan import make_plan
from analysis.pipeline.audit_declare import declare
from analysis.pipeline.audit_inputs import AuditInputs, read_inputs
from analysis.pipeline.audit_memory import CachedFits
from analysis.pipeline.audit_settings import AuditRequest, require_complete
from analysis.pipeline.live_table import LiveTable
from analysis.runs.cache import ActivationCache
from analysis.runs.job_note import introduce
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.writer import RunWriter


@dataclass
class Audit:
    """The running audit."""

    writer: RunWriter
    setting: AuditSetting
    specs: tuple[AttackSpec, ...]
    recovery: LiveTable[Reading]
    outcomes: list[Outcome] = field(default_factory=list)


def audit(
    request: AuditRequest,
    store: RunStore,
    listener: Callable[[Progress], None] | None = None,
    job_dir: Path | None = None,
) -> Run:
    """Run an audit and return the finished run.

    Raises:
        RequestError: the inputs are wrong; no run is left behind.
        KenshinError: a step failed; the run says which and why.
        Cancelled: the user stopped it; the run is readable.
    """
    require_complete(request)
    specs = choose(request.attacks, budget(request.budget))
    with store.create(
        "audit", request.values(), request.origins, _asked(request), parent=request.parent
    ) as writer:
        introduce(writer, listener, job_dir)
        with writer.step("read inputs"):
            inputs = read_inputs(request, store, writer)
            _check_parent(request, store, inputs, writer)
        recovery = LiveTable(writer, "recovery", recovery_table)
        with ActivationCache(store.root / ".cache") as cache:
            setting = _setting(request, inputs, recovery, CachedFits(cache))
            _run(Audit(writer, setting, specs, recovery), inputs)
        writer.progress("Done")
    return writer.read()


def _run(work: Audit, inputs: AuditInputs) -> None:
    _stress_arm(work)
    with work.writer.step("before"):
        before = before_attacks(work.setting)
    declare(work.writer, work.setting, work.specs, before, inputs)
    for spec in work.specs:
        _attack(work, spec, before)
    _conclude(work, before)


def _setting(
    request: AuditRequest, inputs: AuditInputs, recovery: LiveTable[Reading], memory: FitMemory
) -> AuditSetting:
    parts = inputs.samples
    return AuditSetting(
        models=inputs.models,
        target=inputs.target,
        budget=budget(request.budget),
        held_out=parts.held_out,
        pools=parts.pools,
        clean=parts.clean,
        test=parts.test,
        forget=parts.forget,
        seed=request.config.seed,
        device=make_plan(request.config, next(iter(inputs.models.values()))).device,
        memory=memory,
        keep=recovery.keep,
    )


def _stress_arm(work: Audit) -> None:
    """The arm that is known to hide; only relearning needs it to prove its power."""
    if all(spec.name != "relearning" for spec in work.specs):
        work.writer.skip_step("stress arm", "relearning is not part of this audit")
        return
    with work.writer.step("stress arm", optional=True):
        work.writer.progress("Making a copy that is known to hide")
        work.setting = with_stress(work.setting)


def _attack(work: Audit, spec: AttackSpec, before: Mapping[str, Seen]) -> None:
    """Run one attack as a step of its own; a failure of one does not stop the others."""

    def watch(done: float, total: float) -> None:
        work.writer.progress(spec.title, done, total)

    began = time.monotonic()
    outcome = Outcome(spec.name, status="failed", reason="it stopped with an error")
    with work.writer.step(spec.name, optional=True, makes=("recovery",)) as step:
        outcome = spec.resolve()(replace(work.setting, watch=watch), before)
        if outcome.status == "skipped":
            step.skip(outcome.reason)
    work.outcomes.append(replace(outcome, seconds=time.monotonic() - began))
    work.recovery.write()
    work.writer.set(metrics={"audit": [each.to_json() for each in work.outcomes]})


def _conclude(work: Audit, before: Mapping[str, Seen]) -> None:
    with work.writer.step("verdict", makes=("history",)):
        work.writer.write_table("history", history_table(work.recovery.rows))
        found = decide(evidence(work.setting, before, work.outcomes))
        work.writer.set(verdict=found.to_json(RULES))


def _asked(request: AuditRequest) -> dict[str, object]:
    return {
        "original": request.original,
        "unlearned": request.unlearned,
        "control": list(request.all_controls()),
        **{role: str(path) for role, path in request.sample_files().items()},
        "forget_run": request.forget_run,
    }


def _check_parent(
    request: AuditRequest, store: RunStore, inputs: AuditInputs, writer: RunWriter
) -> None:
    """Warn where the audited weights are not those that the parent run made."""
    if request.parent is None:
        return
    made = (store.open(request.parent).record.get("metrics") or {}).get("unlearned_sha256")
    if made and made != inputs.models["unlearned"].sha256:
        writer.warn("The audited weights are not those that the unlearning run made.")
