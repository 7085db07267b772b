"""Not audited until somebody tried to bring the trojan back: the call for it, or what it said."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.report.audit_words import audit_sentence
from analysis.report.safe import escape_markdown
from analysis.runs.jobs import Job
from analysis.runs.run import Run, RunSummary
from dashboard import actions, services, state
from dashboard.chain import audit_of
from dashboard.components.act_button import act_button
from dashboard.components.empty_state import notice
from dashboard.components.running import running_state
from dashboard.components.verdict_card import chip
from dashboard.pages import home_of
from dashboard.text import say, term
from dashboard.unlearn_request import audit_argv

WARNING = term(
    "**Cleaned, not audited.** A removal can merely hide a trojan: a few further training steps "
    "then bring it back. The audit trains both models and a clean control briefly and watches "
    "whether the attack returns."
)


def audit_call(run: Run, runs: Sequence[RunSummary]) -> None:
    """Draw it under the card of a removal."""
    audit = audit_of(run.summary(), runs)
    waiting = _waiting(run)
    if audit is None and not waiting:
        st.warning(say(WARNING), icon=":material/pending:")
        with services.problems():
            if act_button(
                say("Audit now"), type="primary", icon=":material/gavel:", key="kenshin_audit_now"
            ):
                actions.start_job(audit_argv(run.run_id))
                notice(say("The audit has started; it takes a few minutes."))
                st.rerun()
        st.caption(say("Quick budget: a few minutes on two cores. Nothing is changed by an audit."))
    elif audit is None or audit.status == "running":
        st.info(say("Cleaned, not audited yet: the audit is on its way."), icon=":material/gavel:")
        if audit is not None:
            running_state(services.open_run(audit.run_id), compact=True)
    else:
        _result(audit)


def _waiting(run: Run) -> bool:
    """Whether a job that audits this removal is queued or starting."""
    open_jobs = [job for job in actions.job_list() if not job.ended]
    asked = tuple(audit_argv(run.run_id)[:2])
    return any(job.argv[:2] == asked or _will_audit(job, run) for job in open_jobs)


def _will_audit(job: Job, run: Run) -> bool:
    """Whether the removal's own job goes on to audit it: with a clean model to compare with."""
    roles = {str(model.get("role")) for model in run.record["inputs"]["models"]}
    return job.run_id == run.run_id and "--no-audit" not in job.argv and "reference" in roles


def _result(audit: RunSummary) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(say("**Audit**"), width="content")
        chip(audit.answer)
        sentence = audit_sentence(audit.verdict, audit.metrics)
        st.markdown(escape_markdown(sentence), width="content")
        page = home_of("audit")
        if "audit" in page.kinds:
            st.page_link(
                page.path,
                label=say("Look"),
                icon=page.icon,
                query_params=state.run_link(audit.run_id),
            )
