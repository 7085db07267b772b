"""The form of a new inspection: two models, samples, and the knobs folded away."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import streamlit as st

from analysis.config import DEVICES, HEADS, POOLINGS, PRECISIONS, PROJECTIONS
from analysis.report.words import duration
from analysis.runs.run import RunSummary
from dashboard import actions, services
from dashboard.components.empty_state import notice
from dashboard.requests import InspectForm, inspect_argv

KINDS = {
    "same-task": "a clean fine-tune of the same task",
    "base": "only the pretrained start (drift is expected)",
}
FILES = ("jsonl", "json", "csv", "tsv", "parquet", "gz")


def inspect_form(runs: Sequence[RunSummary]) -> None:
    """Draw the form; a valid one becomes a job."""
    with st.form("kenshin_inspect", border=False, enter_to_submit=False):
        left, right = st.columns(2)
        suspect = left.text_input("Suspect model", placeholder="folder of the model to examine")
        reference = right.text_input(
            "Reference model", placeholder="folder of a clean model of the same shape"
        )
        samples = left.text_input(
            "Samples file", placeholder="path of a JSONL, CSV, TSV or Parquet file"
        )
        kind = right.selectbox("The reference is", list(KINDS), format_func=KINDS.__getitem__)
        upload = left.file_uploader("or upload samples", type=FILES)
        with right:
            st.caption(
                "More files make the answer stronger: clean samples you vouch for, a held-out "
                "test set, and the same set with the suspected trigger."
            )
            trusted = st.text_input("Trusted samples (optional)", placeholder="path")
            test = st.text_input("Test set (optional)", placeholder="path")
            triggered = st.text_input("Test set with trigger (optional)", placeholder="path")
        options, controls, switches = _advanced()
        st.caption(cost_sentence(runs))
        if not st.form_submit_button(
            "Start inspection", type="primary", icon=":material/play_arrow:"
        ):
            return
    with services.problems():
        if upload is not None:
            samples = str(actions.keep_upload(upload.name, upload))
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
        notice("The inspection has started; its progress is under Jobs.")
        st.rerun()


def _advanced() -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    with st.expander("Advanced"):
        one, two, three = st.columns(3)
        options = {
            "layers": one.text_input("Layers", "all", help="all, 0,3,6-12 or decoder:1-3"),
            "pooling": ",".join(
                one.multiselect("Pooling", POOLINGS, ["cls", "mean"], help="How tokens are joined")
            ),
            "projection": ",".join(one.multiselect("Maps", PROJECTIONS, ["pca", "umap"])),
            "device": two.selectbox("Device", DEVICES),
            "precision": two.selectbox("Precision", PRECISIONS),
            "head": two.selectbox("Head", HEADS, help="How predictions are read"),
            "max-samples": three.text_input("At most so many samples", placeholder="all"),
            "max-length": three.text_input("Window in tokens", placeholder="the model's own"),
            "seed": three.text_input("Seed", "0"),
            "label-words": one.text_input("Label words", placeholder="0=false,1=true"),
            "prefix": two.text_input("Prefix before every sample"),
        }
        controls = three.text_area(
            "Further clean models (one folder a line)",
            height=70,
            help="Two clean models show how much clean models differ by themselves.",
        )
        switches = []
        if st.checkbox("Collapse whitespace before tokenising"):
            switches.append("collapse-whitespace")
        if st.checkbox("Read pickle weights after a scan", help="Weights only, never code."):
            switches.append("allow-pickle")
    folders = tuple(line.strip() for line in controls.splitlines() if line.strip())
    return options, folders, tuple(switches)


def cost_sentence(runs: Sequence[RunSummary]) -> str:
    """What an inspection costs, from the finished ones in this folder."""
    passes = "Each sample costs one forward pass per model, plus a few hundred probes."
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
        return f"{passes} The time is measured and shown before the reading starts."
    usual = duration(statistics.median(rates) * 1000)
    return f"{passes} Earlier inspections here took about {usual} per 1,000 samples."
