"""The column that is the same on every screen: where am I, which run, what else is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path, PurePath

import streamlit as st

from analysis.report.words import answer_word
from analysis.runs.run import Run, RunSummary
from dashboard import services, state
from dashboard.chain import shown_answer
from dashboard.components.account import account_box
from dashboard.components.language import language_choice
from dashboard.components.page_style import page_style
from dashboard.components.tour import tour
from dashboard.pages import PAGES
from dashboard.text import say

ASSETS = Path(__file__).parent / "assets"
ICON = (ASSETS / "icon.svg").read_text("utf-8")
PICKER = "kenshin_run_picker"
CLEANED_MODELS = ".models"  # below the runs folder


def sidebar() -> tuple[RunSummary, ...]:
    """Draw it and hand back every run, newest first."""
    runs = services.summaries()
    page_style()
    with st.sidebar:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.image(ICON, width=34, alt="Kenshin")
            st.markdown("### Kenshin", width="content")
        st.caption(say("Health check-up for code models"))
        _picker([run for run in runs if run.kind])
        for page in PAGES:
            st.page_link(
                page.path,
                label=say(page.title),
                icon=page.icon,
                query_params=state.link_params(),
                width="stretch",
            )
        state.links_drawn()
        st.space("small")
        language_choice()
        account_box()
        st.caption(
            say("Runs folder: `{name}`", name=services.runs_root().name),
            help=str(services.runs_root()),
        )
    tour()
    return runs


def sidebar_of(choose: Callable[[], Run | None]) -> Run | None:
    """Choose the screen's run first, so that the column names it; draw the column in any case.

    Args:
        choose: opens the run of the address, else the one that the screen begins with.

    Raises:
        KenshinError: of `choose`; the way to the other screens is drawn all the same.
    """
    try:
        run = choose()
        if run is not None:
            state.put(state.RUN, run.run_id)
        return run
    finally:
        sidebar()


def _picker(runs: Sequence[RunSummary]) -> None:
    ids = [run.run_id for run in runs]
    if not ids:
        return
    names = run_labels(runs)
    current = next(
        (i for i in ids if state.get(state.RUN) and i.startswith(state.get("run"))), None
    )
    state.show_in(PICKER, current, names.get(current or "", ""))
    st.selectbox(
        say("Run"),
        ids,
        key=PICKER,
        format_func=names.__getitem__,
        placeholder=say("Choose a run"),
        on_change=_picked,
        args=(frozenset(ids),),
        index=None,
    )


def _picked(known: Collection[str]) -> None:
    chosen = st.session_state.get(PICKER)
    if chosen in known:  # else words that a run had before it ended
        state.open_run(chosen)


def run_labels(runs: Sequence[RunSummary]) -> dict[str, str]:
    """run_id -> a line for a list: suspect model, answer, when.

    No two are alike: the browser names a choice by its label, so that twins would be confused.
    """
    labels = {run.run_id: _label(run, runs) for run in runs}
    seen = Counter(labels.values())
    return {
        run_id: label if seen[label] == 1 else f"{label} · {run_id[-8:]}"
        for run_id, label in labels.items()
    }


def _label(run: RunSummary, runs: Sequence[RunSummary]) -> str:
    word = answer_word(shown_answer(run, runs)).lower()
    return f"{subject(run)} · {word} · {moment(run.created)[5:]}"


def subject(run: RunSummary) -> str:
    """What a run is about: its suspect model, else its first model, else its sample file."""
    kind = "" if run.kind == "inspect" else f"{say(run.kind)} "
    for role in ("suspect", "original", *(str(model.get("role")) for model in run.models)):
        name = model_name(run, role)
        if name != "–":
            return f"{kind}{name}"
    source = str(run.samples[0].get("source", "")) if run.samples else ""
    return f"{kind}{PurePath(source).name or '–'}"


def model_name(run: RunSummary, role: str) -> str:
    """Folder name of the model in `role`, "–" where the run has none."""
    for model in run.models:
        if model.get("role") == role:
            return _short(PurePath(str(model.get("source", "")))) or "–"
    return "–"


def _short(source: PurePath) -> str:
    """The folder's name; a model that Kenshin cleaned is known by the end of its run's id."""
    if source.parent.name == CLEANED_MODELS:
        return say("cleaned {id}", id=source.name[-8:])
    return source.name


def moment(created: str) -> str:
    """The minute of an ISO 8601 moment, as written (UTC)."""
    return created[:16].replace("T", " ")
