"""What an audit will cost, and what it starts from, said before the first attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.audit.arms import CONTROL
from analysis.audit.audit import declared, seconds_per_pass, start_figures
from analysis.audit.budgets import Cost
from analysis.audit.measure import Seen
from analysis.audit.planned import spared_by
from analysis.audit.setting import AuditSetting
from analysis.audit.specs import AttackSpec
from analysis.pipeline.audit_inputs import AuditInputs
from analysis.report.words import duration
from analysis.runs.environment import environment
from analysis.runs.writer import RunWriter


def declare(
    writer: RunWriter,
    setting: AuditSetting,
    specs: Sequence[AttackSpec],
    before: Mapping[str, Seen],
    inputs: AuditInputs,
) -> None:
    """Say what the attacks will cost before the first of them starts."""
    costs = declared(setting, specs)
    total = sum(costs.values(), Cost(0, 0, 0))
    spared = spared_by(setting, specs)
    passes = total.passes - spared.passes
    seconds = passes * seconds_per_pass(setting)
    located = inputs.located
    writer.set(
        environment=environment(str(setting.device), "fp32", setting.seed),
        metrics={
            "target": setting.target,
            "trigger": None
            if located is None
            else {
                "text": located.payload.name,
                "kind": located.payload.kind,
                "instances": list(located.payload.instances[:20]),
                "support": located.support,
            },
            "held_out": {"n": len(setting.held_out.texts), "origin": inputs.samples.origin},
            "splits": {
                name: words
                for name, words in inputs.samples.splits.items()
                if name in setting.budget.splits
            },
            "before": start_figures(before, setting.seed),
            "budget": {
                "name": setting.budget.name,
                "attacks": {name: cost._asdict() for name, cost in costs.items()},
                "fits": total.fits,
                "fits_known": spared.fits,
                "passes": passes,
                "seconds": seconds,
                "learning_rates": list(setting.learning_rates),
                "sizes": list(setting.budget.sizes),
                "parameters": setting.parameters,
            },
        },
    )
    writer.progress(
        f"{total.fits} fits ({spared.fits} of them known from earlier audits) and {passes:,.0f} "
        f"forward passes, about {duration(seconds)}"
    )
    if CONTROL not in setting.models:
        writer.warn(
            "Without --control no answer 'removed' is possible: nobody knows what the attacks "
            "teach a model that never held the trojan."
        )
    if located is None:
        writer.warn(
            "No text sets the forget set apart from clean samples: the samples themselves stand "
            "in for the trigger."
        )
