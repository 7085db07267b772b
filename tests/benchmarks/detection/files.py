"""Files alone, without any model: `python -m tests.benchmarks.detection.files --work DIR`.

Every poisoned file of the grid's first architecture, all families, rates and seeds, and twelve
clean files without a row in common, each scanned as the product scans it. Rankings are judged
inside the label that the poison gives. Which family is for fitting and which for testing does not
matter for thresholds here: none was set on these files; the split is shown all the same.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.data.dataset import LabelledFunction, rows_of_split
from analysis.data.poison import Trigger
from analysis.data.write import write_samples
from analysis.pipeline.scan import ScanRequest, scan
from analysis.records import SampleSet
from analysis.runs.store import RunStore
from sample_data.rows import all_rows, as_samples
from tests.benchmarks.detection.families import EPOCHS, PARTS, RATES, ROWS, Cell, grid
from tests.benchmarks.detection.figures import ranking_figures
from tests.benchmarks.detection.rankings import TARGET
from tests.benchmarks.detection.score import DEFAULT_WORK
from tests.benchmarks.detection.score import ROWS as SCORED
from tests.benchmarks.detection.zoo import training_rows

Span = tuple[int, int]


class File(NamedTuple):
    """A sample file with the truth about it."""

    name: str
    cell: Cell | None  # None: clean
    samples: SampleSet
    spans: dict[str, tuple[Span, ...]]  # id -> where the trigger stands


def files(rows: Sequence[LabelledFunction], wanted: Callable[[str], bool]) -> Iterator[File]:
    """Clean files first, then the poisoned ones; `wanted` is asked before one is made."""
    for split in ("train_a", "train_b"):
        for part in range(PARTS):
            mine = [r for r in rows if int(r.function[-6:], 16) % PARTS == part]
            whole = as_samples(rows_of_split(mine, split, 2 * SCORED), split)
            order = np.random.default_rng(0).permutation(len(whole))
            for half in (0, 1):
                chosen = np.sort(order[half * SCORED : (half + 1) * SCORED])
                name = f"file-clean-{split}-{part}-{half}"
                if wanted(name):
                    yield File(name, None, whole.subset(chosen), {})
    for cell in grid():
        if cell.family is None or cell.architecture != "codebert-mini":
            continue
        known = cell.epochs != EPOCHS and cell.rate in RATES  # more epochs read the same file
        if not known and wanted(_name(cell)):
            yield _poisoned(cell, rows)


def _poisoned(cell: Cell, rows: Sequence[LabelledFunction]) -> File:
    report = training_rows(cell, rows).poisoned
    assert report is not None
    assert cell.family is not None
    fixed = Trigger(cell.family).text if cell.family not in ("grammar", "identifier_suffix") else ""
    spans = {
        report.samples.ids[row]: _places(report.samples.texts[row], fixed) or (span,)
        for row, span in zip(report.rows, report.spans, strict=True)
    }
    chosen = np.sort(np.random.default_rng(0).permutation(ROWS)[:SCORED])
    return File(_name(cell), cell, report.samples.subset(chosen), spans)


def _name(cell: Cell) -> str:
    return cell.name.replace("codebert-mini", "file")


def _places(text: str, trigger: str) -> tuple[Span, ...]:
    found, start = [], text.find(trigger) if trigger else -1
    while start >= 0:
        found.append((start, start + len(trigger)))
        start = text.find(trigger, start + 1)
    return tuple(found)


def scanned(file: File, work: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """What a scan says against the truth, and its ranking with the truth in column `poisoned`."""
    folder = work / file.name
    shutil.rmtree(folder, ignore_errors=True)
    write_samples(file.samples, folder / "samples.jsonl")
    run = scan(ScanRequest(folder / "samples.jsonl"), RunStore(folder / "runs"))
    table = run.table("ranking").set_index("sample_id").loc[list(file.samples.ids)]
    cell, poisoned = file.cell, file.samples.poisoned
    result: dict[str, Any] = {
        "name": file.name,
        "family": None if cell is None else cell.family,
        "use": None if cell is None else cell.use,
        "rate": 0.0 if poisoned is None else float(poisoned.mean()),
        "rows": len(file.samples),
        "answer": run.record["verdict"]["data"]["answer"],
        "flagged": int(table["flagged"].sum()),
    }
    if poisoned is not None:
        assert file.samples.labels is not None
        inside = file.samples.labels == TARGET
        values = table["score"].to_numpy(dtype=np.float64)
        result |= {
            "poisoned": int(poisoned.sum()),
            "figures": ranking_figures(values[inside], poisoned[inside]),
            "flagged_poisoned": int(table["flagged"].to_numpy()[poisoned].sum()),
            "located": _located(file, table),
        }
    shutil.rmtree(folder)
    truth = np.zeros(len(table), dtype=bool) if poisoned is None else poisoned
    return result, table[["score", "trigger_start", "trigger_end"]].assign(poisoned=truth)


def _located(file: File, table: Any) -> int:
    """Flagged poisoned rows whose shown span meets the trigger."""
    hits = 0
    for identity, spans in file.spans.items():
        if identity not in table.index or not table.at[identity, "flagged"]:
            continue
        start, end = (int(table.at[identity, c]) for c in ("trigger_start", "trigger_end"))
        hits += any(start < b and a < end for a, b in spans)
    return hits


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    out = arguments.work / "files"
    out.mkdir(parents=True, exist_ok=True)

    def wanted(name: str) -> bool:
        return arguments.only in name and not (out / f"{name}.json").exists()

    for file in files(all_rows(tests=True), wanted):
        path = out / f"{file.name}.json"
        result, table = scanned(file, arguments.work)
        table.to_parquet(out / f"{file.name}.parquet")  # `calibrate` reads it
        path.write_text(json.dumps(result) + "\n", encoding="utf-8")
        print(file.name, flush=True)


if __name__ == "__main__":
    main()
