"""What taking samples apart showed, in words and as columns beside the ranking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.text.spoken import say
from analysis.report.words import count, number, share


def occlusion_sentence(metrics: Mapping[str, Any]) -> str:
    """Flagged samples beside controls; empty where no sample was taken apart.

    Args:
        metrics: of a record, with `occlusion`.
    """
    found = metrics.get("occlusion") or {}
    parts = [
        say(
            "{turned} {name} (median fall {median_drop})",
            turned=_turned(found[group]),
            name=name,
            median_drop=number(found[group]["median_drop"]),
        )
        for group, name in (
            ("flagged", say("flagged samples")),
            ("control", say("unflagged controls")),
        )
        if (found.get(group) or {}).get("n")
    ]
    if not parts:
        return ""
    sentence = say(
        "Without one piece of their text another class is predicted: {parts}.",
        parts=say(", ").join(parts),
    )
    overlap = found.get("overlap") or {}
    if overlap.get("n"):
        hits = round(overlap["value"] * overlap["n"])
        sentence += say(
            " In {hits} of {n} flagged samples with a located trigger it is the trigger.",
            hits=count(hits),
            n=count(overlap["n"]),
        )
    return sentence


def _turned(group: Mapping[str, Any]) -> str:
    return share(round(group["turned"]["value"] * group["n"]), group["n"])


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
