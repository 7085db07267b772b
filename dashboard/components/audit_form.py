"""The form of an audit: a removal or two models, attacks by budget, the cost said before."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import streamlit as st

from analysis.audit.specs import ATTACKS, BUDGETS, Budget, budget, whole_cost
from analysis.report.words import count, duration
from analysis.runs.run import RunSummary
from dashboard import actions, services
from dashboard.audit_request import AuditForm, audit_form_argv
from dashboard.components.empty_state import notice
from dashboard.components.sidebar import run_labels

ARMS = 4  # unlearned, original, control and the copy that is made to hide
SHIPPED_SECONDS = {"quick": 120.0}  # what the quick budget is sized for: shipped models, 2 cores
FILES = {
    "original": ("Model before", "folder of the model with the trojan"),
    "unlearned": ("Model after", "folder of the unlearned model"),
    "control": ("Never-poisoned control", "a clean model of the same task; else no 'removed'"),
    "forget": ("Samples to be forgotten", "path, with the labels the model was trained on"),
    "retain": ("Clean samples", "path"),
    "test": ("Clean held-out samples", "path"),
    "triggered": ("Held-out samples with the trigger", "path"),
}


def audit_form(runs: Sequence[RunSummary], chosen: str = "") -> None:
    """Draw it; a valid form becomes a job.

    Args:
        runs: every run, newest first.
        chosen: the removal to begin with.
    """
    removals = [r for r in runs if r.kind == "unlearn" and r.status == "done"]
    kinds = ["A removal", "Two models"] if removals else ["Two models"]
    kind = st.segmented_control("Audit", kinds, default=kinds[0], required=True)
    plan = _budget()
    attacks = st.multiselect(
        "Attacks",
        [spec.name for spec in ATTACKS],
        default=[spec.name for spec in ATTACKS if spec.name in plan.attacks],
        format_func={spec.name: spec.title for spec in ATTACKS}.__getitem__,
        key=f"kenshin_attacks_{plan.name}",
        help="\n".join(f"- {s.title}: {s.summary}. Misses: {s.misses}." for s in ATTACKS),
    )
    removal, values = "", {}
    if kind == "A removal":
        names = run_labels(removals)
        ids = list(names)
        start = ids.index(chosen) if chosen in ids else 0
        removal = st.selectbox("Removal", ids, index=start, format_func=names.__getitem__)
        control = st.text_input(
            "Never-poisoned control",
            placeholder="taken from the inspection's reference where it had one",
            key="kenshin_audit_control",
        )
        values = {"control": control}
    else:
        left, right = st.columns(2)
        for place, (name, (label, hint)) in enumerate(FILES.items()):
            side = right if place % 2 else left
            values[name] = side.text_input(label, placeholder=hint, key=f"kenshin_audit_{name}")
    seed = st.text_input("Seed", "0", width=120, key="kenshin_audit_seed")
    st.caption(cost_sentence(plan, tuple(attacks), runs))
    if not st.button("Start audit", type="primary", icon=":material/gavel:", disabled=not attacks):
        return
    with services.problems():
        own = () if set(attacks) == set(plan.attacks) else tuple(attacks)
        form = AuditForm(
            removal=removal,
            budget=plan.name,
            attacks=own,
            seed="" if seed == "0" else seed,
            **values,
        )
        actions.start_job(audit_form_argv(form))
        notice("The audit has started; no model is changed by it.")
        st.rerun()


def _budget() -> Budget:
    names = [each.name for each in BUDGETS]
    chosen = st.segmented_control("Budget", names, default=names[0], required=True)
    plan = budget(str(chosen))
    st.caption(f"{plan.name.capitalize()}: {plan.summary}.")
    return plan


def cost_sentence(plan: Budget, attacks: tuple[str, ...], runs: Sequence[RunSummary]) -> str:
    """What the audit will cost, before it starts; seconds from earlier audits in this folder."""
    cost = whole_cost(plan, ARMS, attacks) if attacks else whole_cost(plan, ARMS)
    text = f"{count(cost.fits)} fits, about {count(round(cost.passes))} forward passes of a sample"
    rates = [
        run.seconds / float(passes)
        for run in runs
        if run.kind == "audit" and run.status == "done" and run.seconds
        if (passes := (run.metrics.get("budget") or {}).get("passes"))
    ]
    if rates:
        usual = duration(statistics.median(rates) * cost.passes)
        return f"{text}: about {usual} at the pace of earlier audits here."
    known = SHIPPED_SECONDS.get(plan.name)
    if known is not None and set(attacks) == set(plan.attacks):
        return f"{text}: about {duration(known)} for the shipped models on two quiet cores."
    return f"{text}. The time is measured and shown before the first attack starts."
