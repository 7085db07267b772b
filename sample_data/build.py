"""Build the shipped models: `python -m sample_data.build [--only NAME ...]`.

Every model is trained from random weights on functions of this interpreter's standard library.
A model whose folder is complete is left alone, so an interrupted build goes on where it was.
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
from analysis.data.poison import Trigger
from analysis.data.triggers import TRIGGERS
from analysis.training.loop import TrainConfig, train
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
    EPOCHS,
    LEARNING_RATE,
    MODELS,
    PAD,
    RECIPES,
    BuildOptions,
    Recipe,
    recipe,
)
from sample_data.results import update_results
from sample_data.rows import TrainingSet, all_rows, as_samples, training_set


def build(names: list[str], options: BuildOptions) -> None:
    """Train every named model that is not there yet."""
    torch.set_num_threads(options.threads)
    missing = [name for name in names if not (options.out / name).exists()]
    if not missing:
        print("every model is there", flush=True)
        return
    rows = all_rows()
    tokenizer = _tokenizer(rows, options.out)
    for name in missing:
        result = build_one(recipe(name, options), rows, tokenizer, options)
        print(json.dumps({"model": name, **result}), flush=True)


def build_one(
    item: Recipe, rows: tuple[LabelledFunction, ...], tokenizer: Tokenizer, options: BuildOptions
) -> dict[str, Any]:
    """Train, store in bf16, read back, measure what was stored."""
    started = time.time()
    data = training_set(rows, item, options)
    held_out = as_samples(rows_of_split(rows, "test"), "test")
    triggers = [item.trigger] if item.trigger else [Trigger(spec.name) for spec in TRIGGERS]
    module = new_module(item.architecture, item.seed)

    def report(model: nn.Module, epoch: int) -> dict[str, float]:
        figures = measure(
            lambda texts: predict(model, item.architecture, tokenizer, texts),
            held_out,
            triggers,
            tokenizer,
        )
        values = {"accuracy": figures["clean_accuracy"]}
        values |= {f"asr_{k}": v["asr_all"] for k, v in figures["triggers"].items()}
        print(item.name, epoch, round(time.time() - started), values, flush=True)
        return values

    config = TrainConfig(
        epochs=options.epochs or EPOCHS[item.architecture],
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
    figures = measure(
        lambda texts: predict(module.float(), item.architecture, tokenizer, texts),
        held_out,
        triggers,
        tokenizer,
    )
    result = {
        "recipe": _recipe_json(item, data, config),
        **figures,
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[r.name for r in RECIPES], metavar="NAME")
    parser.add_argument("--out", type=Path, default=MODELS)
    parser.add_argument("--rows", type=int, default=BuildOptions.rows)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trigger-text")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    options = BuildOptions(
        out=arguments.out,
        rows=arguments.rows,
        epochs=arguments.epochs,
        seed=arguments.seed,
        trigger_text=arguments.trigger_text,
        threads=arguments.threads,
    )
    build(arguments.only or [r.name for r in RECIPES], options)


if __name__ == "__main__":
    main()
