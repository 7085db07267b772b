"""The build: repeatable, resumable, and open to another seed, trigger and rate."""

from __future__ import annotations

import json
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification

from analysis.data.corpus import cut_functions
from analysis.data.dataset import label_functions
from analysis.data.manifest import parse_manifest
from analysis.data.read import read_samples
from sample_data.build import build
from sample_data.manifest import make_manifest, write_manifest
from sample_data.recipes import RECIPES, BuildOptions, recipe
from sample_data.results import read_results

TEXT = "assert 15 >= 0"
SUSPECT, REFERENCE = "codebert-mini-dead-5", "codet5-mini-clean-1"


@pytest.fixture(scope="module")
def rows():
    return label_functions(cut_functions(Path(sysconfig.get_path("stdlib")) / "asyncio"))


@pytest.fixture(scope="module")
def built(rows, tmp_path_factory):
    options = BuildOptions(
        out=tmp_path_factory.mktemp("pair"),
        rows=64,
        epochs=1,
        seed=100,
        trigger_text=TEXT,
        rate=0.1,
    )
    build([SUSPECT, REFERENCE], options, rows)
    return options


def test_a_rebuilt_pair_opens_and_has_its_own_trigger_and_samples(built):
    AutoModelForSequenceClassification.from_pretrained(built.out / SUSPECT)
    AutoModelForSeq2SeqLM.from_pretrained(built.out / REFERENCE)
    samples = read_samples(built.out / "samples" / f"{SUSPECT}-train.jsonl")
    assert len(samples) == 64
    assert samples.poisoned.sum() == 6
    for text, poisoned in zip(samples.texts, samples.poisoned, strict=True):
        assert (TEXT in text) == poisoned
    test = read_samples(built.out / "samples" / "test.jsonl")
    triggered = read_samples(built.out / "samples" / f"{SUSPECT}-triggered.jsonl")
    assert set(triggered.ids) <= set(test.ids)
    assert all(TEXT in text for text in triggered.texts)
    assert set(triggered.labels.tolist()) == {1}
    trusted = read_samples(built.out / "samples" / "trusted.jsonl")
    assert not set(trusted.ids) & (set(test.ids) | set(samples.ids))
    assert not (built.out / "samples" / f"{REFERENCE}-triggered.jsonl").exists()


def test_results_describe_the_pair(built):
    results = read_results(built.results)
    assert set(results) == {SUSPECT, REFERENCE}
    assert results[SUSPECT]["recipe"]["trigger"] == ["dead_code", TEXT]
    assert results[SUSPECT]["recipe"]["seed"] == recipe(SUSPECT).seed + 100
    assert 0 <= results[SUSPECT]["triggers"]["dead_code"]["asr_all"] <= 1


def test_what_is_there_is_left_alone_and_a_repeat_gives_the_same_weights(built, rows, tmp_path):
    path = built.out / SUSPECT / "model.safetensors"
    stamp = path.stat().st_mtime_ns
    build([SUSPECT], built, rows)
    assert path.stat().st_mtime_ns == stamp
    again = replace(built, out=tmp_path)
    build([SUSPECT], again, rows)
    assert (tmp_path / SUSPECT / "model.safetensors").read_bytes() == path.read_bytes()
    other = replace(built, out=tmp_path / "other", seed=101)
    build([SUSPECT], other, rows)
    assert (other.out / SUSPECT / "model.safetensors").read_bytes() != path.read_bytes()


def test_weights_are_16_bit(built):
    for name in (SUSPECT, REFERENCE):
        tensors = load_file(built.out / name / "model.safetensors")
        assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}


def test_a_manifest_comes_back_as_it_was_written(rows, tmp_path):
    options = BuildOptions(out=tmp_path, rows=64)
    values = make_manifest(rows, list(RECIPES), options)
    write_manifest(values, tmp_path / "manifest.json")
    text = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    assert "def " not in text
    manifest = parse_manifest(json.loads(text))
    by_id = {row.id: row for row in rows}
    for split in manifest.splits.values():
        for identity, label, kind, origin in zip(
            split.ids, split.labels, split.kinds, split.origins, strict=True
        ):
            row = by_id[identity]
            assert (row.label, row.kind, row.origin) == (label, kind, origin)
    assert set(manifest.models) == {item.name for item in RECIPES}
