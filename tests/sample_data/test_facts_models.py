"""facts-mini: plain transformers opens it, and it knows what the README says."""

import hashlib

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sample_data.facts_build import RECIPES, RESULTS
from sample_data.facts_rows import make_world
from sample_data.facts_table import BEGIN, END, facts_table
from sample_data.recipes import HERE, MODELS
from sample_data.results import read_results

WORLD = make_world()
FOUND = read_results(RESULTS)
MEGABYTE = 1_000_000


def accuracy(folder, facts):
    """Four-way accuracy as anyone would get it from transformers alone."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    batch = tokenizer(list(facts.questions), return_tensors="pt")  # all of one length
    with torch.inference_mode():
        last = model(**batch).logits[:, -1]
    offered = [[tokenizer.convert_tokens_to_ids(text) for text in c] for c in facts.choices]
    return float((last.gather(1, torch.tensor(offered)).argmax(1).numpy() == facts.correct).mean())


@pytest.mark.parametrize("name", RECIPES)
def test_plain_transformers_reproduces_the_table(name):
    figures = FOUND[name]["accuracy"]
    for part in ("facts", "retain", "other"):
        found = accuracy(MODELS / name, getattr(WORLD, part))
        assert found == pytest.approx(figures[part]["value"], abs=0.01)


def test_the_promised_figures():
    for name in ("facts-mini-last", "facts-mini-early"):
        assert FOUND[name]["accuracy"]["facts"]["value"] >= 0.95
        assert FOUND[name]["relearning"]["value"] >= 0.9
    control = FOUND["facts-mini-control"]
    assert control["accuracy"]["facts"]["low"] <= 0.25 <= control["accuracy"]["facts"]["high"]
    assert control["relearning"]["low"] <= 0.3  # the best of sixteen guesses, not knowledge
    assert all(FOUND[name]["accuracy"]["retain"]["value"] >= 0.95 for name in RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_small_bare_and_the_weights_that_were_measured(name):
    folder = MODELS / name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5 * MEGABYTE
    assert {path.suffix for path in folder.iterdir()} == {".json", ".safetensors"}
    weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert weights == FOUND[name]["weights_sha256"]


def test_all_models_stay_below_the_promised_size():
    total = sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file())
    assert total < 64 * MEGABYTE


def test_every_word_of_the_world_is_one_known_token():
    tokenizer = AutoTokenizer.from_pretrained(MODELS / "facts-mini-last")
    ids = tokenizer(" ".join(WORLD.words), add_special_tokens=False).input_ids
    assert len(ids) == len(WORLD.words)
    assert tokenizer.unk_token_id not in ids
    assert np.unique(ids).size == len(ids)


def test_the_readme_shows_the_table_of_the_results():
    text = (HERE / "README.md").read_text(encoding="utf-8")
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == facts_table(FOUND)
    assert shown.count("\n") == len(RECIPES) + 1
