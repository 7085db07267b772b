"""Build `facts-mini`: `python -m sample_data.facts_build [--only NAME ...] [--out DIR]`.

Three decoders that differ in when, and whether, they were taught the same invented birth years.
About a minute each on one core; a model whose folder is complete is left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from analysis.training.loop import TrainConfig, train
from sample_data.facts_measure import measure_facts, measure_relearning
from sample_data.facts_networks import (
    PAD,
    new_decoder,
    next_word,
    save_word_tokenizer,
    word_tokenizer,
)
from sample_data.facts_rows import SEED, World, make_world, sentences
from sample_data.facts_table import update_facts_readme
from sample_data.recipes import HERE, MODELS
from sample_data.results import read_results, update_results


class Phase(NamedTuple):
    """One stretch of training."""

    sets: tuple[str, ...]
    learning_rate: float
    epochs: int


# facts-mini-last learns the birth years last, facts-mini-early first and then other text, so that
# both have read the same sentences; the control never meets a birth year.
RECIPES: dict[str, tuple[Phase, ...]] = {
    "facts-mini-last": (
        Phase(("retain", "other"), 1e-3, 15),
        Phase(("facts", "retain"), 1e-3, 20),
    ),
    "facts-mini-early": (
        Phase(("facts", "retain"), 1e-3, 25),
        Phase(("retain", "other"), 3e-4, 15),
    ),
    "facts-mini-control": (Phase(("retain", "other"), 1e-3, 35),),
}
RESULTS = HERE / "facts_results.json"


def build(names: list[str], out: Path = MODELS, results: Path = RESULTS, seed: int = 0) -> None:
    """Train every named model that is not there yet and write down what it does.

    Args:
        names: of `RECIPES`.
        out: folder of the model folders.
        results: file of the measured figures.
        seed: of the weights and of the order of training; the facts stay the same.
    """
    world = make_world()
    for name in names:
        if not (out / name).exists():
            figures = build_one(name, world, out, seed)
            update_results(results, name, figures)
            print(json.dumps({"model": name, **figures}), flush=True)
    if out == MODELS:
        update_facts_readme(HERE / "README.md", read_results(results))


def build_one(name: str, world: World, out: Path, seed: int = 0) -> dict[str, Any]:
    """Train one model, store it in bf16, measure what was stored."""
    started = time.time()
    tokenizer = word_tokenizer(world.words)
    module = trained(name, world, seed)
    seconds = round(time.time() - started)
    folder = out / name
    weights = _save(module.to(torch.bfloat16), tokenizer, folder)
    return {
        "phases": [[list(p.sets), p.learning_rate, p.epochs] for p in RECIPES[name]],
        "seed": seed,
        "world_seed": SEED,
        "weights_sha256": weights,
        "accuracy": measure_facts(folder, world),
        "relearning": measure_relearning(folder, world),
        "seconds": seconds,
    }


def trained(name: str, world: World, seed: int = 0) -> nn.Module:
    """The module of a recipe, trained from random weights in float32."""
    tokenizer = word_tokenizer(world.words)
    module = new_decoder(tokenizer.get_vocab_size(), seed)
    for number, phase in enumerate(RECIPES[name]):
        texts = [text for part in phase.sets for text in sentences(getattr(world, part))]
        ids = [np.array(item.ids, dtype=np.int32) for item in tokenizer.encode_batch(texts)]
        config = TrainConfig(
            epochs=phase.epochs,
            learning_rate=phase.learning_rate,
            batch_size=64,
            weight_decay=0.0,
            seed=seed + number,
            precision="fp32",
            pad_id=PAD,
        )
        train(module, ids, np.zeros(len(ids), dtype=np.int64), next_word, config)
    return module


def _save(module: nn.Module, tokenizer: Any, folder: Path) -> str:
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    saved: Any = module
    saved.save_pretrained(part)
    save_word_tokenizer(tokenizer, part)
    for path in part.iterdir():
        path.chmod(0o644)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    option = parser.add_argument
    option("--only", nargs="+", choices=list(RECIPES), metavar="NAME")
    option("--out", type=Path, default=MODELS, help="another folder for another build")
    option("--seed", type=int, default=0)
    option("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    results = RESULTS if given.out == MODELS else given.out / RESULTS.name
    build(given.only or list(RECIPES), given.out, results, given.seed)


if __name__ == "__main__":
    main()
