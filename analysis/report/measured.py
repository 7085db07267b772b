"""The measured table: what every ranking found on models with known poison, failures included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.data.measured import measured_detectors
from analysis.detect.specs import DETECTORS, DetectorSpec
from analysis.report.text.spoken import say, term
from analysis.report.words import count, number

SETS = {
    "took": term("Models whose trojan took"),
    "test": term("Of these, trigger families that nothing was fitted on"),
    "missed": term("Poisoned data, but the model did not take the trojan"),
}
GROUPS = {
    "no model": term("text of the file alone"),
    "embedding, chosen without truth": term("embeddings, combined"),
    "one embedding detector, layer chosen without truth": term("one embedding detector"),
    "behaviour": term("behaviour"),
    "combined": term("all signals combined"),
}
NAMES = {
    "combined, scan": term("scan"),
    "embedding, best agreement": term("layer where the reference's neighbours agree best"),
    "embedding, heaviest tail": term("detector and layer with the heaviest tail"),
    "embedding, mean rank of five that weigh": term("mean rank of the five that weigh"),
    "embedding, mean rank of five and the residual": term("mean rank of five and the residual"),
    "embedding, mean rank of all": term("mean rank of all detectors"),
    "embedding, alone": term("without a reference"),
    "combined, pair": term("pair of models"),
    "combined, alone": term("suspect only"),
    "combined, text off": term("pair, text switched off"),
    "combined, text off, reference neighbours weigh": term("the same, reference neighbours weigh"),
    "combined, text off, reference residual weighs": term("the same, reference residual weighs"),
}
_FIGURES = {
    term("AUC, lowest"): "auc_lowest",
    term("AUC, median"): "auc",
    term("PR-AUC"): "pr_auc",
    term("recall at 1 % false positives"): "recall_fpr_0.01",
    term("at 5 %"): "recall_fpr_0.05",
    term("recall at 1x budget"): "recall_1x",
    term("at 1.5x"): "recall_1.5x",
    term("at 2x"): "recall_2x",
    term("AUC, best layer by the truth"): "auc_best",
}
RUNS = {"pair": term("pair of models"), "alone": term("suspect only"), "scan": term("file only")}
_MODELS = {"clean": term("clean"), **SETS}


def measured_table(chosen: str) -> pd.DataFrame:
    """One line per ranking, medians over models.

    Args:
        chosen: one of SETS.
    """
    lines = []
    for entry in measured_detectors()["rankings"][chosen]:
        name = str(entry["name"])
        line = {
            "signals": say(GROUPS[entry["group"]]),
            "ranking": say(NAMES.get(name, name.replace("_", " "))),
            "models": int(entry["n"]),
        }
        lines.append(line | {title: entry[key] for title, key in _FIGURES.items()})
    return pd.DataFrame(lines)


def measured_size(chosen: str) -> int:
    """How many models one of SETS holds."""
    return int(measured_detectors()["models"][chosen])


def measured_rows() -> int:
    """Samples that were ranked of each model."""
    return int(measured_detectors()["rows"])


def answers_table() -> pd.DataFrame:
    """How often each kind of run called each kind of model found."""
    return pd.DataFrame([_answer(entry) for entry in measured_detectors()["answers"]])


def _answer(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        "truth": say(_MODELS[entry["models"]]),
        "run": say(RUNS[entry["run"]]),
        "part": say(str(entry["part"])),
        "found": say("{n} of {total}", n=count(entry["found"]), total=count(entry["n"])),
        "inconclusive": count(entry["inconclusive"]),
        "95 %": say("{low} to {high}", low=number(entry["low"]), high=number(entry["high"])),
    }


def measured_headline() -> str:
    """What the whole table says, in two sentences."""
    found = measured_detectors()
    said = {(e["models"], e["run"], e["part"]): e for e in found["answers"]}
    clean, took = said["clean", "pair", "model"], said["took", "pair", "model"]
    alone = said["took", "alone", "model"]
    return say(
        "{took} of {poisoned} models that had taken a trojan were found beside a clean reference "
        "and {alone} without one; of {clean} clean models {wrong} were called found (95 %: up to "
        "{bound}). No single embedding detector is reliable; text and behaviour decide.",
        took=count(took["found"]),
        poisoned=count(took["n"]),
        alone=count(alone["found"]),
        clean=count(clean["n"]),
        wrong=count(clean["found"]),
        bound=number(clean["high"]),
    )


def measured_words(spec: DetectorSpec) -> str:
    """What one detector found by itself, layer chosen without the truth; "" if not measured."""
    entries = measured_detectors()["rankings"]["took"]
    entry = next((e for e in entries if e["name"] == spec.name), None)
    if entry is None:
        return ""
    return say(
        "Alone on {n} models with known poison: median AUC {auc}, lowest {lowest}; {recall} of the "
        "poison at 1 % false positives.",
        n=count(entry["n"]),
        auc=number(entry["auc"]),
        lowest=number(entry["auc_lowest"]),
        recall=number(entry["recall_fpr_0.01"]),
    )


def detectors_table() -> pd.DataFrame:
    """Every detector with what it sees and misses, what it needs and where it comes from."""
    rows = [
        {
            "detector": say(spec.name.replace("_", " ")),
            "sees": say(spec.summary),
            "misses": say(spec.misses),
            "needs": needs_words(spec),
            "weighs": say("yes") if spec.weighs else say("no"),
            "paper": spec.paper,
        }
        for spec in DETECTORS
    ]
    return pd.DataFrame(rows)


_NEEDS = {
    "trusted": term("trusted clean samples"),
    "reference_activations": term("a reference of the same shape"),
    "reference_predictions": term("a reference with a head"),
}


def needs_words(spec: DetectorSpec) -> str:
    """What must be given besides the suspect."""
    return ", ".join(say(_NEEDS[name]) for name in sorted(spec.needs)) or say("nothing more")
