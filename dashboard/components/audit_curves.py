"""Recovery curves of an audit, live while it runs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.audit.specs import ATTACKS
from analysis.errors import KenshinError
from analysis.report.audit_curves import Marks, recovery_curves
from analysis.report.audit_words import about_facts, decisive
from analysis.runs.run import Run
from dashboard import state
from dashboard.components.chart import chart
from dashboard.components.running import progress_bar
from dashboard.text import say, term

EVERY = 2.0  # seconds between looks
SPLITS = {
    "host": term("same trigger, other functions"),
    "variant": term("other triggers of the kind"),
    "calibrated": term("answers read calibrated"),
    "plain": term("answers read plainly"),
}

GUESSED = 0.1  # how far above chance a model that only guesses may lie
TRIGGER_BACK, ANSWERS_BACK = (
    term("#### Does the trigger come back?"),
    term("#### Do the answers come back?"),
)
TRIGGER_ALT = term(
    "ASR on held-out triggered samples over samples seen, one line per arm with its range"
)
ANSWERS_ALT = term("Right answers on held-out facts over facts seen, one line per arm")


def live_audit(run: Run) -> None:
    """Progress and curves until the run ends; then the page is drawn anew."""
    known = run.status

    @st.fragment(run_every=EVERY)
    def live() -> None:
        now = run.reread()
        if now.status != known:
            st.rerun()
        progress = now.progress()
        if progress is not None:
            progress_bar(progress)
        audit_curves(now, "live")

    live()


def audit_curves(run: Run, key: str) -> None:
    """Curves of the trained attacks, one chosen; nothing before the first reading."""
    try:
        rows = run.table("recovery")  # of a running audit: never from memory
    except (KenshinError, OSError):
        st.caption(say("The first fit is still on its way."))
        return
    trained = rows[rows["learning_rate"] > 0]
    pairs = trained[["attack", "variant"]].drop_duplicates().itertuples(index=False)
    choices = {_label(*pair): tuple(pair) for pair in pairs}
    if not choices:
        return
    chosen = next(iter(choices))
    if len(choices) > 1:
        chosen = st.segmented_control(
            say("Attack"),
            list(choices),
            default=chosen,
            required=True,
            key=f"kenshin_audit_choice_{key}",
        )
    attack, variant = choices[str(chosen)]
    part = trained[(trained["attack"] == attack) & (trained["variant"] == variant)]
    facts = about_facts(run.record.get("metrics") or {})
    st.markdown(say(ANSWERS_BACK if facts else TRIGGER_BACK))
    chart(
        recovery_curves(part, _marks(run, attack, variant), state.theme()),
        f"audit-{key}",
        say(ANSWERS_ALT if facts else TRIGGER_ALT),
    )
    st.caption(caption(part, facts))


def caption(part: pd.DataFrame, facts: bool = False) -> str:
    """What the lines are."""
    fits = part.groupby(["arm", "fold", "seed"]).ngroups // max(part["arm"].nunique(), 1)
    n = int(part["n_v"].max())
    if facts:
        return say(
            "Mean over the fits of each arm ({fits}) at the best setting for each number of facts "
            "seen; bands from the lowest to the highest fit; n {n} held-out facts per fit. Grey: "
            "where a model that only guesses lies.",
            fits=fits,
            n=n,
        )
    return say(
        "Mean over the fits of each arm ({fits}) at the best setting for each number of samples "
        "seen; bands from the lowest to the highest fit; n {n} held-out samples. Grey: "
        "where the control may lie and the budget still tells something. Dotted: the "
        "budget that decided.",
        fits=fits,
        n=n,
    )


def _label(attack: str, variant: str) -> str:
    titles = {spec.name: say(spec.title) for spec in ATTACKS}
    split = SPLITS.get(variant)
    return titles.get(attack, attack) + (f", {say(split)}" if split else "")


def _marks(run: Run, attack: str, variant: str) -> Marks:
    metrics = run.record.get("metrics") or {}
    if about_facts(metrics):
        return Marks(floor=float(metrics["chance"]), near=GUESSED, facts=True)
    control = (metrics.get("before") or {}).get("control") or {}
    floor = (control.get("asr_all") or {}).get("value")
    found = decisive({"audit": _only(metrics, attack, variant)}, attack)
    seen = int(found["samples"]) * int(found["epoch"]) if found else None
    return Marks(floor=floor, decisive=seen)


def _only(metrics: dict, attack: str, variant: str) -> list[dict]:
    """The attack's entry with the decisive budgets of one split."""
    return [
        {**each, "decisive": [c for c in each["decisive"] if c["variant"] == variant]}
        for each in metrics.get("audit") or ()
        if each.get("attack") == attack
    ]
