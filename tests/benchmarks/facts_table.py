"""Which method removes facts, and which only hides them; prints a table.

    python tests/benchmarks/facts_table.py --out results.json [--arms last early] [--seeds 0 1 2]
    python tests/benchmarks/facts_table.py --out results.json --show [--write]

Each row unlearns the 785 birth years of facts-mini and attacks the result: asked in seven ways,
then trained on four folds of the facts and asked for the fifth (the fold with the number of the
seed), two learning rates, four epochs; original, control and hider get the same, once for each arm
and seed. The seeds of a row are read together: different unlearnings, different facts in V. Rows
that are in the file already are left out, so an interrupted table goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from facts_table_text import RATIO, REFERENCE, packed, table

from analysis.audit.arms import CONTROL, ORIGINAL, STRESS, UNLEARNED
from analysis.audit.facts_budgets import facts_budget
from analysis.audit.facts_masks import facts_mask
from analysis.audit.facts_model import score_choices
from analysis.audit.facts_rtt import Job, asked, retrain
from analysis.audit.facts_specs import FACTS_METHODS
from analysis.audit.facts_stress import hiding_facts
from analysis.audit.facts_unlearn import FactsUnlearning, unlearn_facts
from sample_data.facts_build import trained
from sample_data.facts_measure import opened
from sample_data.facts_rows import make_world
from sample_data.recipes import MODELS

WORLD = make_world()
BUDGET = facts_budget("quick")
NOTHING, RETRAINED, HIDING = "nothing", "retrained", "hiding"
MASKED = tuple(
    (method, mask)
    for method in ("grad_diff", "npo", "rmu", "random_answers")
    for mask in ("wagle", "random")
)
METHODS = tuple((m.name, "") for m in FACTS_METHODS)
CONTROLS = ((NOTHING, ""), (HIDING, ""), (RETRAINED, ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--arms", nargs="+", default=["early", "last"])
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
    """Every row of one arm and seed that is not there yet."""
    known = {f"{m}+{k}" if k else m: (m, k) for m, k in (*METHODS, *CONTROLS, *MASKED)}
    wanted = [known[name] for name in given.rows or known if name in known]
    done = {(r["arm"], r["seed"], r["method"], r["mask"]) for r in read(given.out)}
    wanted = [w for w in wanted if (arm, seed, *w) not in done]
    if not wanted:
        return
    original = opened(MODELS / f"facts-mini-{arm}")
    references = {ORIGINAL: original, CONTROL: opened(MODELS / "facts-mini-control")}
    hider = hiding_facts(original, WORLD.facts, WORLD.retain)
    if hider is not None:
        references[STRESS] = hider
    for name, model in references.items():
        if (arm, seed, name, REFERENCE) not in done:
            row = {"arm": arm, "seed": seed, "method": name, "mask": REFERENCE}
            append(given.out, row | {"readings": attacked(model, name, seed)})
    for method, mask in wanted:
        began = time.process_time()
        model, steps = hider if method == HIDING else None, 0
        if model is None and method != HIDING:
            model, steps = unlearned(original, method, mask, seed)
        seconds = time.process_time() - began
        if model is not None:
            row = {"arm": arm, "seed": seed, "method": method, "mask": mask, "steps": steps}
            row |= {"seconds": round(seconds, 1), **looked(model), "chance": WORLD.facts.chance}
            append(given.out, row | {"readings": attacked(model, UNLEARNED, seed)})
            print(arm, seed, method, mask, steps, round(seconds, 1), flush=True)


def unlearned(original, method, mask, seed):
    """The model to attack and the steps of the checkpoint that was kept."""
    if method == NOTHING:
        return original, 0
    if method == RETRAINED:  # another seed than the control's
        return replace(original, module=trained("facts-mini-control", WORLD, 100 + seed).eval()), 0
    config = FactsUnlearning(method, seed=seed)
    make = facts_mask(mask, RATIO, seed) if mask else None
    found = unlearn_facts(original, WORLD.facts, WORLD.retain, config, make)
    return found.model, found.result.best.step


def attacked(model, arm, seed):
    """Readings of one arm: asked, then relearned, on the fold of this seed."""
    found = list(asked(model, arm, WORLD.facts, [seed]))
    for rate in BUDGET.learning_rates(1_000_000):
        found += retrain(model, Job(arm, seed, seed, rate), WORLD.facts, BUDGET)
    return [packed(reading) for reading in found]


def looked(model):
    """Plain accuracy on what was to go, on what was to stay, and on what no list named."""
    sets = {"after": WORLD.facts, "retain": WORLD.retain, "untold": WORLD.other}
    return {n: float(score_choices(model, facts).plain_hits.mean()) for n, facts in sets.items()}


def read(path):
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def append(path, row):
    rows = [json.dumps(each) for each in (*read(path), row)]
    part = path.with_suffix(".part")
    part.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")
    part.replace(path)


if __name__ == "__main__":
    main()
