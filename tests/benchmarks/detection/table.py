"""The table of the benchmark: `python -m tests.benchmarks.detection.table --work DIR`.

Reads the JSON files of `score` and writes RESULTS.md and results.json beside this file. Every
number is a median over suspects whose trojan took, with the worst one; nothing is left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.behaviour.intervals import wilson
from analysis.data.calibration import stored_calibration
from analysis.detect.specs import DETECTORS
from tests.benchmarks.detection.cube import agreed, cube_part
from tests.benchmarks.detection.families import grid
from tests.benchmarks.detection.gradients import gradients_part
from tests.benchmarks.detection.markdown import row
from tests.benchmarks.detection.measured import Measured, measured
from tests.benchmarks.detection.rankings import WITH, WITH_RESIDUAL
from tests.benchmarks.detection.reliability_part import calibration_part, reliability_picture
from tests.benchmarks.detection.score import DEFAULT_WORK, ROWS
from tests.benchmarks.detection.summary import figures_of, write_summary
from tests.benchmarks.detection.suspects import name_of
from tests.benchmarks.detection.verdict_part import verdict_part

HERE = Path(__file__).parent
SHIPPED = (
    HERE.parents[2] / "sample_data" / "detectors.json"
)  # README and the Methods screen read it
GROUPS = {
    "no model": ("combined, scan",),
    "embedding, chosen without truth": (
        "embedding, best agreement",
        "embedding, heaviest tail",
        "embedding, mean rank of five that weigh",
        "embedding, mean rank of five and the residual",
        "embedding, mean rank of all",
        "embedding, alone",
    ),
    "one embedding detector, layer chosen without truth": tuple(
        d.name for d in DETECTORS if d.name != "disagreement"
    ),
    "behaviour": ("disagreement",),
    "combined": (
        "combined, pair",
        "combined, alone",
        "combined, text off",
        WITH,
        WITH_RESIDUAL,
    ),
}
COLUMNS = {
    "auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "recall_fpr_0.01": "recall, 1 % FPR",
    "recall_fpr_0.05": "recall, 5 % FPR",
    "recall_1x": "1x",
    "recall_1.5x": "1.5x",
    "recall_2x": "2x",
}


def ranking_table(scored: Sequence[dict[str, Any]]) -> list[str]:
    """Median (and lowest AUC) of every ranking over the suspects given."""
    more = ["AUC, agreeing layer", "AUC, best layer by truth"]
    heads = ["ranking", "n", "ROC-AUC, lowest", *COLUMNS.values(), *more]
    lines = [row(heads), row(["---"] * len(heads))]
    for group, names in GROUPS.items():
        lines.append(row([f"**{group}**", *[""] * (len(heads) - 1)]))
        for name in names:
            found = figures_of(scored, name)
            if found is not None:
                cells = ("auc_lowest", *COLUMNS, "auc_agreeing", "auc_best")
                lines.append(row([name, str(found["n"]), *(_shown(found, c) for c in cells)]))
    return lines


def _shown(figures: Mapping[str, Any], name: str) -> str:
    value = figures[name]
    return "" if value is None else f"{value:.3f}"


def suspects_table(scored: Sequence[dict[str, Any]]) -> list[str]:
    """One line per poisoned suspect."""
    heads = [
        "suspect",
        "use",
        "poison",
        "accuracy",
        "ASR",
        "floor",
        "trojan",
        "pair: data, model",
        "alone: data, model",
        "scan: data",
        "AUC scan / agreement / pair",
        "located, pair",
    ]
    lines = [row(heads), row(["---"] * len(heads))]
    for s in scored:
        ranks = s["rankings"]
        names = ("combined, scan", "embedding, best agreement", "combined, pair")
        lines.append(
            row(
                [
                    f"`{s['name']}`",
                    s["use"],
                    f"{s['rate']:.1%}",
                    f"{s['accuracy']:.3f}",
                    f"{s['asr']:.3f}",
                    f"{s['floor']:.3f}",
                    "took" if s["took"] else "data poisoned, model clean",
                    *(", ".join(_words(s, run)) for run in ("pair", "alone")),
                    _words(s, "scan")[0],
                    " / ".join(f"{ranks[n]['auc']:.3f}" if n in ranks else "-" for n in names),
                    _located(s),
                ]
            )
        )
    return lines


def clean_lines(clean: Sequence[dict[str, Any]]) -> list[str]:
    """How many clean suspects were called found, with the bound.

    What is said of the data hangs on the file alone, so suspects that share a file count once.
    """
    lines = [
        row(["run", "part", "found", "inconclusive", "n", "share found, 95 %"]),
        row(["---"] * 6),
    ]
    for run, part in (
        ("pair", "data"),
        ("pair", "model"),
        ("alone", "data"),
        ("alone", "model"),
        ("scan", "data"),
    ):
        each = {s["file"] if part == "data" else s["name"]: s["answers"][run][part] for s in clean}
        said = list(each.values())
        found = said.count("found")
        low, high = wilson(found, len(said))
        bound = f"{low:.2f} to {high:.2f}"
        unit = " files" if part == "data" else ""
        counts = (str(found), str(said.count("inconclusive")), f"{len(said)}{unit}")
        lines.append(row([run, part, *counts, bound]))
    return lines


def files_table(files: Sequence[dict[str, Any]]) -> list[str]:
    """One line per poisoned file, scanned without a model."""
    heads = ["file", "use", "poison", "data", "flagged", "of them poisoned", "located"]
    heads += ["ROC-AUC", "PR-AUC", "recall, 1 % FPR", "1x"]
    lines = [row(heads), row(["---"] * len(heads))]
    for s in files:
        shown = [s["figures"][c] for c in ("auc", "pr_auc", "recall_fpr_0.01", "recall_1x")]
        counts = [s["flagged"], f"{s['flagged_poisoned']} of {s['poisoned']}", s["located"]]
        cells = [f"`{s['name']}`", s["use"], f"{s['rate']:.1%}", s["answer"].replace("_", " ")]
        lines.append(row([*cells, *map(str, counts), *(f"{v:.3f}" for v in shown)]))
    return lines


def files_part(files: Sequence[dict[str, Any]]) -> list[str]:
    """The scanned files: poisoned ones in a table, clean ones as a count with its bound."""
    poisoned = [s for s in files if s["family"] is not None]
    clean = [s for s in files if s["family"] is None]
    said = [s["answer"] for s in clean]
    low, high = wilson(said.count("found"), len(said))
    tests = [s["figures"]["auc"] for s in poisoned if s["use"] == "test"]
    parts = [
        "## Files alone, without any model",
        f"{len(poisoned)} poisoned files of {ROWS:,} rows (`files.py`), ranked inside the label "
        f"that the poison gives. Median AUC of the test families: {np.median(tests):.3f}, lowest "
        f"{min(tests):.3f} (n = {len(tests)}). Clean files without a row in common: "
        f"{said.count('found')} of {len(said)} found (95 %: {low:.2f} to {high:.2f}), "
        f"{said.count('inconclusive')} inconclusive.",
    ]
    return [*parts, "\n".join(files_table(poisoned))]


def document(found: Measured) -> str:
    """RESULTS.md."""
    results, files = found.suspects, found.files
    poisoned = [s for s in results if s["family"] is not None]
    took = [s for s in poisoned if s["took"]]
    clean = [s for s in results if s["family"] is None]
    missed = [s for s in poisoned if not s["took"]]
    parts = [
        "# What was measured",
        f"{len(took)} models whose trojan took, {len(missed)} whose data are poisoned but whose "
        f"model is clean, {len(clean)} clean suspects. {ROWS:,} training rows of each at the "
        "natural rate; rankings inside the class the poison pulls to, as the suspect predicts it. "
        "Reference: the shipped `clean-1` of the architecture, trained on other functions. "
        "`use` fit: the verdict's thresholds were set while looking at models of this kind; only "
        "`test` rows are a test. Medians over models, lowest AUC beside them.",
        "The grid of `families.py` is trained by `zoo.py` (about two minutes of one quiet core per "
        "model), scored by `score.py` and `files.py`, and written here by `table.py`; each goes on "
        f"where it was stopped. {_progress(results)}",
        "## Rankings, all models whose trojan took",
        "\n".join(ranking_table(took)),
    ]
    tests = [s for s in took if s["use"] == "test"]
    if tests:
        parts += [f"## The same, test families only (n = {len(tests)})"]
        parts += ["\n".join(ranking_table(tests))]
    parts += ["## Every poisoned suspect", "\n".join(suspects_table(poisoned))]
    if missed:
        parts += ["## Rankings where the poison did not take", "\n".join(ranking_table(missed))]
    parts += calibration_part(stored_calibration())
    if clean:
        parts += ["## Clean suspects", "\n".join(clean_lines(clean))]
    parts += verdict_part(found.verdicts)
    parts += cube_part(found.cube, {s["name"]: agreed(s) for s in results})
    parts += gradients_part(found.gradients)
    if files:
        parts += files_part(files)
    return "\n\n".join(parts) + "\n"


def _progress(results: Sequence[dict[str, Any]]) -> str:
    names, cells = {s["name"] for s in results}, grid()
    done = sum(name_of(cell) in names for cell in cells)
    return f"So far {done} of its {len(cells)} models are in this table; the rest are shipped ones."


def _words(scored: dict[str, Any], run: str) -> tuple[str, str]:
    said = scored["answers"][run]
    return said["data"].replace("_", " "), said["model"].replace("_", " ")


def _located(scored: dict[str, Any]) -> str:
    found = scored.get("located", {}).get("pair")
    if not found:
        return "-"
    return f"{found['located']} of {found['flagged']}" if found["checked"] else "not checked"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    parser.add_argument("--out", type=Path, default=HERE)
    arguments = parser.parse_args()
    found = measured(arguments.work)
    (arguments.out / "RESULTS.md").write_text(document(found), encoding="utf-8")
    kept = json.dumps(found._asdict(), separators=(",", ":"))
    (arguments.out / "reliability.svg").write_text(
        reliability_picture(stored_calibration()), encoding="utf-8"
    )
    (arguments.out / "results.json").write_text(kept + "\n", encoding="utf-8")
    write_summary(found, GROUPS, ROWS, SHIPPED)
    print(f"{len(found.suspects)} suspects, {len(found.files)} files")


if __name__ == "__main__":
    main()
