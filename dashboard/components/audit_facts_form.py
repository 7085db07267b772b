"""The form of an audit of facts: two language models, a file of questions, the cost before."""

from __future__ import annotations

import streamlit as st

from analysis.audit.specs import FACTS_BUDGETS, FactsBudget, facts_budget
from analysis.report.words import count
from dashboard import actions, services
from dashboard.audit_request import FactsForm, facts_form_argv
from dashboard.components.act_button import act_button
from dashboard.components.empty_state import notice
from dashboard.text import say, term

ARMS = 4  # unlearned, original, control and the copy that is made to hide
FILES = {
    "original": (term("Model before"), term("folder of the model that knows the facts")),
    "unlearned": (term("Model after"), term("folder of the unlearned model")),
    "control": (term("Never-taught control"), term("a model that never saw the facts")),
    "facts": (
        term("Facts to be forgotten"),
        term("path; in the shape of WMDP, TOFU or Deeb & Roger"),
    ),
    "retain": (term("Facts to keep"), term("path; needed for the copy made to hide")),
}


def audit_facts_form() -> None:
    """Draw it; a valid form becomes a job."""
    plan = _budget()
    left, right = st.columns(2)
    values = {}
    for place, (name, (label, hint)) in enumerate(FILES.items()):
        side = right if place % 2 else left
        values[name] = side.text_input(
            say(label), placeholder=say(hint), key=f"kenshin_facts_{name}"
        )
    st.caption(facts_cost(plan))
    if not act_button(
        say("Start audit"), type="primary", icon=":material/gavel:", key="kenshin_facts_start"
    ):
        return
    with services.problems():
        actions.start_job(facts_form_argv(FactsForm(budget=plan.name, **values)))
        notice(say("The audit has started; no model is changed by it."))
        st.rerun()


def _budget() -> FactsBudget:
    names = [each.name for each in FACTS_BUDGETS]
    chosen = st.segmented_control(
        say("Budget"),
        names,
        default=names[0],
        required=True,
        format_func=say,
        key="kenshin_facts_budget",
    )
    plan = facts_budget(str(chosen))
    st.caption(
        say("{name}: {summary}.", name=say(plan.name).capitalize(), summary=say(plan.summary))
    )
    return plan


def facts_cost(plan: FactsBudget) -> str:
    """What the audit will cost, before it starts."""
    return say(
        "{fits} fits of {epochs} epochs each on the facts that are not asked, after asking every "
        "model in seven ways. The time is measured and shown before the first fit starts.",
        fits=count(plan.fits(plan.folds, ARMS)),
        epochs=plan.epochs,
    )
