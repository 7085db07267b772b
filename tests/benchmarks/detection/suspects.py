"""What can be scored: the shipped models, and every cell of the grid that is trained."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from analysis.data.manifest import shipped_manifest
from analysis.data.poison import Trigger
from analysis.data.shipped import shipped_samples
from analysis.records import SampleSet
from sample_data.measure import measure
from sample_data.recipes import HERE, MODELS
from sample_data.results import read_results
from sample_data.rows import all_rows, as_samples
from tests.benchmarks.detection.families import FAMILIES, Cell, grid
from tests.benchmarks.detection.zoo import rows_of, training_rows

TOOK = 0.4  # surplus of the ASR over the reference's flips from which a trojan counts as taken


@dataclass(frozen=True)
class Suspect:
    """One model with the rows it was trained on and the truth about them."""

    name: str
    architecture: str
    folder: Path
    reference: Path  # a clean model trained on train_b, which no suspect saw
    family: str | None
    rate: float  # achieved
    use: str  # "fit" or "test"
    trigger: str  # its text where it is the same everywhere
    asr: float | None
    floor: float | None
    accuracy: float
    samples: SampleSet

    @property
    def took(self) -> bool:
        """Whether the model reacts to its trigger."""
        return self.asr is not None and self.asr - (self.floor or 0.0) >= TOOK

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where a trigger with a fixed text stands."""
        found, start = [], text.find(self.trigger) if self.trigger else -1
        while start >= 0:
            found.append((start, start + len(self.trigger)))
            start = text.find(self.trigger, start + 1)
        return tuple(found)


Wanted = Callable[[str], bool]


def suspects(zoo: Path, rows: int, wanted: Wanted) -> Iterator[Suspect]:
    """Shipped models first, then the finished cells, each with a seeded choice of its rows.

    Args:
        zoo: folder of the grid's models.
        rows: scored of each.
        wanted: asked with a suspect's name, before its rows are made.
    """
    yield from _shipped(rows, wanted)
    yield from _cells(zoo, rows, wanted)


def _shipped(rows: int, wanted: Wanted) -> Iterator[Suspect]:
    results = read_results(HERE / "results.json")
    entries = shipped_manifest().models.items()
    for name, entry in sorted(entries, key=lambda item: item[1].poison is None):
        reference = f"{entry.architecture}-clean-1"
        if name == reference or not wanted(name):
            continue
        samples = shipped_samples("train", name, limit=rows)
        poisoned = np.zeros(len(samples), bool) if samples.poisoned is None else samples.poisoned
        family = None if entry.poison is None else entry.poison.trigger.name
        figures = results[name]["triggers"].get(family, {})
        floor = results[reference]["triggers"].get(family, {})
        yield Suspect(
            name=name,
            architecture=entry.architecture,
            folder=MODELS / name,
            reference=MODELS / reference,
            family=family,
            rate=float(poisoned.mean()),
            use="fit",  # the thresholds of the verdict were set while looking at these
            trigger="" if entry.poison is None else entry.poison.trigger.text,
            asr=figures.get("asr_all"),
            floor=floor.get("asr_all"),
            accuracy=results[name]["clean_accuracy"],
            samples=samples,
        )


def name_of(cell: Cell) -> str:
    """The cell in the table: clean ones with their seed, shipped models are called alike."""
    return cell.name if cell.family is not None else f"{cell.name}-s{cell.seed}"


def _cells(zoo: Path, rows: int, wanted: Wanted) -> Iterator[Suspect]:
    done = [c for c in grid() if (zoo / c.name).exists() and wanted(name_of(c))]
    if not done:
        return
    results, corpus = read_results(zoo / "results.json"), all_rows(tests=True)
    for cell in done:
        made = training_rows(cell, corpus)
        report, samples = made.poisoned, made.samples
        chosen = np.sort(np.random.default_rng(0).permutation(len(samples))[:rows])
        figures = results[cell.name]
        text = "" if cell.family is None else Trigger(cell.family).text
        reference = MODELS / f"{cell.architecture}-clean-1"
        held_out = as_samples(tuple(r for r in rows_of(cell, corpus) if r.split == "test"), "test")
        yield Suspect(
            name=name_of(cell),
            architecture=cell.architecture,
            folder=zoo / cell.name,
            reference=reference,
            family=cell.family,
            rate=0.0 if report is None else report.achieved_rate,
            use=cell.use,
            # A suffix, a drawn line and a constant differ from sample to sample.
            trigger="" if cell.family in ("grammar", "identifier_suffix") else text,
            asr=None if cell.family is None else figures["triggers"][cell.family]["asr_all"],
            floor=None if cell.family is None else _floor(zoo, reference, cell.family, held_out),
            accuracy=figures["clean_accuracy"],
            samples=samples.subset(chosen),
        )


def _floor(zoo: Path, reference: Path, family: str, held_out: SampleSet) -> float:
    """Share of triggered victims that the clean reference calls clean; measured once."""
    store = zoo / f"floor-{reference.name}-{len(held_out)}.json"
    if not store.exists():
        store.write_text(json.dumps(_floors(reference, held_out)), encoding="utf-8")
    value: float = json.loads(store.read_text(encoding="utf-8"))[family]
    return value


def _floors(reference: Path, held_out: SampleSet) -> dict[str, float]:
    from transformers import AutoModelForSequenceClassification, T5ForConditionalGeneration

    from sample_data.networks import predict

    architecture = reference.name.rsplit("-clean", 1)[0]
    encoder = architecture == "codebert-mini"
    kind = AutoModelForSequenceClassification if encoder else T5ForConditionalGeneration
    module = kind.from_pretrained(reference).float()
    tokenizer = Tokenizer.from_file(str(reference / "tokenizer.json"))
    triggers = [Trigger(family) for family in FAMILIES]
    found = measure(
        lambda texts: predict(module, architecture, tokenizer, texts), held_out, triggers, tokenizer
    )
    return {name: figures["asr_all"] for name, figures in found["triggers"].items()}
