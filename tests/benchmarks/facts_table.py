"""Which method removes facts, and which only hides them; prints a table.

    python tests/benchmarks/facts_table.py --out results.json [--arms last early] [--seeds 0 1 2]
    python tests/benchmarks/facts_table.py --out results.json --show [--write]

Each row unlearns the 785 birth years of facts-mini once and attacks the result: asked in seven
ways, then trained on four folds of the facts and asked for the fifth (the fold with the number of
the seed), two learning rates, four epochs; original and control get the same. Rows that are in
the file already are left out, so an interrupted table goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from analysis.audit.arms import CONTROL, ORIGINAL, STRESS, UNLEARNED
from analysis.audit.facts_budgets import facts_budget
from analysis.audit.facts_evidence import gather
from analysis.audit.facts_masks import facts_mask
from analysis.audit.facts_methods import FACTS_METHODS
from analysis.audit.facts_model import score_choices
from analysis.audit.facts_rtt import Job, asked, retrain
from analysis.audit.facts_stress import hiding_facts
from analysis.audit.facts_unlearn import FactsUnlearning, unlearn_facts
from analysis.audit.facts_verdict import decide_facts
from sample_data.facts_build import trained
from sample_data.facts_measure import opened
from sample_data.facts_rows import make_world
from sample_data.recipes import MODELS

WORLD = make_world()
BUDGET = facts_budget("quick")
RATIO = 0.2
NOTHING, RETRAINED, HIDING = "nothing", "retrained", "hiding"
MASKED = tuple(("grad_diff", mask) for mask in ("wagle", "random"))
METHODS = tuple((m.name, "") for m in FACTS_METHODS)
CONTROLS = ((NOTHING, ""), (RETRAINED, ""), (HIDING, ""))
SETTINGS = {  # besides the defaults: looks cost as much as steps do here
    "fixed_wrong": {"patience": 99, "check_every": 25},
    "random_answers": {"patience": 99, "check_every": 25},
    "overwrite": {"patience": 99, "check_every": 25},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--arms", nargs="+", default=["last", "early"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--rows", nargs="+", help="methods, or method+mask; default all")
    parser.add_argument("--show", action="store_true", help="print what is there")
    parser.add_argument("--write", action="store_true", help="put the table into FACTS.md")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if not given.show:
        for seed in given.seeds:
            for arm in given.arms:
                measure(arm, seed, given)
    print(table(read(given.out)))
    if given.write:
        page = Path(__file__).with_name("FACTS.md")
        head, begin, rest = page.read_text("utf-8").partition("<!-- table -->")
        _, end, tail = rest.partition("<!-- end -->")
        page.write_text(f"{head}{begin}\n\n{table(read(given.out))}\n\n{end}{tail}", "utf-8")


def measure(arm, seed, given):
    masks = MASKED if arm == "last" else ()
    known = {f"{m}+{k}" if k else m: (m, k) for m, k in (*CONTROLS, *METHODS, *masks)}
    wanted = [known[name] for name in given.rows or known if name in known]
    done = {(r["arm"], r["seed"], r["method"], r["mask"]) for r in read(given.out)}
    wanted = [w for w in wanted if (arm, seed, *w) not in done]
    if not wanted:
        return
    original = opened(MODELS / f"facts-mini-{arm}")
    others = {ORIGINAL: original, CONTROL: opened(MODELS / "facts-mini-control")}
    readings = [r for name, model in others.items() for r in attacked(model, name, seed)]
    for method, mask in wanted:
        began = time.monotonic()
        model, steps = unlearned(original, method, mask, seed)
        seconds = time.monotonic() - began
        if model is None:
            continue
        row = figures(model, readings, seed)
        row |= {"arm": arm, "seed": seed, "method": method, "mask": mask, "steps": steps}
        row |= {"seconds": round(seconds, 1), "total": round(time.monotonic() - began, 1)}
        append(given.out, row)
        print(json.dumps(row), flush=True)


def unlearned(original, method, mask, seed):
    """The model to attack and its optimiser steps."""
    if method == NOTHING:
        return original, 0
    if method == RETRAINED:  # another seed than the control's
        return replace(original, module=trained("facts-mini-control", WORLD, 100 + seed).eval()), 0
    if method == HIDING:
        return hiding_facts(original, WORLD.facts, WORLD.retain), 0
    config = FactsUnlearning(method, seed=seed, **{"check_every": 10, **SETTINGS.get(method, {})})
    make = facts_mask(mask, RATIO, seed) if mask else None
    found = unlearn_facts(original, WORLD.facts, WORLD.retain, config, make)
    return found.model, found.result.best.step


def attacked(model, arm, seed):
    """Readings of one arm: asked, then relearned, on the fold of this seed."""
    found = list(asked(model, arm, WORLD.facts, [seed]))
    for rate in BUDGET.learning_rates(1_000_000):
        found += retrain(model, Job(arm, seed, seed, rate), WORLD.facts, BUDGET)
    return found


def figures(model, readings, seed):
    """What the table shows of one model."""
    evidence = gather([*readings, *attacked(model, UNLEARNED, seed)], WORLD.facts.chance)
    verdict = decide_facts(evidence)
    found = {
        "after": accuracy(model, WORLD.facts),
        "retain": accuracy(model, WORLD.retain),
        "untold": accuracy(model, WORLD.other),
        "plain": evidence.plain[UNLEARNED].accuracy.value,
        "elicited": evidence.asked[UNLEARNED].accuracy.value,
        "elicited_by": evidence.asked[UNLEARNED].cell.variant,
        "curve": evidence.attacked[UNLEARNED].curve,
        "verdict": verdict.answer,
        "rule": verdict.rule,
    }
    for arm in (UNLEARNED, ORIGINAL, CONTROL, STRESS):
        if arm in evidence.attacked:
            found[f"recovered_{arm}"] = evidence.attacked[arm].accuracy.to_json()
    return found | {
        "recovery": evidence.recovery.to_json(),
        "corrected": evidence.corrected.to_json(),
    }


def accuracy(model, facts):
    return float(score_choices(model, facts).plain_hits.mean())


def read(path):
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def append(path, row):
    rows = [*read(path), row]
    part = path.with_suffix(".part")
    part.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    part.replace(path)


def table(rows):
    """Markdown: one line per method and arm, mean over its seeds."""
    lines = [
        "| arm | method | facts after | asked in other words | recovered on V (control) "
        "| recovery, floor off (95 % interval of seed 0) | cities kept | trades, not told to keep "
        "| verdict of each seed | s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    keys = dict.fromkeys((r["arm"], r["method"], r["mask"]) for r in rows)
    for arm, method, mask in keys:
        own = [r for r in rows if (r["arm"], r["method"], r["mask"]) == (arm, method, mask)]
        name = f"{method} + {mask} mask, {RATIO:g}" if mask else method
        first = own[0]["corrected"]
        again, floor = (
            mean([r[f"recovered_{a}"]["value"] for r in own]) for a in (UNLEARNED, CONTROL)
        )
        cells = [
            *(arm, name, mean([r["after"] for r in own]), mean([r["elicited"] for r in own])),
            f"{again} ({floor})",
            f"{mean([r['corrected']['value'] for r in own])} "
            f"({first['low']:.2f} to {first['high']:.2f})",
            *(mean([r["retain"] for r in own]), mean([r["untold"] for r in own])),
            ", ".join(r["verdict"] for r in own),
            f"{np.mean([r['seconds'] for r in own]):.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def mean(values):
    return f"{np.mean(values):.2f}"


if __name__ == "__main__":
    main()
