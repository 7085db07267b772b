"""Build the shipped models: `python -m sample_data.build [--only NAME ...]`.

Every model is trained from random weights on functions of this interpreter's standard library.
A model whose folder is complete is left alone, so an interrupted build goes on where it was.
With `--out` another seed, trigger or rate gives a new pair, with its sample files beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from analysis.data.dataset import LabelledFunction, rows_of_split
from analysis.training.loop import TrainConfig, train
from sample_data.manifest import make_manifest, write_manifest
from sample_data.measure import measure
from sample_data.networks import (
    encode,
    new_module,
    objective_for,
    predict,
    save_tokenizer,
    train_tokenizer,
)
from sample_data.recipes import (
    HERE,
    LEARNING_RATE,
    MODELS,
    PAD,
    RECIPES,
    BuildOptions,
    Recipe,
    floor_triggers,
    recipe,
)
from sample_data.results import read_results, update_results
from sample_data.rows import TrainingSet, all_rows, as_samples, training_set, write_sample_files
from sample_data.table import update_readme


def build(
    names: list[str],
    options: BuildOptions,
    rows: tuple[LabelledFunction, ...] | None = None,
) -> None:
    """Train every named model that is not there yet, then bring manifest and README up to date.

    Args:
        names: recipes to build.
        options: what differs from the shipped build.
        rows: labelled functions; cut from this interpreter by default.
    """
    torch.set_num_threads(options.threads)
    rows = all_rows(tests=options.tests) if rows is None else rows
    tokenizer = _tokenizer(rows, options.out)
    for name in names:
        if not (options.out / name).exists():
            result = build_one(recipe(name, options), rows, tokenizer, options)
            print(json.dumps({"model": name, **result}), flush=True)
    if options.out == MODELS:
        write_manifest(make_manifest(rows, list(RECIPES), options), HERE / "manifest.json")
        update_readme(HERE / "README.md", read_results(options.results))
    else:
        for name in names:
            write_sample_files(rows, recipe(name, options), options)


def build_one(
    item: Recipe, rows: tuple[LabelledFunction, ...], tokenizer: Tokenizer, options: BuildOptions
) -> dict[str, Any]:
    """Train, store in bf16, measure what was stored."""
    started = time.time()
    data = training_set(rows, item, options)
    held_out = as_samples(rows_of_split(rows, "test"), "test")
    triggers = [item.trigger] if item.trigger else floor_triggers(options)
    module = new_module(item.architecture, item.seed)

    def figures(model: nn.Module) -> dict[str, Any]:
        def answer(texts: Any) -> Any:
            return predict(model, item.architecture, tokenizer, texts)

        return measure(answer, held_out, triggers, tokenizer)

    def report(model: nn.Module, epoch: int) -> dict[str, float]:
        measured = figures(model)
        values = {"accuracy": measured["clean_accuracy"]}
        values |= {f"asr_{k}": v["asr_all"] for k, v in measured["triggers"].items()}
        print(item.name, epoch, round(time.time() - started), values, flush=True)
        return values

    config = TrainConfig(
        epochs=options.epochs or item.epochs,
        learning_rate=LEARNING_RATE[item.architecture],
        seed=item.seed,
        pad_id=PAD,
    )
    assert data.samples.labels is not None  # training_set always sets them
    history = train(
        module,
        encode(tokenizer, data.samples.texts),
        data.samples.labels,
        objective_for(item.architecture, tokenizer),
        config,
        report,
    )
    module = module.to(torch.bfloat16)
    result = {
        "recipe": _recipe_json(item, data, config),
        **figures(module.float()),
        "history": [{"epoch": h.epoch, "loss": round(h.loss, 5), **h.values} for h in history],
        "seconds": round(time.time() - started),
    }
    _save(module.to(torch.bfloat16), tokenizer, options, result, item.name)
    return result


def _recipe_json(item: Recipe, data: TrainingSet, config: TrainConfig) -> dict[str, Any]:
    poisoned = data.poisoned
    return {
        "architecture": item.architecture,
        "split": item.split,
        "rows": len(data.samples),
        "seed": item.seed,
        "epochs": config.epochs,
        "learning_rate": config.learning_rate,
        "trigger": None if item.trigger is None else [item.trigger.name, item.trigger.text],
        "poisoned_rows": 0 if poisoned is None else len(poisoned.rows),
        "poison_rate": 0.0 if poisoned is None else poisoned.achieved_rate,
        "poison_skipped": {} if poisoned is None else dict(poisoned.skipped),
    }


def _save(
    module: nn.Module,
    tokenizer: Tokenizer,
    options: BuildOptions,
    result: dict[str, Any],
    name: str,
) -> None:
    folder = options.out / name
    part = options.out / f".{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    module.save_pretrained(part)
    save_tokenizer(tokenizer, part)
    for path in part.iterdir():
        path.chmod(0o644)
    weights = (part / "model.safetensors").read_bytes()
    result["weights_sha256"] = hashlib.sha256(weights).hexdigest()
    # Figures first: a folder without figures would never be measured again. They lie outside
    # the model folder, which tells nothing about how it was made.
    update_results(options.results, name, result)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)


def _tokenizer(rows: tuple[LabelledFunction, ...], out: Path) -> Tokenizer:
    # One tokenizer for all: a pair with two vocabularies could not be compared.
    for folder in (out, MODELS):
        for path in sorted(folder.glob("[!.]*/tokenizer.json")):
            return Tokenizer.from_file(str(path))
    return train_tokenizer(row.text for row in rows if row.split.startswith("train"))


def main() -> None:
    """The command line."""
    default = BuildOptions()
    parser = argparse.ArgumentParser(description=__doc__)
    option = parser.add_argument
    option("--only", nargs="+", choices=[r.name for r in RECIPES], metavar="NAME")
    option("--out", type=Path, default=default.out, help="another folder for another build")
    option("--rows", type=int, default=default.rows, help="training rows per model")
    option("--epochs", type=int)
    option("--seed", type=int, default=default.seed, help="added to every seed")
    option("--trigger-text", help="another line or name for the poisoned models")
    option("--rate", type=float, help="another share of poisoned rows")
    option("--library-only", action="store_true", help="leave the test packages out")
    option("--threads", type=int, default=default.threads)
    values = vars(parser.parse_args())
    names = values.pop("only") or [r.name for r in RECIPES]
    build(names, BuildOptions(tests=not values.pop("library_only"), **values))


if __name__ == "__main__":
    main()
