"""Method x seed on a shipped trojan: unlearn, audit with the quick budget, one row each.

    OMP_NUM_THREADS=1 python tests/benchmarks/audit_table.py --out audit_results.json
    python tests/benchmarks/audit_table.py --out audit_results.json --print [--write]

Resumable: rows that the file holds are not measured again; stop it at any time. The arms that do
not depend on the method (original, control, copy made to hide) are trained once per audit seed and
kept in the folder of `--cache`, as `kenshin audit` keeps them in its runs folder. Known answers
come first: the untouched model and a clean retraining. `--auto FILE` takes Auto's rows from the
state file of unlearning_table.py. `--write` puts the table into README.md beside it.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from measured_page import write_table

from analysis.audit.arms import CONTROL, ORIGINAL, STRESS, UNLEARNED
from analysis.audit.audit import before_attacks, evidence, with_stress
from analysis.audit.measure import predicted
from analysis.audit.setting import AuditSetting
from analysis.audit.specs import budget, choose
from analysis.audit.verdict import decide
from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.errors import KenshinError
from analysis.models.open import open_model
from analysis.pipeline.audit_memory import CachedFits
from analysis.pipeline.audit_samples import Files, split_samples
from analysis.pipeline.audit_trigger import locate
from analysis.pipeline.demo import shipped_model
from analysis.runs.cache import ActivationCache
from analysis.training.trainable import trainable
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.data import UnlearnData
from analysis.unlearn.engine import unlearn

METHODS = (
    *(
        "untouched",
        "retrained",
        "auto",
        "anchored",
        "repair",
        "grad_diff",
        "npo",
        "distil",
        "lya",
        "relabel",
    ),
    *("fine_tune", "realign", "random_label", "rmu"),
)
ATTACKS = ("relearning", "clean_finetune", "quantise")
FORGET = 256


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="codebert-mini-dead-5")
    parser.add_argument("--control", default="codebert-mini-clean-1")
    parser.add_argument("--retrained", default="codebert-mini-clean-2")
    parser.add_argument("--seeds", type=int, default=3)
    usual = [name for name in METHODS if name != "auto"]
    parser.add_argument("--methods", default=",".join(usual))
    parser.add_argument("--cache", type=Path, help="keeps the fits that no method changes")
    parser.add_argument("--auto", type=Path, help="takes Auto's rows from unlearning_table.py")
    parser.add_argument("--print", action="store_true", help="only print what is there")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    asked = parser.parse_args()
    rows = json.loads(asked.out.read_text()) if asked.out.exists() else []
    if asked.auto:
        rows = [row for row in rows if row["method"] != "auto"] + auto_rows(asked.auto)
        asked.out.write_text(json.dumps(rows, indent=1))
    elif not asked.print:
        with ActivationCache(asked.cache or asked.out.parent / ".cache") as cache:
            measure_all(asked, rows, CachedFits(cache))
    print(table(rows))
    if asked.write:
        write_table(table(rows), "audits")


def auto_rows(path):
    """What Auto removed with the trigger known, and what the quick audit of each run said."""
    found = []
    for row in json.loads(path.read_text())["rows"]:
        if row["withheld"] or "audit" not in row:
            continue
        audit, before = row["audit"], row["accuracy_before"]
        cell = audit["relearned"] or {}
        found.append(
            {
                **{name: row[name] for name in ("model", "seed")},
                "method": "auto",
                "chosen": row["method"],
                "before": audit["before"][ORIGINAL],
                "after": audit["before"][UNLEARNED],
                "floor": audit["before"][CONTROL],
                "arms": cell.get("arms", {}),
                "excess": cell.get("excess"),
                "margin": cell.get("margin"),
                "every_cell": audit["every_cell"],
                "answer": audit["answer"],
                "rule": audit["rule"],
                "reasons": audit["reasons"],
                "accuracy": {"value": before + row["accuracy"]["value"], "n": row["accuracy"]["n"]},
                "accuracy_before": {"value": before, "n": row["accuracy"]["n"]},
                "seconds_unlearn": row["cpu_seconds"],
                "seconds_audit": audit["seconds"],
            }
        )
    return found


def measure_all(asked, rows, memory):
    known = {(row["model"], row["method"], row["seed"]) for row in rows}
    files = sample_files(asked.model)
    models = {name: opened(name) for name in (asked.model, asked.control, asked.retrained)}
    for seed in range(asked.seeds):
        memo = {"memory": memory}
        for method in asked.methods.split(","):
            if (asked.model, method, seed) in known:
                continue
            try:
                row = one_row(asked, models, files, (method, seed), memo)
            except KenshinError as error:
                row = {"error": str(error)}
            rows.append({"model": asked.model, "method": method, "seed": seed, **row})
            asked.out.write_text(json.dumps(rows, indent=1))
            print(table(rows[-1:]), flush=True)


def sample_files(model):
    train = shipped_samples("train", model)
    poisoned = np.flatnonzero(train.poisoned)[:FORGET]
    forget = replace(train.subset(poisoned), poisoned=None, true_labels=None)
    return Files(
        forget,
        shipped_samples("trusted"),
        shipped_samples("test"),
        shipped_samples("triggered", model),
    )


def opened(name):
    return open_model(str(shipped_model(name)), InspectConfig())


def one_row(asked, models, files, which, memo):
    method, seed = which
    plan = budget("quick")
    located = locate(files.forget, (*files.retain.texts, *files.test.texts), seed)
    target = int(np.bincount(files.forget.labels).argmax())
    began = time.monotonic()
    cleaned = cleaned_model(asked, models, files, located, which)
    seconds = time.monotonic() - began
    samples = split_samples(files, located, target, plan, seed)
    setting = AuditSetting(
        models={UNLEARNED: cleaned, ORIGINAL: models[asked.model], CONTROL: models[asked.control]},
        target=target,
        budget=plan,
        held_out=samples.held_out,
        pools=samples.pools,
        clean=samples.clean,
        test=samples.test,
        forget=samples.forget,
        seed=seed,
        memory=memo["memory"],
    )
    if "stress" not in memo:
        memo["stress"] = with_stress(setting).models.get(STRESS)
    if memo["stress"] is not None:
        setting = replace(setting, models={**setting.models, STRESS: memo["stress"]})
    began = time.monotonic()
    found, outcomes, before = audited(setting)
    relearned = next((o for o in outcomes if o.name == "relearning"), None)
    cells = relearned.decisive if relearned else ()
    cell = max(cells, key=lambda c: c.excess.value - c.margin, default=None)
    accuracy = utility(cleaned, files.test, setting)
    return {
        "before": float(before[ORIGINAL].hits.mean()),
        "after": float(before[UNLEARNED].hits.mean()),
        "floor": float(before[CONTROL].hits.mean()),
        "n": len(setting.held_out.texts),
        "budget": None if cell is None else list(cell.cell),
        "margin": None if cell is None else cell.margin,
        "every_cell": [
            [list(c.cell), c.margin, c.excess.to_json(), c.stress.to_json() if c.stress else None]
            for c in cells
        ],
        "arms": {} if cell is None else {k: v.to_json() for k, v in cell.arms.items()},
        "excess": None if cell is None else cell.excess.to_json(),
        "until_back": {} if relearned is None else relearned.details["until_back"],
        "others": {
            o.name: o.decisive[0].excess.to_json()
            for o in outcomes
            if o.name != "relearning" and o.decisive
        },
        "answer": found.answer,
        "rule": found.rule,
        "reasons": list(found.reasons),
        "accuracy": accuracy,
        "accuracy_before": utility(models[asked.model], files.test, setting),
        "seconds_unlearn": seconds,
        "seconds_audit": time.monotonic() - began,
    }


def cleaned_model(asked, models, files, located, which):
    """The model that one method leaves; Auto is measured from inspections, see `--auto`."""
    method, seed = which
    if method == "untouched":
        return models[asked.model]
    if method == "retrained":
        return models[asked.retrained]
    data = UnlearnData(
        forget=files.forget,
        retain=files.retain,
        triggers=() if located is None else (located.payload,),
        reference=models[asked.control],
    )
    config = UnlearnConfig(method=method, seed=seed, precision="fp32")
    result = unlearn(models[asked.model], data, config)
    copy = trainable(models[asked.model])
    copy.module.load_state_dict(result.state)
    return copy


def audited(setting):
    before = before_attacks(setting)
    outcomes = [spec.resolve()(setting, before) for spec in choose(ATTACKS, setting.budget)]
    return decide(evidence(setting, before, outcomes)), outcomes, before


def utility(model, test, setting):
    said = predicted(model, test.texts, setting)
    return {"value": float((said == test.labels).mean()), "n": len(test)}


def table(rows):
    lines = [
        "| removal | seed | ASR before, after | relearned | control | made to hide | above control "
        "| verdict | accuracy |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for model in dict.fromkeys(row["model"] for row in rows):
        lines.append(f"| **`{model}`** | | | | | | | | |")
        for row in sorted((r for r in rows if r["model"] == model), key=place):
            lines.append(line(row))
    return "\n".join(lines)


def place(row):
    return METHODS.index(row["method"]) if row["method"] in METHODS else 99, row["seed"]


def line(row):
    chosen = f" ({row['chosen']})" if "chosen" in row else ""
    name = f"| {row['method'].replace('_', ' ')}{chosen} | {row['seed']} "
    if "error" in row:
        return f"{name}| {row['error'][:80]} | | | | | | |"
    arms = row["arms"]
    lead = row["excess"] or {"value": None}
    return (
        f"{name}| {row['before']:.2f}, {row['after']:.2f} | {shown(arms.get(UNLEARNED))} "
        f"| {shown(arms.get(CONTROL))} | {shown(arms.get(STRESS))} | {shown(lead)} "
        f"| {row['answer']} | {row['accuracy']['value']:.3f} "
        f"({row['accuracy']['value'] - row['accuracy_before']['value']:+.3f}) |"
    )


def shown(figure):
    if not figure or figure["value"] is None:
        return "-"
    return f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"


if __name__ == "__main__":
    main()
