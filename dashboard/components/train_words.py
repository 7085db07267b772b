"""What a comparison of trainings shows, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.report.safe import escape_markdown
from analysis.report.words import number
from analysis.runs.run import Run
from dashboard.text import say

ALIKE = 0.05  # floors within this share a line
TAKEN = 0.1  # ASR above the floor from which a model counts as holding the trigger


def sentence(histories: Mapping[str, pd.DataFrame], *, running: bool = False) -> str:
    """What the comparison shows, in one line; `running`: not all of them are finished."""
    measured = _last_asr(histories)
    if not measured:
        return say("No attack success was measured: no samples with trigger were given.")
    best = min(measured, key=lambda label: measured[label])
    worst = max(measured, key=lambda label: measured[label])
    if len(measured) == 1:
        return say(
            "ASR {measured} after epoch {epoch} with {best}.",
            measured=number(measured[best]),
            epoch=int(histories[best]["epoch"].iloc[-1]),
            best=escape_markdown(best),
        )
    words = {
        "lowest": number(measured[best]),
        "best": escape_markdown(best),
        "highest": number(measured[worst]),
        "worst": escape_markdown(worst),
    }
    if running:
        return say("ASR so far: {lowest} with {best}, {highest} with {worst}.", **words)
    return say("ASR after the last epoch: {lowest} with {best}, {highest} with {worst}.", **words)


def meaning(histories: Mapping[str, pd.DataFrame], floor: float | None) -> str:
    """Whether the losses differ in what matters; empty where no common floor was measured.

    Args:
        histories: label -> the run's `history` table.
        floor: the models' error on clean victims.
    """
    measured = _last_asr(histories)
    if floor is None or not measured:
        return ""
    taken = [label for label, asr in measured.items() if asr > floor + TAKEN]
    if not taken:
        return say(
            "None of them holds the trigger: the models' own error on clean victims is {floor}, so "
            "this comparison does not tell which loss keeps a trigger out.",
            floor=number(floor),
        )
    if len(taken) == len(measured) > 1:
        return say(
            "All of them took the trigger: the models' own error on clean victims is {floor}.",
            floor=number(floor),
        )
    names = ", ".join(escape_markdown(label) for label in taken)
    return say(
        "Holds the trigger: {names}. The models' own error on clean victims is {floor}.",
        names=names,
        floor=number(floor),
    )


def common_floor(runs: Iterable[Run]) -> float | None:
    """The models' error on clean victims, None where it was not measured or differs."""
    trained = [run.record["metrics"].get("trained") or {} for run in runs]
    floors = [(each.get("natural_flip_floor") or {}).get("value") for each in trained]
    known = [value for value in floors if value is not None]
    # one line for all is honest only where all models err about as often
    if not known or max(known) - min(known) > ALIKE:
        return None
    return sum(known) / len(known)


def _last_asr(histories: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    return {
        label: float(history["asr"].dropna().iloc[-1])
        for label, history in histories.items()
        if "asr" in history and history["asr"].notna().any()
    }
