"""Robust losses against cross-entropy on poisoned data, and against detecting and retraining.

    python tests/benchmarks/bench_losses.py --out /tmp/bench_losses.jsonl [--table]

Models are trained from random weights on functions of this interpreter's library (dead-code
trigger in defective functions, label -> clean). Every finished cell is one line of --out, so an
interrupted run goes on where it was. `--table` prints what is there and trains nothing.

Rows: every loss of the registry; DeCE with the base 0.9; cross-entropy without poison (what a
clean model does on triggered samples: the natural-flip floor); an adaptive attacker who repeats
each poisoned function three times, so that it is neither rare nor hard; and detection without a
reference, dropping what it located, and training anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from analysis.behaviour.intervals import wilson
from analysis.config import InspectConfig
from analysis.data.poison import poison
from analysis.data.shipped import shipped_samples
from analysis.explain.association import associate
from analysis.explain.residuals import make_residuals
from analysis.extract.device import choose_device
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.train_fit import Listener, build_loss, fit
from analysis.pipeline.train_inputs import TrainInputs
from analysis.pipeline.train_measure import Yardstick
from analysis.pipeline.train_settings import TrainOptions
from analysis.records import SampleSet

DEFAULT_OUT = Path("/tmp") / "bench_losses.jsonl"
LEARNING_RATES = {"codebert-mini": 4e-4, "codet5-mini": 1e-3}


class Cell(NamedTuple):
    """One training."""

    architecture: str
    rate: float
    seed: int
    row: str  # what is compared
    loss: str = "ce"
    alpha: float | None = None
    attack: str = "plain"  # or "repeated"
    filtered: bool = False

    @property
    def key(self) -> str:
        return f"{self.architecture}/{self.rate:g}/{self.seed}/{self.row}"


def cells(architecture: str, rates: list[float], seeds: list[int]) -> Iterator[Cell]:
    """The most telling rows first, so that a short run already answers something."""
    for seed in seeds:
        yield Cell(architecture, 0.0, seed, "ce, no poison")
        for rate in rates:
            base = (architecture, rate, seed)
            yield Cell(*base, "ce")
            yield Cell(*base, "dece", "dece")
            yield Cell(*base, "detect + filter + retrain", filtered=True)
            yield Cell(*base, "dece, alpha 0.9", "dece", 0.9)
            yield Cell(*base, "gce", "gce")
            yield Cell(*base, "in_trust", "in_trust")
            yield Cell(*base, "label_smoothing", "label_smoothing")
            yield Cell(*base, "dece, poison repeated 3 times", "dece", None, "repeated")


def poisoned(clean: SampleSet, cell: Cell) -> SampleSet:
    """The training file of a cell."""
    if not cell.rate:
        return replace(clean, poisoned=np.zeros(len(clean), dtype=bool))
    report = poison(clean, "dead_code", cell.rate, seed=cell.seed)
    if cell.attack == "plain":
        return report.samples
    rows = np.concatenate([np.arange(len(clean)), report.rows, report.rows])
    return report.samples.subset(rows)


def located(samples: SampleSet) -> np.ndarray:
    """Rows that hold text going along with a label, without any model, (m,) int64."""
    residuals = make_residuals(samples.labels, None, None)
    found = associate(samples.texts, residuals).candidates
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(c.rows for c in found)]))


def run(cell: Cell, arguments: argparse.Namespace) -> dict[str, object]:
    clean = shipped_samples(
        "train", f"{cell.architecture}-clean-0", limit=arguments.rows, tests=arguments.tests
    )
    samples = poisoned(clean, cell)
    began = time.time()
    dropped = located(samples) if cell.filtered else np.empty(0, dtype=np.int64)
    detect_seconds = time.time() - began
    rows = np.setdiff1d(np.arange(len(samples)), dropped)
    choice = choose_device(InspectConfig())
    yardstick = Yardstick(
        shipped_samples("test"),
        shipped_samples("triggered", f"{cell.architecture}-dead-5"),
        0,
        choice,
    )
    model = open_model(str(shipped_model(f"{cell.architecture}-clean-0")), InspectConfig())
    inputs = TrainInputs(model, samples, samples.labels, yardstick, choice)
    options = TrainOptions(
        loss=cell.loss,
        epochs=arguments.epochs,
        fresh=True,
        alpha=cell.alpha,
        learning_rate=LEARNING_RATES[cell.architecture],
        warmup_epochs=arguments.warmup_epochs if cell.loss != "ce" else 0,
    )
    history: list[dict[str, object]] = []

    def on_row(line: dict[str, object]) -> None:
        history.append(line)
        sys.stderr.write(f"{cell.key} {line}\n")

    began = time.time()
    fit(inputs, options, build_loss(options, options.knobs), rows, cell.seed, Listener(on_row))
    return {
        **cell._asdict(),
        "key": cell.key,
        "rows": len(rows),
        "poisoned": int(samples.poisoned[rows].sum()),
        "dropped": len(dropped),
        "dropped_poisoned": int(samples.poisoned[dropped].sum()) if len(dropped) else 0,
        "n_test": len(yardstick.test),
        "n_triggered": len(yardstick.triggered),
        "epochs": arguments.epochs,
        "history": history,
        "seconds": round(time.time() - began, 1),
        "detect_seconds": round(detect_seconds, 1),
    }


def read(path: Path) -> dict[str, dict]:
    if not path.is_file():
        return {}
    return {line["key"]: line for line in map(json.loads, path.read_text().splitlines())}


def table(found: dict[str, dict]) -> Iterator[str]:
    """Markdown: one line per architecture, rate and row; both seeds side by side."""
    yield "| model | poison | trained with | accuracy | ASR by epoch | ASR, last [95 %] | n | s |"
    yield "|---|---|---|---|---|---|---|---|"
    groups: dict[tuple, list[dict]] = {}
    for line in found.values():
        groups.setdefault((line["architecture"], line["rate"], line["row"]), []).append(line)
    for (architecture, rate, row), lines in sorted(groups.items(), key=lambda g: g[0][:2]):
        lines.sort(key=lambda line: line["seed"])
        accuracy = " / ".join(f"{line['history'][-1]['accuracy']:.3f}" for line in lines)
        by_epoch = " / ".join(
            " ".join(f"{each['asr']:.2f}" for each in line["history"]) for line in lines
        )
        last = " / ".join(_interval(line) for line in lines)
        seconds = " / ".join(
            f"{line['seconds']:.0f}" + (f" + {line['detect_seconds']:.0f}" * bool(line["dropped"]))
            for line in lines
        )
        n = lines[0]["n_triggered"]
        start = f"| {architecture} | {rate:.0%} | {row} | {accuracy} | {by_epoch}"
        yield f"{start} | {last} | {n} | {seconds} |"


def _interval(line: dict) -> str:
    asr, n = line["history"][-1]["asr"], line["n_triggered"]
    low, high = wilson(round(asr * n), n)
    return f"{asr:.3f} [{low:.2f}-{high:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    option = parser.add_argument
    option("--out", type=Path, default=DEFAULT_OUT)
    option("--architecture", choices=tuple(LEARNING_RATES), default="codebert-mini")
    option("--rates", type=float, nargs="+", default=[0.02, 0.05])
    option("--seeds", type=int, nargs="+", default=[0, 1])
    option("--rows", type=int, default=5000)
    option("--epochs", type=int, default=3)
    option("--warmup-epochs", type=int, default=0)
    option("--tests", action="store_true", help="also functions of the test packages")
    option("--threads", type=int, default=1)
    option("--table", action="store_true", help="print what is there")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    found = read(arguments.out)
    if not arguments.table:
        for cell in cells(arguments.architecture, arguments.rates, arguments.seeds):
            if cell.key not in found:
                line = run(cell, arguments)
                found[cell.key] = line
                with arguments.out.open("a") as file:
                    file.write(json.dumps(line) + "\n")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
