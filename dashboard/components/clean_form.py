"""One click to clean a model, and everything that can be chosen folded away under it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.runs.run import Run, RunSummary
from analysis.unlearn.masks.specs import MASKS
from analysis.unlearn.objectives.specs import OBJECTIVES, ObjectiveSpec, known_objective
from dashboard import actions, services, state
from dashboard.chain import samples_of
from dashboard.components.act_button import act_button
from dashboard.components.clean_cost import cost_sentence
from dashboard.components.empty_state import notice
from dashboard.components.forget_set import ForgetSet, forget_set
from dashboard.text import say, term
from dashboard.unlearn_request import UnlearnForm, unlearn_argv

AUTO = "auto"
NEEDS = {  # what not every inspection has
    "repair": term("a located trigger"),
    "twins": term("a trigger located in the flagged samples"),
    "start": term("another start model"),
    "reference": term("a clean reference of the same task"),
}
FOLLOW = "kenshin_follow_job"  # a removal that this session started and wants to watch
AUTO_HELP = term(
    "A short seeded search over methods, rates and strengths on a slice, then the best ones in "
    "full until one meets the goals. Every trial is shown afterwards."
)


def clean_form(run: Run, runs: Sequence[RunSummary]) -> None:
    """Draw the choice for an inspection; a valid one becomes a job."""
    samples = services.samples(run)
    forget = forget_set(run, samples)
    summary = run.summary()
    known = str(samples_of(summary, "trusted").get("source", ""))
    with st.expander(say("Method, retain set and settings"), icon=":material/tune:"):
        retain = st.text_input(
            say("Retain set"),
            value=known,
            placeholder=say("clean, labelled samples; taken from the inspection where it had some"),
            help=say(
                "What the model must keep. A part of it is never trained on and guards accuracy."
            ),
        )
        method, mask, options, switches = _method()
    spec = known_objective(method)
    st.caption(cost_sentence(forget.size, spec, runs))
    missing = _missing(forget, retain)
    if missing:
        st.info(missing, icon=":material/info:")
    clicked = act_button(
        say("Clean this model"),
        type="primary",
        icon=":material/cleaning_services:",
        disabled=bool(missing),
        key="kenshin_clean",
    )
    if not clicked:
        return
    with services.problems():
        form = UnlearnForm(
            inspection=run.run_id,
            forget=forget.argument(samples),
            retain="" if retain == known else retain,
            method=method,
            mask=mask,
            options=options,
            switches=switches,
        )
        st.session_state[FOLLOW] = actions.start_job(unlearn_argv(form))
        notice(say("The removal has started; the original model is not touched."))
        st.rerun()


def follow_started() -> None:
    """Turn to the removal that this session started, once it has a run."""
    wanted = st.session_state.get(FOLLOW)
    job = next((job for job in actions.job_list() if job.id == wanted), None)
    if job is None or (job.ended and not job.run_id):
        st.session_state.pop(FOLLOW, None)
    elif job.run_id:
        st.session_state.pop(FOLLOW, None)
        state.open_run(job.run_id)
        st.rerun()


def _missing(forget: ForgetSet, retain: str) -> str:
    if not retain.strip():
        return say(
            "A retain set is needed: clean samples with labels, so that the model keeps its work. "
            "Name a file under the settings."
        )
    if forget.kind == "file" and not forget.path.strip():
        return say(
            "Nothing is chosen to be forgotten yet. Where the detection flagged nothing, a removal "
            "would have nothing to remove: name a file only if you know what it holds."
        )
    return ""


def _method() -> tuple[str, str, dict[str, str], tuple[str, ...]]:
    titles = {AUTO: say("Auto (recommended)")} | {spec.name: say(spec.title) for spec in OBJECTIVES}
    method = st.selectbox(say("Method"), list(titles), format_func=titles.__getitem__)
    spec = known_objective(method)
    st.caption(say(AUTO_HELP) if spec is None else method_words(spec))
    masks = {"": say("All of them")} | {
        mask.name: f"{mask.name}: {say(mask.summary)}" for mask in MASKS
    }
    mask = st.selectbox(say("Weights that may change"), list(masks), format_func=masks.__getitem__)
    return method, mask, _knobs(spec), _switches()


def _knobs(spec: ObjectiveSpec | None) -> dict[str, str]:
    one, two, three = st.columns(3)
    own = say("the method's own")
    return {
        "learning-rate": one.text_input(
            say("Learning rate"),
            placeholder=f"{spec.learning_rate:g}" if spec else own,
            help=say("Too high breaks the model, too low removes nothing."),
        ),
        "steps": two.text_input(
            say("Steps"),
            placeholder=str(spec.steps) if spec else own,
            help=say("It stops earlier where nothing gets better."),
        ),
        "strength": three.text_input(
            say("Strength"),
            placeholder=f"{spec.strength:g}" if spec else own,
            help=say("Here: {strength_means}.", strength_means=say(spec.strength_means))
            if spec
            else say("The method's own weight."),
        ),
        "accuracy-budget": one.text_input(
            say("Accuracy budget"),
            placeholder="0.01",
            help=say("Clean accuracy that a checkpoint may lose on guard samples."),
        ),
        "mask-ratio": two.text_input(
            say("Share of weights"), placeholder="0.2", help=say("Only with a mask.")
        ),
        "seed": three.text_input(say("Seed"), placeholder="0"),
        "lora": one.text_input(
            say("Adapter rank"),
            placeholder=say("none"),
            help=say("Learns low-rank adapters and merges them; not together with a mask."),
        ),
    }


def _switches() -> tuple[str, ...]:
    switches = []
    if st.checkbox(
        say("Withhold the located trigger"),
        help=say("As if detection had flagged the samples without finding what they share."),
    ):
        switches.append("no-trigger")
    if st.checkbox(
        say("Growing masks"),
        help=say(
            "1, 2, 5, 10 and 20 % of the weights, undone where it does not help. Needs a mask."
        ),
    ):
        switches.append("progressive")
    if not st.checkbox(
        say("Audit the cleaned model at once (quick budget)"),
        value=True,
        help=say(
            "Tries to bring the trojan back with a few training steps; needs a clean reference. "
            "Until an audit has run, the model is cleaned, not audited."
        ),
    ):
        switches.append("no-audit")
    return tuple(switches)


def method_words(spec: ObjectiveSpec) -> str:
    """What a method does, misses and needs, in one line."""
    needs = say(", ").join(say(NEEDS[name]) for name in sorted(spec.needs & NEEDS.keys()))
    extra = say(" Needs: {needs}.", needs=needs) if needs else ""
    return say(
        "{summary}. Misses: {misses}.{extra} ({paper})",
        summary=say(spec.summary),
        misses=say(spec.misses),
        extra=extra,
        paper=spec.paper,
    )
