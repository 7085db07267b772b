"""How far a run is, on the screens that wait for it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.report.words import duration, number, share
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from dashboard.text import say, told

EVERY = 1.0  # seconds between looks


def running_state(run: Run, *, compact: bool = False, follow: Sequence[str] = ()) -> None:
    """Live progress; the whole page is drawn anew once the run gets further or ends.

    Args:
        run: that still runs.
        compact: leave out which tables are ready.
        follow: tables that are written again while it runs, such as a history.
    """
    known = _stand(run, follow)

    @st.fragment(run_every=EVERY)
    def live() -> None:
        now = run.reread()
        if _stand(now, follow) != known:
            st.rerun()
        progress = now.progress()
        if progress is None:
            st.info(say("This run has just begun."), icon=":material/hourglass_top:")
        else:
            progress_bar(progress)
        if not compact:
            ready = ", ".join(say(name) for name in now.tables) or say("nothing")
            st.caption(say("Ready so far: {ready}. This page follows by itself.", ready=ready))

    live()


def _stand(run: Run, follow: Sequence[str]) -> tuple[object, ...]:
    """What must stay as it is for the page to stay as it is."""
    files = {f"{name}.parquet" for name in follow}
    contents = [entry["sha256"] for entry in run.record["artifacts"] if entry["name"] in files]
    return (run.status, run.tables, contents)


def progress_bar(progress: Progress) -> None:
    """One bar with stage, rate and time left in words."""
    st.progress(progress.fraction or 0.0, text=progress_words(progress))


def progress_words(progress: Progress) -> str:
    """Such as "extract: 41 % · 312 per second · 1 min 20 s left"."""
    stage = progress.stage.replace("_", " ")
    stage = told(stage[:1].upper() + stage[1:])  # capitals inside a name stay
    parts = []
    if progress.fraction is not None:
        parts.append(f"{progress.fraction:.0%}")
        if progress.total and progress.total > 1:
            parts.append(share(int(progress.done), int(progress.total)))
    if progress.rate and progress.rate >= 0.5:
        parts.append(say("{rate} per second", rate=number(progress.rate)))
    if progress.seconds_left is not None:
        parts.append(say("{time} left", time=duration(progress.seconds_left)))
    return f"{stage}: {' · '.join(parts)}" if parts else f"{stage} …"
