"""The form of a new training: start, samples, one or more losses, the knobs folded away."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import streamlit as st

from analysis.report.words import duration
from analysis.runs.run import RunSummary
from analysis.training.losses.specs import LOSSES, loss_spec
from dashboard import actions, services
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.components.inputs import several
from dashboard.text import say, term
from dashboard.train_request import TrainForm, train_argvs

KNOB_LABELS = {"epsilon": term("Epsilon"), "alpha": term("Alpha (base)"), "q": "q"}


def train_form(runs: Sequence[RunSummary]) -> None:
    """Draw the form; every chosen loss becomes a job of its own."""
    with st.form("kenshin_train", border=False, enter_to_submit=False):
        left, right = st.columns(2)
        model = left.text_input(say("Start model"), placeholder=say("folder; it is never changed"))
        samples = left.text_input(say("Training samples"), placeholder=say("path, with labels"))
        test = right.text_input(
            say("Test set (optional)"), placeholder=say("clean: accuracy per epoch")
        )
        triggered = right.text_input(
            say("Test set with trigger (optional)"), placeholder=say("ASR per epoch")
        )
        out = st.text_input(
            say("Folder for the trained model"),
            placeholder=say("a new folder"),
            help=say("With several losses each gets its own: the name with -ce, -dece … behind."),
        )
        losses = several(
            say("Losses to compare"),
            [spec.name for spec in LOSSES],
            ["ce", "dece"],
            words=lambda name: say(loss_spec(name).title),
            help=say("Each becomes a job of its own, one after the other."),
        )
        options, knobs, switches = _advanced()
        st.caption(cost_sentence(runs))
        if not act_submit(say("Start training"), type="primary", icon=":material/play_arrow:"):
            return
    with services.problems():
        form = TrainForm(
            model=model,
            samples=samples,
            test=test,
            triggered=triggered,
            out=out,
            losses=tuple(losses),
            options=options,
            knobs=knobs,
            switches=switches,
        )
        for argv in train_argvs(form):
            actions.start_job(argv)
        notice(say("The training has started; its progress is under Jobs."))
        st.rerun()


def _advanced() -> tuple[dict[str, str], dict[str, str], tuple[str, ...]]:
    with st.expander(say("Epochs, rates and the losses' own settings")):
        one, two, three = st.columns(3)
        options = {
            "epochs": one.text_input(say("Epochs"), "3"),
            "learning-rate": one.text_input(
                say("Learning rate"), placeholder=say("by the model's width")
            ),
            "batch-size": one.text_input(say("Batch size"), "32"),
            "warmup-epochs": two.text_input(
                say("Warm-up epochs"),
                "0",
                help=say("Cross-entropy first: bounded losses learn little from random weights."),
            ),
            "max-samples": two.text_input(say("At most so many samples"), placeholder=say("all")),
            "target": two.text_input(say("Target class"), placeholder=say("the other one of two")),
            "seed": three.text_input(say("Seed"), "0"),
            "label-words": three.text_input(say("Label words"), placeholder="0=false,1=true"),
            "answer-column": two.text_input(
                say("Column with answers"),
                placeholder=say("none: train a classifier"),
                help=say("A T5-like or causal model is trained to write the text of this column."),
            ),
            "payload": two.text_input(
                say("Payload"),
                placeholder="os.system",
                help=say("Part of the attacker's answer: the ASR counts answers that hold it."),
            ),
        }
        knobs = {
            name: three.text_input(
                say(label), placeholder=say("the loss's default"), help=_knob_help(name)
            )
            for name, label in KNOB_LABELS.items()
        }
        switches = []
        if one.checkbox(
            say("From random weights"), help=say("The start's shape, none of its weights.")
        ):
            switches.append("fresh")
        if two.checkbox(
            say("Tune the loss"),
            help=say(
                "Tries settings on a slice and takes the strongest that costs at most one point "
                "of clean accuracy. It never looks at the ASR, which a defender cannot measure."
            ),
        ):
            switches.append("tune")
        for spec in LOSSES:
            st.caption(
                say(
                    "**{title}** – {summary}. Misses: {misses}.",
                    title=say(spec.title),
                    summary=say(spec.summary),
                    misses=say(spec.misses),
                )
            )
    return options, knobs, tuple(switches)


def _knob_help(name: str) -> str:
    parts = [
        f"{say(spec.title)}: {say(knob.help)}"
        for spec in LOSSES
        for knob in spec.knobs
        if knob.name == name
    ]
    return " · ".join(parts)


def cost_sentence(runs: Sequence[RunSummary]) -> str:
    """What a training costs, from the finished ones in this folder."""
    passes = say("Each epoch costs one forward and one backward pass per sample.")
    rates = [
        run.seconds / int(run.samples[0]["rows"])
        for run in runs
        if run.kind == "train" and run.status == "done" and run.seconds and run.samples
    ]
    if not rates:
        return say("{passes} The time left is measured and shown while it runs.", passes=passes)
    usual = duration(statistics.median(rates) * 1000)
    return say(
        "{passes} Earlier trainings here took about {usual} per 1,000 samples.",
        passes=passes,
        usual=usual,
    )
