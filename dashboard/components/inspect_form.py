"""The form of a new inspection: two models, samples, and the knobs folded away."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import streamlit as st

from analysis.config import DEVICES, HEADS, POOLINGS, PRECISIONS, PROJECTIONS
from analysis.report.words import duration
from analysis.runs.run import RunSummary
from dashboard import actions, services
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.components.inputs import several, upload
from dashboard.requests import InspectForm, inspect_argv
from dashboard.text import say, term

KINDS = {
    "same-task": term("a clean fine-tune of the same task"),
    "base": term("only the pretrained start (drift is expected)"),
}
FILES = ("jsonl", "json", "csv", "tsv", "parquet", "gz")


def inspect_form(runs: Sequence[RunSummary]) -> None:
    """Draw the form; a valid one becomes a job."""
    with st.form("kenshin_inspect", border=False, enter_to_submit=False):
        left, right = st.columns(2)
        suspect = left.text_input(
            say("Suspect model"), placeholder=say("folder of the model to examine")
        )
        reference = right.text_input(
            say("Reference model"), placeholder=say("folder of a clean model of the same shape")
        )
        samples = left.text_input(
            say("Samples file"), placeholder=say("path of a JSONL, CSV, TSV or Parquet file")
        )
        kind = right.selectbox(
            say("The reference is"), list(KINDS), format_func=lambda each: say(KINDS[each])
        )
        file = upload(say("or upload samples"), FILES, place=left)
        with right:
            st.caption(
                say(
                    "More files make the answer stronger: clean samples you vouch for, a held-out "
                    "test set, and the same set with the suspected trigger."
                )
            )
            trusted = st.text_input(say("Trusted samples (optional)"), placeholder=say("path"))
            test = st.text_input(say("Test set (optional)"), placeholder=say("path"))
            triggered = st.text_input(
                say("Test set with trigger (optional)"), placeholder=say("path")
            )
        options, controls, switches = _advanced()
        st.caption(cost_sentence(runs))
        if not act_submit(say("Start inspection"), type="primary", icon=":material/play_arrow:"):
            return
    with services.problems():
        if file is not None:
            samples = str(actions.keep_upload(file.name, file))
        form = InspectForm(
            suspect=suspect,
            reference=reference,
            reference_kind=kind,
            samples=samples,
            test=test,
            triggered=triggered,
            trusted=trusted,
            controls=controls,
            options=options,
            switches=switches,
        )
        actions.start_job(inspect_argv(form))
        notice(say("The inspection has started; its progress is under Jobs."))
        st.rerun()


def _advanced() -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    with st.expander(say("Advanced")):
        one, two, three = st.columns(3)
        options = {
            "layers": one.text_input(
                say("Layers"), "all", help=say("all, 0,3,6-12 or decoder:1-3")
            ),
            "pooling": ",".join(
                several(
                    say("Pooling"),
                    POOLINGS,
                    ["cls", "mean"],
                    place=one,
                    help=say("How tokens are joined"),
                )
            ),
            "projection": ",".join(several(say("Maps"), PROJECTIONS, ["pca", "umap"], place=one)),
            "device": two.selectbox(say("Device"), DEVICES),
            "precision": two.selectbox(say("Precision"), PRECISIONS),
            "head": two.selectbox(say("Head"), HEADS, help=say("How predictions are read")),
            "max-samples": three.text_input(say("At most so many samples"), placeholder=say("all")),
            "max-length": three.text_input(
                say("Window in tokens"), placeholder=say("the model's own")
            ),
            "seed": three.text_input(say("Seed"), "0"),
            "label-words": one.text_input(say("Label words"), placeholder="0=false,1=true"),
            "prefix": two.text_input(say("Prefix before every sample")),
        }
        controls = three.text_area(
            say("Further clean models (one folder a line)"),
            height=70,
            help=say("Two clean models show how much clean models differ by themselves."),
        )
        switches = []
        if st.checkbox(say("Collapse whitespace before tokenising")):
            switches.append("collapse-whitespace")
        if st.checkbox(
            say("Read pickle weights after a scan"), help=say("Weights only, never code.")
        ):
            switches.append("allow-pickle")
    folders = tuple(line.strip() for line in controls.splitlines() if line.strip())
    return options, folders, tuple(switches)


def cost_sentence(runs: Sequence[RunSummary]) -> str:
    """What an inspection costs, from the finished ones in this folder."""
    passes = say("Each sample costs one forward pass per model, plus a few hundred probes.")
    rates = [
        run.seconds / int(run.samples[0]["rows"])
        for run in runs
        if run.kind == "inspect"
        and run.status == "done"
        and run.seconds
        and run.samples
        and run.samples[0].get("rows")
    ]
    if not rates:
        return say(
            "{passes} The time is measured and shown before the reading starts.", passes=passes
        )
    usual = duration(statistics.median(rates) * 1000)
    return say(
        "{passes} Earlier inspections here took about {usual} per 1,000 samples.",
        passes=passes,
        usual=usual,
    )
