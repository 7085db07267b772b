"""What a chain says, as values: its answer, its trigger, its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pandas as pd

from analysis.report.behaviour_words import Figure
from analysis.report.document.blocks import Tone
from analysis.report.document.chain import Chain
from analysis.report.document.release import Release, release_of
from analysis.report.document.sources import behaviours, samples
from analysis.report.words import TriggerText, trigger_text
from analysis.runs.run import Run

TONES: Mapping[str, Tone] = {
    "found": "bad",
    "present": "bad",
    "hidden": "bad",
    "inverted": "bad",
    "not_cleaned": "bad",
    "still_found": "bad",
    "not_found": "good",
    "removed": "good",
    "inconclusive": "caution",
    "unclear": "caution",
    "cleaned": "caution",
    "declined": "caution",
    "contradiction": "caution",
}
ANSWERS = {
    "inspect": ("found", "not_found", "inconclusive"),
    "scan": ("found", "not_found", "inconclusive"),
    "unlearn": ("cleaned", "inverted", "not_cleaned", "declined"),
    "audit": ("present", "removed", "hidden", "unclear"),
}


@dataclass(frozen=True)
class Facts:
    """The values that page 1, the sentences, the findings and the policy speak of.

    Attributes:
        answer: the headline, a key of `TONES`, or failed, cancelled, none.
        deciding: the run that the headline comes from.
        model: answer of the inspection about the model; empty without one.
        data: answer about the samples; empty without one.
        trigger: what was located, if anything.
        frame: samples with their ranking, most suspicious first; None without any.
        figures: role -> behaviour figures as recorded.
        release: who vouched for the model, and how long the trail is.
    """

    chain: Chain
    answer: str
    deciding: Run
    model: str
    data: str
    trigger: TriggerText | None
    frame: pd.DataFrame | None
    figures: Mapping[str, Mapping[str, Any]]
    release: Release

    @property
    def tone(self) -> Tone:
        """How good or bad the headline is."""
        return TONES.get(self.answer, "neutral")

    @property
    def headline(self) -> str:
        """The answer as a key of what is said about it: a scan speaks of samples only."""
        if self.chain.inspection is None and self.deciding.kind == "scan":
            return f"scan_{self.answer}" if self.answer in ANSWERS["scan"] else self.answer
        if self.answer == "not_found" and self.data == "found":
            return "not_found_data"
        return self.answer

    @property
    def total(self) -> int:
        """Samples of the inspection or scan."""
        return 0 if self.frame is None else len(self.frame)

    @property
    def flagged(self) -> int:
        """How many of them are flagged."""
        return 0 if self.frame is None else int(self.frame["flagged"].sum())

    def figure(self, role: str, name: str) -> Figure:
        """One behaviour figure; all None where it was not measured."""
        found = (self.figures.get(role) or {}).get(name) or {}
        return Figure(found.get("value"), found.get("low"), found.get("high"), found.get("n"))


def facts_of(chain: Chain) -> Facts:
    """Gather the facts of a chain."""
    evidence = chain.evidence
    frame = samples(evidence)
    verdict = verdict_of(evidence)
    trigger = None
    if frame is not None and evidence is not None:
        trigger = trigger_text(evidence.record.get("metrics") or {}, frame[frame["flagged"]])
    answer, deciding = headline(chain)
    model = part_answer(verdict, "model") if chain.inspection is not None else ""
    data = part_answer(verdict, "data")
    release = release_of(chain, answer)
    return Facts(chain, answer, deciding, model, data, trigger, frame, behaviours(chain), release)


def verdict_of(run: Run | None) -> Mapping[str, Any]:
    """The verdict of a run; empty without one."""
    return {} if run is None else run.record.get("verdict") or {}


def answer_of(run: Run) -> str:
    """The answer of one run: a fixed word, else its status, else "none"."""
    if run.status != "done":
        return run.status
    answer = str(verdict_of(run).get("answer") or "")
    if run.kind == "scan" and not answer:
        answer = part_answer(verdict_of(run), "data")
    return answer if answer in ANSWERS.get(run.kind, ()) else "none"


def part_answer(verdict: Mapping[str, Any], name: str) -> str:
    """Answer of the `data` or `model` part."""
    found = str((verdict.get(name) or {}).get("answer") or "")
    return found if found in ANSWERS["inspect"] else ""


def headline(chain: Chain) -> tuple[str, Run]:
    """Answer and its run: the last stage decides, unless the re-inspection contradicts it."""
    last = chain.audit or chain.unlearning
    if last is None:
        shown = chain.inspection or chain.scan or chain.focus
        return answer_of(shown), shown
    answer = answer_of(last)
    again = chain.reinspection
    if again is not None and answer_of(again) == "found":
        if answer == "cleaned":
            return "still_found", again
        if answer == "removed":
            return "contradiction", again
    return answer, last


def model_name(run: Run | None, role: str) -> str:
    """Folder name of the model in `role`; empty where the run has none."""
    for model in _inputs(run, "models"):
        if model.get("role") == role:
            return PurePath(str(model.get("source") or "")).name
    return ""


def subject_name(chain: Chain) -> str:
    """What the report is about: the suspect model, else the sample file."""
    for run, role in (
        (chain.inspection, "suspect"),
        (chain.unlearning, "original"),
        (chain.audit, "unlearned"),
        (chain.training, "trained"),
    ):
        name = model_name(run, role)
        if name:
            return name
    sets = _inputs(chain.evidence or chain.focus, "samples")
    return PurePath(str(sets[0].get("source") or "")).name if sets else chain.focus.run_id


def _inputs(run: Run | None, kind: str) -> list[Mapping[str, Any]]:
    return [] if run is None else list((run.record.get("inputs") or {}).get(kind) or ())
