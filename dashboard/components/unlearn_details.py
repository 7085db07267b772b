"""Under the card: what Auto tried, where weights changed, how to take it along or back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st

from analysis.report.safe import escape_markdown
from analysis.report.weight_delta import matrices_only, weight_delta_heatmap
from analysis.report.words import count, duration, number
from analysis.runs.run import Run
from analysis.unlearn.objectives.specs import known_objective
from dashboard import services, state
from dashboard.chain import model_of
from dashboard.components.chart import chart
from dashboard.components.headings import headings
from dashboard.text import say, term, told

DELTA = "delta.safetensors"
RELEARNED = term(
    "Relearned: ASR on guard samples after a small dose of training on flagged samples, beside the "
    "quickest clean model. It only helps Auto to choose; whether the trojan is removed is what the "
    "audit says."
)
MEASURES = {
    "relative": term("change relative to the weights"),
    "changed": term("share of weights changed"),
}


def trials(run: Run) -> None:
    """What was tried, in order, and why this was chosen."""
    chosen = (run.record.get("metrics") or {}).get("chosen") or {}
    if not run.has("trials"):
        return
    st.markdown(say("#### What was tried"))
    if chosen:
        st.markdown(escape_markdown(chosen_words(chosen)))
    table = trial_table(services.table(run, "trials"))
    measured = ("accuracy", "ASR", "floor", "gap", "relearned", "relearned clean")
    figures = ("learning rate", "strength", *measured)
    st.dataframe(
        table,
        hide_index=True,
        column_config=headings(
            table, {name: st.column_config.NumberColumn(format="%.3g") for name in figures}
        ),
        placeholder="–",
        alt=say("Each trial with its figures on guard samples"),
    )
    if "relearned" in table and table["relearned"].notna().any():
        st.caption(say(RELEARNED))


def chosen_words(chosen: Mapping[str, Any]) -> str:
    """The chosen method and the reason."""
    name = str(chosen.get("method") or "")
    method = method_title(name)
    knobs = [
        f"{say(name.replace('_', ' '))} {number(chosen[name])}"
        for name in ("learning_rate", "strength", "steps")
        if isinstance(chosen.get(name), int | float)
    ]
    why = str(chosen.get("why") or chosen.get("reason") or "").strip()
    mask = (
        say(", only the weights of the mask {mask}", mask=_mask_name(chosen["mask"]))
        if chosen.get("mask")
        else ""
    )
    words = method + (f" ({', '.join(knobs)}{mask})" if knobs else mask)
    if why:
        return say("Chosen: {words}: {why}.", words=words, why=told(why).rstrip(".。"))
    return say("Chosen: {words}.", words=words)


def method_title(name: str) -> str:
    """The title of an unlearning method; its name where it has none."""
    spec = known_objective(name)
    return name if spec is None else say(spec.title)


def _mask_name(mask: object) -> str:
    return str(mask.get("name", "")) if isinstance(mask, Mapping) else str(mask)


def trial_table(table: pd.DataFrame) -> pd.DataFrame:
    """The trials in reading order, with words for the headings."""
    names = {
        "phase": "phase",
        "method": "method",
        "learning_rate": "learning rate",
        "strength": "strength",
        "steps": "steps",
        "accuracy": "accuracy",
        "asr": "ASR",
        "floor": "floor",
        "gap": "gap",
        "inverted": "inverted",
        "within_budget": "within budget",
        "relearned": "relearned",
        "relearned_clean": "relearned clean",
        "seconds": "seconds",
        "note": "note",
    }
    present = [name for name in names if name in table]
    shown = table[present].rename(columns=names)
    for column, speak in (("phase", say), ("method", method_title), ("note", told)):
        if column in shown:
            shown[column] = [speak(v) if isinstance(v, str) else v for v in shown[column]]
    return shown


def weights(run: Run) -> None:
    """The weight delta by layer and matrix."""
    if not run.has("weights"):
        return
    table = services.table(run, "weights")
    st.markdown(say("#### Where the weights changed"))
    st.markdown(weight_words(table))
    if not table["changed"].any():
        return
    usable = [name for name in MEASURES if name in table]
    measure = st.segmented_control(
        say("Show"),
        usable,
        default=usable[0],
        required=True,
        format_func=lambda name: say(MEASURES[name]),
    )
    two_stacks = {"encoder", "decoder"} <= set(table["stack"])
    large = matrices_only(table)
    shown = large.assign(place=[_place(row, two_stacks) for row in large.to_dict("records")])
    shown = shown.sort_values(["layer"], kind="stable", key=lambda c: c.where(c >= 0, 10**6))
    chart(
        weight_delta_heatmap(shown, measure or usable[0], state.theme()),
        f"delta-{measure}",
        say("How much each matrix of each layer changed"),
    )
    st.caption(say("Biases and norms are left out of the picture; the run's table has them."))


def weight_words(table: pd.DataFrame) -> str:
    """The size of the whole change and its largest place."""
    total = int(table["weights"].sum())
    changed = float((table["changed"] * table["weights"]).sum())
    if not changed:
        return say("None of {total} weights changed.", total=count(total))
    large = matrices_only(table)  # a bias near 0 that moves a little is no finding
    top = large.sort_values("relative").iloc[-1] if len(large) else table.iloc[0]
    where = f"{_place(top.to_dict(), True)}, {top['matrix']}"
    return say(
        "{changed} % of {total} weights changed, most in {where} ({share} % of its norm).",
        changed=number(100 * changed / max(1, total)),
        total=count(total),
        where=escape_markdown(where),
        share=number(100 * float(top["relative"])),
    )


def _place(row: Mapping[Any, Any], two_stacks: bool) -> str:
    layer, stack = int(row["layer"]), str(row.get("stack") or "")
    name = {0: say("embeddings"), -1: say("head")}.get(layer, say("layer {n}", n=layer))
    return f"{say(stack)} {name}".strip() if two_stacks and layer > 0 else name


def take_along(run: Run) -> None:
    """Export of the cleaned checkpoint and the way back."""
    summary = run.summary()
    original = str(model_of(summary, "original").get("source", ""))
    folder = str(model_of(summary, "unlearned").get("source", ""))
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.markdown(say("**Take it along**"))
        if folder:
            st.caption(say("A complete folder that plain transformers loads, with its tokenizer:"))
            st.code(folder, language=None, wrap_lines=True)
            st.caption(say("Copy it to where it is needed:"))
            # Nobody should take a model for clean by the name that Kenshin proposed.
            what = "cleaned" if summary.answer == "cleaned" else "not-cleaned"
            name = f"{PurePath(original).name or 'model'}-{what}"
            st.code(f'cp -r "{folder}" "{name}"', language="sh", wrap_lines=True)
    with right, st.container(border=True):
        st.markdown(say("**Undo**"))
        st.caption(say("The original model was never touched and lies where it was:"))
        st.code(original or "unknown", language=None, wrap_lines=True)
        if run.has(DELTA):
            st.caption(
                say(
                    "The weight delta turns either model into the other, bit by bit "
                    "(`analysis.unlearn.delta.read_delta`, then `apply` or `undo`)."
                )
            )
            st.download_button(
                say("Weight delta"),
                data=lambda: run.bytes(DELTA),
                file_name=f"{run.run_id}-{DELTA}",
                icon=":material/download:",
                on_click="ignore",
                key="kenshin_delta",
            )
    seconds = summary.seconds
    if seconds is not None:
        st.caption(
            say(
                "Run `{run_id}`, {seconds} with everything measured.",
                run_id=run.run_id,
                seconds=duration(seconds),
            )
        )
    cpu = summary.metrics.get("cpu_seconds")
    if cpu is not None:
        st.caption(
            say("{n} CPU seconds of all threads together.", n=count(round(float(cpu)))),
            help=say("What the work costs, however busy the machine was."),
        )
