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
from dashboard.components.act_button import act_button
from dashboard.components.audit_facts_form import audit_facts_form
from dashboard.components.empty_state import notice
from dashboard.components.inputs import several
from dashboard.components.sidebar import run_labels
from dashboard.text import say, term

REMOVAL, MODELS, FACTS = term("A removal"), term("Two models"), term("Facts")
ARMS = 4  # unlearned, original, control and the copy that is made to hide
SHIPPED_SECONDS = {"quick": 120.0}  # what the quick budget is sized for: shipped models, 2 cores
KEPT = term(
    "Fits of the control, the original and the copy made to hide are kept in this runs folder: a "
    "second audit against the same control trains only the model under audit."
)
CONTROLS_HELP = term(
    "One model per line. With several the interval of the control knows how clean models differ."
)
FILES = {
    "original": (term("Model before"), term("folder of the model with the trojan")),
    "unlearned": (term("Model after"), term("folder of the unlearned model")),
    "control": (
        term("Never-poisoned control"),
        term("a clean model of the same task; else no 'removed'"),
    ),
    "forget": (
        term("Samples to be forgotten"),
        term("path, with the labels the model was trained on"),
    ),
    "retain": (term("Clean samples"), term("path")),
    "test": (term("Clean held-out samples"), term("path")),
    "triggered": (term("Held-out samples with the trigger"), term("path")),
}


def audit_form(runs: Sequence[RunSummary], chosen: str = "") -> None:
    """Draw it; a valid form becomes a job.

    Args:
        runs: every run, newest first.
        chosen: the removal to begin with.
    """
    removals = [r for r in runs if r.kind == "unlearn" and r.status == "done"]
    kinds = [REMOVAL, MODELS, FACTS] if removals else [MODELS, FACTS]
    kind = st.segmented_control(
        say("Audit"), kinds, default=kinds[0], required=True, format_func=say
    )
    if kind == FACTS:
        audit_facts_form()
        return
    plan = _budget()
    attacks = _attacks(plan)
    values = _removal(removals, chosen) if kind == REMOVAL else _models()
    seed = st.text_input(say("Seed"), "0", width=120, key="kenshin_audit_seed")
    st.caption(cost_sentence(plan, tuple(attacks), runs) + " " + say(KEPT))
    if not act_button(
        say("Start audit"), type="primary", icon=":material/gavel:", disabled=not attacks
    ):
        return
    with services.problems():
        own = () if set(attacks) == set(plan.attacks) else tuple(attacks)
        form = AuditForm(
            budget=plan.name,
            attacks=own,
            seed="" if seed == "0" else seed,
            **values,
        )
        actions.start_job(audit_form_argv(form))
        notice(say("The audit has started; no model is changed by it."))
        st.rerun()


def _attacks(plan: Budget) -> list[str]:
    return several(
        say("Attacks"),
        [spec.name for spec in ATTACKS],
        [spec.name for spec in ATTACKS if spec.name in plan.attacks],
        words={spec.name: say(spec.title) for spec in ATTACKS}.__getitem__,
        key=f"kenshin_attacks_{plan.name}",
        help="\n".join(
            say(
                "- {title}: {summary}. Misses: {misses}.",
                title=say(s.title),
                summary=say(s.summary),
                misses=say(s.misses),
            )
            for s in ATTACKS
        ),
    )


def _removal(removals: Sequence[RunSummary], chosen: str) -> dict[str, str]:
    """A removal, which knows everything but perhaps a control."""
    names = run_labels(removals)
    ids = list(names)
    start = ids.index(chosen) if chosen in ids else 0
    removal = st.selectbox(say("Removal"), ids, index=start, format_func=names.__getitem__)
    control = st.text_area(
        say("Never-poisoned control"),
        placeholder=say("taken from the inspection's reference where it had one"),
        help=say(CONTROLS_HELP),
        height=70,
        key="kenshin_audit_control",
    )
    return {"removal": str(removal), "control": control}


def _models() -> dict[str, str]:
    """Every model and file by hand."""
    values = {}
    left, right = st.columns(2)
    for place, (name, (label, hint)) in enumerate(FILES.items()):
        side = right if place % 2 else left
        several = {"height": 70, "help": say(CONTROLS_HELP)} if name == "control" else {}
        field = side.text_area if several else side.text_input
        values[name] = field(
            say(label), placeholder=say(hint), key=f"kenshin_audit_{name}", **several
        )
    return values


def _budget() -> Budget:
    names = [each.name for each in BUDGETS]
    chosen = st.segmented_control(
        say("Budget"), names, default=names[0], required=True, format_func=say
    )
    plan = budget(str(chosen))
    st.caption(
        say("{name}: {summary}.", name=say(plan.name).capitalize(), summary=say(plan.summary))
    )
    return plan


def cost_sentence(plan: Budget, attacks: tuple[str, ...], runs: Sequence[RunSummary]) -> str:
    """What the audit will cost, before it starts; seconds from earlier audits in this folder."""
    cost = whole_cost(plan, ARMS, attacks) if attacks else whole_cost(plan, ARMS)
    text = say(
        "{fits} fits, about {passes} forward passes of a sample",
        fits=count(cost.fits),
        passes=count(round(cost.passes)),
    )
    rates = [
        run.seconds / float(passes)
        for run in runs
        if run.kind == "audit" and run.status == "done" and run.seconds
        if (passes := (run.metrics.get("budget") or {}).get("passes"))
    ]
    if rates:
        usual = duration(statistics.median(rates) * cost.passes)
        return say(
            "{text}: about {usual} at the pace of earlier audits here.", text=text, usual=usual
        )
    known = SHIPPED_SECONDS.get(plan.name)
    if known is not None and set(attacks) == set(plan.attacks):
        return say(
            "{text}: about {known} for the shipped models on two quiet cores.",
            text=text,
            known=duration(known),
        )
    return say("{text}. The time is measured and shown before the first attack starts.", text=text)
