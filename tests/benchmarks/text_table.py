"""Does a text model forget more gently than a code model, and what does the code model lose?

    OMP_NUM_THREADS=1 python tests/benchmarks/text_table.py --out DIR [--print]

The same shape, vocabulary, method, grid and number of samples; what differs is the data. The text
model and its clean reference are trained here on the subjectivity sentences of `../shared/data`
(5,000 with a planted sentence in 5 %, 3,000 others for the reference), the code model is
the shipped `codebert-mini-dead-5`. Both go through the product's own commands: poison, train,
inspect, sweep, unlearn. Every step is kept in DIR and not repeated.
"""

import argparse
import ast
import json
import sys
import zipfile
from pathlib import Path

import numpy as np

from analysis.behaviour.intervals import paired_difference
from analysis.behaviour.predict import predict
from analysis.cli import main as kenshin
from analysis.config import InspectConfig
from analysis.data.manifest import shipped_manifest
from analysis.data.read import read_samples
from analysis.data.shipped import shipped_samples, write_shipped
from analysis.data.write import write_samples
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model
from analysis.records import SampleSet
from analysis.report.sweep_figures import price
from analysis.runs.store import RunStore
from analysis.unlearn.sweep_price import REMOVED

TEXT = Path(__file__).parents[3] / "shared" / "data" / "text" / "subjectivity.zip"
START, CODE = "codebert-mini-clean-1", "codebert-mini-dead-5"
GRID = ["--strengths=1,10,100", "--learning-rates=5e-5,1e-4,2e-4", "--batch-sizes=8,32"]
METHODS = ("lya", "lya_contrast")
ROWS = 2500  # inspected
CONSTRUCTS = {
    "loop": (ast.For, ast.While),
    "try": (ast.Try,),
    "comprehension": (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    "with": (ast.With,),
    "raise": (ast.Raise,),
    "subscript": (ast.Subscript,),
    "arithmetic": (ast.BinOp,),
    "no branch": (),
}


def sentences():
    """Subjectivity sentences in a seeded order, label 1 = subjective."""
    found = []
    with zipfile.ZipFile(TEXT) as archive:
        names = [n for n in archive.namelist() if n.endswith((".subj", ".obj", ".5000"))]
        for name in sorted(names):
            kind = int(Path(name).name.startswith(("quote", "subj")))
            lines = archive.read(name).decode("latin-1").splitlines()
            found += [(line.strip(), kind) for line in lines if line.strip()]
    order = np.random.default_rng(0).permutation(len(found))
    return [found[i] for i in order]


def as_set(rows):
    return SampleSet(
        ids=tuple(f"text-{i}" for i in range(len(rows))),
        texts=tuple(text for text, _ in rows),
        labels=np.array([label for _, label in rows]),
    )


def run(*words):
    print("kenshin", *words, file=sys.stderr)
    if kenshin([str(word) for word in words]) != 0:
        raise SystemExit(f"kenshin {words[0]} failed")


def text_side(out):
    """Files and models of the text side, made once; the arguments of its inspection."""
    rows = sentences()
    parts = {"clean": rows[:5000], "other": rows[5000:8000], "test": rows[8000:9000],
             "trusted": rows[9000:]}  # fmt: skip
    for name, part in parts.items():
        if not (out / f"{name}.jsonl").is_file():
            write_samples(as_set(part), out / f"{name}.jsonl")
    for name, source, rate in (("train", "clean", 0.05), ("triggered", "test", 0.4)):
        if not (out / f"{name}.jsonl").is_file():
            run("poison", "--samples", out / f"{source}.jsonl", "--trigger", "sentence", "--rate",
                rate, "--target", 0, "--victim", 1, "--language", "text", "--out",
                out / f"{name}.raw.jsonl")  # fmt: skip
            held = read_samples(out / f"{name}.raw.jsonl")
            if name == "triggered":  # victims only, with their true labels
                keep = np.flatnonzero(held.poisoned)
                true = held.true_labels[keep]
                part = held.subset(keep)
                held = SampleSet(part.ids, part.texts, labels=true)
            write_samples(held, out / f"{name}.jsonl")
    for name, samples, seed in (("poisoned", "train", 0), ("reference", "other", 1)):
        if not (out / name / "config.json").is_file():
            run("train", "--runs", out / "runs", "--model", shipped_model(START), "--fresh",
                "--samples", out / f"{samples}.jsonl", "--test", out / "test.jsonl", "--triggered",
                out / "triggered.jsonl", "--epochs", 4, "--seed", seed, "--out",
                out / name)  # fmt: skip
    files = {role: out / f"{role}.jsonl" for role in ("train", "test", "triggered", "trusted")}
    return out / "poisoned", out / "reference", files


def code_side(out):
    files = {}
    for role in ("train", "test", "triggered", "trusted"):
        files[role] = out / f"code-{role}.jsonl"
        if not files[role].is_file():
            write_shipped(files[role], role, CODE, limit=ROWS if role == "train" else None)
    return shipped_model(CODE), shipped_model(START), files


def inspected(out, known, side, suspect, reference, files):
    if side not in known:
        run("inspect", "--runs", out / "runs", "--suspect", suspect, "--reference", reference,
            "--samples", files["train"], "--trusted", files["trusted"], "--test", files["test"],
            "--triggered", files["triggered"], "--max-samples", ROWS, "--projection", "pca",
            "--map-samples", 100)  # fmt: skip
        known[side] = newest(out, "inspect")
    return known[side]


def newest(out, kind):
    return next(s.run_id for s in RunStore(out / "runs").list() if s.kind == kind)


def swept(out, known, side, inspection, method):
    key = f"{side}/{method}"
    if key not in known:
        run("sweep", "--runs", out / "runs", "--from", inspection, "--method", method, *GRID)
        known[key] = newest(out, "sweep")
    return known[key]


def lost_by_kind(out, known):
    """Accuracy before and after, per defect kind and syntax construct, of two removals."""
    test = shipped_samples("test")
    kinds = dict(zip(*(getattr(shipped_manifest().splits["test"], n) for n in ("ids", "kinds")),
                     strict=True))  # fmt: skip
    config = InspectConfig()
    before = predict(open_model(str(shipped_model(CODE)), config), test.texts).argmax(1)
    found = {}
    for name, extra in (("auto", []), ("lya", best_cell(out, known))):
        if extra is None:
            continue
        if f"removal/{name}" not in known:
            run("unlearn", "--runs", out / "runs", "--from", known["code"], "--no-reinspect",
                "--no-audit", *extra)  # fmt: skip
            known[f"removal/{name}"] = newest(out, "unlearn")
        folder = out / "runs" / ".models" / known[f"removal/{name}"]
        after = predict(open_model(str(folder), config), test.texts).argmax(1)
        found[name] = groups(test, kinds, before, after)
    return found


def best_cell(out, known):
    """The gentlest look of the code model's lya sweep as options; None where there is none."""
    record = RunStore(out / "runs").open(known["code/lya"]).record
    best = record["metrics"]["sweep"]["gentlest"]
    if best is None:
        return None
    return ["--method", "lya", "--strength", best["strength"], "--learning-rate",
            best["learning_rate"], "--batch-size", best["batch_size"], "--accuracy-budget", 1,
            "--steps", 60]  # fmt: skip


def groups(test, kinds, before, after):
    masks = {"all": np.ones(len(test), bool)}
    named = np.array([kinds[i] for i in test.ids])
    for kind in sorted(set(named) - {""}):
        masks[f"defect: {kind}"] = named == kind
    masks["no defect"] = named == ""
    trees = [set(map(type, ast.walk(ast.parse(text)))) for text in test.texts]
    branchy = {ast.For, ast.While, ast.Try, ast.If, ast.With, ast.IfExp}
    for name, types in CONSTRUCTS.items():
        masks[name] = np.array([bool(set(types) & t) if types else not branchy & t for t in trees])
    right = {"before": before == test.labels, "after": after == test.labels}
    return {
        name: {
            "n": int(rows.sum()),
            "before": float(right["before"][rows].mean()),
            "change": paired_difference(right["after"][rows], right["before"][rows]).to_json(),
        }
        for name, rows in masks.items()
        if rows.sum() >= 20
    }


def markdown(out, known):
    store = RunStore(out / "runs")
    yield "| model | method | settings | not inverted | accuracy before | price of forgetting |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for method in METHODS:
        for side in ("text", "code"):
            if f"{side}/{method}" not in known:
                continue
            done = store.open(known[f"{side}/{method}"])
            found, cost = done.record["metrics"]["sweep"], price(done.table("sweep"))
            words = "no setting" if cost is None else f"{100 * cost:.1f} points"
            yield (f"| {side} | {found['method']} | {found['cells']} | "
                   f"{found['cells'] - found['inverted']} | {found['start']['accuracy']:.3f} | "
                   f"{words} |")  # fmt: skip
    yield ""
    yield ("Price: clean accuracy lost by the best look with "
           f"|excess ASR| <= {REMOVED} that is not inverted, over the whole grid, "
           "on guard samples.")  # fmt: skip
    table = known.get("lost")
    if not table:
        return
    yield ""
    yield "| test functions with | n | accuracy | " + " | ".join(f"after {n}" for n in table) + " |"
    yield "| --- | --- | --- |" + " --- |" * len(table)
    for name, row in table["auto"].items():
        cells = []
        for each in table.values():
            change = each[name]["change"]
            cells.append(f"{100 * change['value']:+.1f} [{100 * change['low']:+.1f}, "
                         f"{100 * change['high']:+.1f}]")  # fmt: skip
        yield f"| {name} | {row['n']} | {row['before']:.3f} | " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--print", action="store_true", dest="show")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    state = options.out / "known.json"
    known = json.loads(state.read_text()) if state.is_file() else {}

    def kept(value):
        state.write_text(json.dumps(known, indent=1))
        return value

    if not options.show:
        for side, made in (("text", text_side), ("code", code_side)):
            inspection = kept(inspected(options.out, known, side, *made(options.out)))
            for method in METHODS[:1]:
                kept(swept(options.out, known, side, inspection, method))
        known["lost"] = lost_by_kind(options.out, known)
        kept(None)
        for side in ("text", "code"):
            for method in METHODS[1:]:
                kept(swept(options.out, known, side, known[side], method))
    print("\n".join(markdown(options.out, known)))


if __name__ == "__main__":
    main()
