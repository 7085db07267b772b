"""What taking samples apart showed, in words and as columns beside the ranking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.words import count, number


def occlusion_sentence(metrics: Mapping[str, Any]) -> str:
    """Flagged samples beside controls; empty where no sample was taken apart.

    Args:
        metrics: of a record, with `occlusion`.
    """
    found = metrics.get("occlusion") or {}
    parts = [
        f"{_turned(found[group])} {name} (median fall {number(found[group]['median_drop'])})"
        for group, name in (("flagged", "flagged samples"), ("control", "unflagged controls"))
        if (found.get(group) or {}).get("n")
    ]
    if not parts:
        return ""
    sentence = f"Without one piece of their text another class is predicted: {', '.join(parts)}."
    overlap = found.get("overlap") or {}
    if overlap.get("n"):
        hits = round(overlap["value"] * overlap["n"])
        sentence += (
            f" In {count(hits)} of {count(overlap['n'])} flagged samples with a located trigger it "
            "is the trigger."
        )
    return sentence


def _turned(group: Mapping[str, Any]) -> str:
    return f"{count(round(group['turned']['value'] * group['n']))} of {count(group['n'])}"


def with_occlusion(samples: pd.DataFrame, occlusion: pd.DataFrame) -> pd.DataFrame:
    """`samples` with the piece that each one hangs on, and how far its class falls without it.

    Samples without a located trigger get the span of that piece instead.

    Args:
        samples: rows with `sample_id`; the index is kept.
        occlusion: the table of that name.
    """
    known = occlusion.set_index("sample_id")
    found = known.reindex(samples["sample_id"])
    text = found["text"].to_numpy(dtype=object)
    frame = samples.assign(hangs_on=text, drop=found["drop"].to_numpy())
    if "trigger_start" in frame:
        bare = (
            ~(frame["trigger_start"].fillna(-1) >= 0).to_numpy() & found["start"].notna().to_numpy()
        )
        for column, name in (("trigger_start", "start"), ("trigger_end", "end")):
            frame[column] = frame[column].where(~bare, found[name].to_numpy())
    return frame
