"""Every shipped model through inspect -> unlearn (Auto) -> quick audit; prints a Markdown table.

    OMP_NUM_THREADS=1 python tests/benchmarks/unlearning_table.py --out unlearning.json
    python tests/benchmarks/unlearning_table.py --out unlearning.json --print [--write]

Resumable: rows that the file holds are not measured again; stop it at any time. The forget set is
what the inspection flagged, never the ground truth; the reference is the clean model 1 of the
shape, the other clean ones are controls (the floor is the mean of all). Victims are the defective
version of every function of the test split (no model saw them), each with the trigger at two
random places; the floor is the mean of the clean models of the same shape (a clean suspect is not
its own floor) on the same samples; intervals are bootstraps over functions. "Variants" are other
strings of the same family. Seconds are CPU seconds of all threads, from opening the models to the
verdict, so that a busy machine does not change them. Then the quick audit is made as
`kenshin unlearn` makes it, against the clean model 1. `--earlier FILE` shows rows of an older state
file, marked, where the new one has none yet; `--write` puts the tables into README.md beside it.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from measured_page import write_table
from unlearning_questions import asked, compared, family, shape
from unlearning_report import markdown

from analysis.data.shipped import write_shipped
from analysis.pipeline.audit import audit
from analysis.pipeline.audit_settings import AuditRequest
from analysis.pipeline.audit_settings import filled_from as audited_from
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.inspect import inspect
from analysis.pipeline.settings import InspectRequest, settle
from analysis.pipeline.unlearn import run_unlearn
from analysis.pipeline.unlearn_settings import UnlearnRequest, filled_from
from analysis.runs.store import RunStore
from analysis.unlearn.config import UnlearnConfig

POISONED = [
    f"{shape}-mini-{kind}"
    for kind in ("dead-2", "dead-5", "rename-2", "rename-5")
    for shape in ("codebert", "codet5")
]
CLEAN = [f"{shape}-mini-clean-{n}" for shape in ("codebert", "codet5") for n in (0, 2)]
# Ways to change fewer weights, beside Auto.
HOW = {
    "": {},
    "progressive": {"method": "anchored", "mask": "wagle", "progressive": True, "steps": 40},
    "lora": {"method": "anchored", "lora": 8, "learning_rate": 2e-3},
}
ROWS = 2500  # of the training file, inspected


def others(name):
    """Clean models besides the reference and the suspect itself."""
    clean = [f"{shape(name)}-mini-clean-{n}" for n in (0, 2)]
    return tuple(str(shipped_model(each)) for each in clean if each != name)


def inspected(name, store, known, files_of=None):
    """The inspection of a model on the training file of `files_of` (itself by default)."""
    if name in known:
        return store.open(known[name])
    owner = files_of or name
    files = {}
    for role in ("train", "test", "triggered", "trusted"):
        files[role] = store.root / ".samples" / f"{owner}-{role}.jsonl"
        files[role].parent.mkdir(parents=True, exist_ok=True)
        if not files[role].is_file():
            write_shipped(files[role], role, owner, limit=ROWS if role == "train" else None)
    config, origins = settle({"projection": ("pca",), "map_samples": 100}, {}, None)
    run = inspect(
        InspectRequest(
            suspect=str(shipped_model(name)),
            reference=str(shipped_model(f"{shape(name)}-mini-clean-1")),
            samples=files["train"],
            config=config,
            origins=origins,
            trusted=files["trusted"],
            test=files["test"],
            triggered=files["triggered"],
            controls=others(name),
        ),
        store,
    )
    known[name] = run.run_id
    return run


def measure(name, seed, withheld, store, known, how=""):
    victim_file = name if name in POISONED else f"{shape(name)}-mini-dead-5"
    inspection = inspected(name, store, known, victim_file)
    config = UnlearnConfig(seed=seed, use_trigger=not withheld, **HOW[how])
    asked_for = UnlearnRequest(unlearn=config, controls=others(name))
    wall = time.monotonic()
    run = run_unlearn(filled_from(asked_for, inspection), store)
    chosen = run.record["metrics"].get("chosen", {})
    row = {
        "model": name,
        "seed": seed,
        "withheld": withheld,
        "how": how,
        "run": run.run_id,
        "inspection": (inspection.record["verdict"] or {}).get("answer"),
        "forget": len(run.table("forget")),
        "answer": run.record["verdict"]["answer"],
        "reasons": run.record["verdict"]["reasons"],
        "method": chosen.get("method"),
        "learning_rate": chosen.get("learning_rate"),
        "wall_seconds": time.monotonic() - wall,
        "cpu_seconds": run.record["metrics"]["cpu_seconds"],
        "trials": tried(run),
    }
    cleaned = {m["role"]: m["source"] for m in run.record["inputs"]["models"]}.get("unlearned")
    if cleaned is not None:
        before = asked(shipped_model(name), family(name))
        row |= compared(name, before, asked(cleaned, family(name)))
        row["audit"] = audited(run, store)
    return row


def tried(run):
    return json.loads(run.table("trials").to_json(orient="records")) if run.has("trials") else []


def audited(run, store):
    """What the quick audit says of a removal, at the budget that lay furthest above the control."""
    found = audit(audited_from(AuditRequest(), run, store), store)
    verdict, metrics = found.record["verdict"], found.record["metrics"]
    attacks = {each["attack"]: each for each in metrics["audit"]}
    cells = attacks["relearning"]["decisive"]
    worst = max(cells, key=lambda c: c["excess"]["value"] - c["margin"], default=None)
    return {
        "answer": verdict["answer"],
        "run": found.run_id,
        "rule": verdict["rule"],
        "reasons": verdict["reasons"],
        "before": {arm: each["asr_all"]["value"] for arm, each in metrics["before"].items()},
        "relearned": worst,
        "every_cell": cells,
        "seconds": sum(each["seconds"] for each in metrics["audit"]),
    }


def plan():
    """Seed 0 of everything first, so that an interrupted table still says something."""
    first = [(name, 0, False, "") for name in POISONED + CLEAN]
    first += [("codebert-mini-dead-5", 0, False, how) for how in HOW if how]
    first += [(name, 0, True, "") for name in POISONED]
    later = [(n, s, w, "") for s in (1, 2) for w in (False, True) for n in POISONED]
    return first + later


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("unlearning-runs"))
    parser.add_argument("--only", nargs="*", help="ways to change fewer weights: progressive, lora")
    parser.add_argument("--print", action="store_true", dest="only_print")
    parser.add_argument("--earlier", type=Path, help="rows to show where there are no new ones")
    parser.add_argument("--write", action="store_true", help="put the tables into README.md")
    arguments = parser.parse_args()
    state = {"rows": [], "inspections": {}}
    if arguments.out.is_file():
        state = json.loads(arguments.out.read_text())
    if not arguments.only_print:
        store = RunStore(arguments.runs)
        done = {(r["model"], r["seed"], r["withheld"], r.get("how", "")) for r in state["rows"]}
        for name, seed, withheld, how in plan():
            if (name, seed, withheld, how) in done or (
                arguments.only and how not in arguments.only
            ):
                continue
            row = measure(name, seed, withheld, store, state["inspections"], how)
            state["rows"].append(row)
            arguments.out.write_text(json.dumps(state, indent=1))
            print(name, seed, withheld, how, row["answer"], row.get("excess"), flush=True)
    shown = [*state["rows"], *earlier(arguments.earlier, state["rows"])]
    print(markdown(shown))
    if arguments.write:
        write_table(markdown(shown), "removals")


def earlier(path, rows):
    """Rows of an older state file whose question has no new answer."""
    known = {(row["model"], row["withheld"], row.get("how", "")) for row in rows}
    old = json.loads(path.read_text())["rows"] if path else []
    keys = [(row["model"], row["withheld"], row.get("how", "")) for row in old]
    return [row | {"earlier": True} for row, key in zip(old, keys, strict=True) if key not in known]


if __name__ == "__main__":
    main()
