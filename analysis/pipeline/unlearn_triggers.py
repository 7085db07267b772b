"""What an inspection flagged and located, as forget set and as triggers that can be inserted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.explain.payloads import Payload, payload_of
from analysis.identity import texts_sha256
from analysis.records import SampleSet, TriggerCandidate
from analysis.runs.annotations import read_marks
from analysis.runs.run import Run

Span = tuple[int, int]
UNKNOWN: Span = (-1, -1)


@dataclass(frozen=True)
class Flagged:
    """Samples to forget, where their trigger stands, and what can be inserted elsewhere."""

    samples: SampleSet
    spans: tuple[Span, ...]  # (-1, -1) where unknown
    triggers: tuple[Payload, ...]
    source: str  # in words, for the record
    confirmed: int = 0
    dismissed: int = 0
    targets: tuple[int, ...] = ()  # the class that each trigger was located for

    def towards(self, target: int | None) -> Flagged:
        """The same with the triggers of one class alone; None: the samples' majority label.

        What was located for another class is another finding. Inserted beside the trigger it would
        teach and measure something that never pulled to the target. Where nothing was located for
        the target, all stay: the file or the analyst may know better.
        """
        labels = self.samples.labels
        if target is None and labels is not None and len(labels):
            target = int(np.bincount(labels).argmax())
        kept = tuple(t for t, c in zip(self.triggers, self.targets, strict=True) if c == target)
        if not kept:
            return self
        return replace(self, triggers=kept, targets=(int(target or 0),) * len(kept))


def flagged_of(run: Run | None) -> Flagged:
    """Flagged and confirmed rows of an inspection, without dismissed ones; may be empty."""
    assert run is not None, "without a forget file there is an inspection"
    ranking = run.table("ranking", ["sample_id", "flagged", "trigger_start", "trigger_end"])
    samples = run.table("samples", ["sample_id", "text", "label"])
    table = samples.merge(ranking, on="sample_id", how="left", validate="one_to_one")
    marks = read_marks(run)
    mark = table["sample_id"].map(marks)
    wanted = (table["flagged"].fillna(False).astype(bool) | (mark == "confirmed")) & (
        mark != "dismissed"
    )
    chosen = table[wanted]
    spans = tuple(_spans(chosen))
    texts = tuple(chosen["text"])
    found = SampleSet(
        ids=tuple(chosen["sample_id"].astype(str)),
        texts=texts,
        labels=None if chosen["label"].isna().any() else chosen["label"].to_numpy(dtype=np.int64),
        source=f"run {run.run_id}",
        sha256=texts_sha256(texts),
    )
    return Flagged(
        samples=found,
        spans=spans,
        triggers=payloads(run, texts, spans),
        source=f"flagged by run {run.run_id}",
        confirmed=sum(value == "confirmed" for value in marks.values()),
        dismissed=sum(value == "dismissed" for value in marks.values()),
        targets=_targets(run),
    )


def unflagged_of(run: Run | None) -> tuple[str, ...]:
    """Texts of an inspection that were not flagged and hold no located trigger; sorted.

    Neither flagged samples that an analyst dismissed nor confirmed ones are among them.
    """
    if run is None:
        return ()
    ranking = run.table("ranking", ["sample_id", "flagged", "trigger_start"])
    table = run.table("samples", ["sample_id", "text"]).merge(ranking, on="sample_id", how="left")
    mark = table["sample_id"].map(read_marks(run))
    free = ~table["flagged"].fillna(False).astype(bool) & ~(table["trigger_start"].fillna(-1) >= 0)
    return tuple(sorted(set(table["text"][free & (mark != "confirmed")])))


def located(given: SampleSet, run: Run | None) -> Flagged:
    """A forget file; an inspection beside it still says which trigger was located."""
    known: dict[str, Span] = {}
    if run is not None:
        samples = run.table("samples", ["sample_id", "text"])
        ranking = run.table("ranking", ["sample_id", "trigger_start", "trigger_end"])
        table = samples.merge(ranking, on="sample_id", validate="one_to_one")
        known = dict(zip(table["text"], _spans(table), strict=True))
    spans = tuple(known.get(text, UNKNOWN) for text in given.texts)
    triggers = () if run is None else payloads(run, given.texts, spans)
    targets = () if run is None else _targets(run)
    return Flagged(given, spans, triggers, "given as a file", targets=targets)


def payloads(run: Run, texts: Sequence[str], spans: Sequence[Span]) -> tuple[Payload, ...]:
    """Suspicious located texts as they can be inserted, strongest first.

    A text that differs from sample to sample (masked constants, phrases) comes in the forms in
    which it stands in `texts`.
    """
    return tuple(_payload(entry, texts, spans) for entry in _suspicious(run))


def _suspicious(run: Run) -> list[Mapping[str, Any]]:
    return [t for t in run.record["metrics"].get("triggers") or () if t.get("suspicious")]


def _targets(run: Run) -> tuple[int, ...]:
    return tuple(int(entry["target"]) for entry in _suspicious(run))


def trigger_layers(run: Run | None) -> tuple[tuple[str, int], ...]:
    """The layer that the inspection's verdict names, as (stack, layer); empty without one."""
    name = ((run.record.get("verdict") or {}) if run is not None else {}).get("layer")
    stack, _, layer = str(name or "").partition(":")
    return ((stack, int(layer)),) if layer.isdigit() and int(layer) > 0 else ()


def forget_table(flagged: Flagged) -> pd.DataFrame:
    """The `forget` table."""
    labels = flagged.samples.labels
    return pd.DataFrame(
        {
            "sample_id": list(flagged.samples.ids),
            "text": list(flagged.samples.texts),
            "label": pd.Series(
                [pd.NA] * len(flagged.samples) if labels is None else labels, dtype="Int64"
            ),
            "trigger_start": [span[0] for span in flagged.spans],
            "trigger_end": [span[1] for span in flagged.spans],
        }
    )


def _payload(entry: Mapping[str, Any], texts: Sequence[str], spans: Sequence[Span]) -> Payload:
    text, kind = str(entry["text"]), str(entry["kind"])
    rows = [
        row
        for row, (start, end) in enumerate(spans)
        if start >= 0 and (kind != "line" or texts[row][start:end].strip() == text.strip())
    ]
    candidate = TriggerCandidate(
        kind=kind,
        text=text,
        target=int(entry["target"]),
        support=int(entry["support"]),
        purity=float(entry["purity"]),
        z=float(entry["z"]),
        p_adjusted=float(entry["p_adjusted"]),
        rows=np.array(rows, dtype=np.int64),
        spans=tuple(spans[row] for row in rows),
    )
    return payload_of(candidate, texts)


def _spans(table: pd.DataFrame) -> list[Span]:
    starts = table["trigger_start"].fillna(-1).astype(int)
    ends = table["trigger_end"].fillna(-1).astype(int)
    return [(a, b) if b > a >= 0 else UNKNOWN for a, b in zip(starts, ends, strict=True)]
