"""The shipped models' sample sets: cut here, equal to what the manifest says."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter

import numpy as np
import pytest

from analysis.data.corpus import split_of
from analysis.data.manifest import parse_manifest, shipped_manifest
from analysis.data.read import read_samples
from analysis.data.shipped import SETS, shipped_samples, write_shipped
from analysis.errors import RequestError

POISONED = [name for name, entry in shipped_manifest().models.items() if entry.poison]


@pytest.fixture(scope="module")
def manifest():
    return shipped_manifest()


@pytest.fixture(scope="module")
def held_out():
    return shipped_samples("test")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_manifest_holds_no_text_and_its_sets_share_nothing(manifest):
    ids = Counter(i for split in manifest.splits.values() for i in split.ids)
    assert set(ids.values()) == {1}
    for split in manifest.splits.values():
        assert len(split.ids) == len(split.labels) == len(split.kinds) == len(split.origins)
        assert all(len(i) == 16 and int(i, 16) >= 0 for i in split.ids)
        assert 0.45 < np.mean(split.labels) < 0.55
    assert set(manifest.splits) == {"train_a", "train_b", "test", "trusted"}


def test_clean_rows_name_their_split_by_their_own_hash(manifest):
    for name, split in manifest.splits.items():
        for identity, label in zip(split.ids, split.labels, strict=True):
            if label == 0:
                assert split_of(identity) == name


def test_poisoned_rows_are_defective_training_rows_and_rates_are_nested(manifest):
    for model in manifest.models.values():
        if model.poison is None:
            continue
        split = manifest.splits[model.split]
        labels = dict(zip(split.ids, split.labels, strict=True))
        assert all(labels[i] == model.poison.victim for i in model.poison.ids)
        rate = len(model.poison.ids) / len(split.ids)
        # One model took the trigger only at a higher rate than its name says (README).
        promised = 0.03 if model.name == "codebert-mini-rename-2" else int(model.name[-1]) / 100
        assert rate == pytest.approx(promised)
    for family in ("dead", "rename"):
        low, high = (manifest.model(f"codebert-mini-{family}-{rate}").poison for rate in (2, 5))
        assert low.ids < high.ids


def test_the_reference_saw_none_of_the_suspects_rows(manifest):
    suspects = {m.split for m in manifest.models.values() if m.poison}
    assert suspects == {"train_a"}
    for architecture in ("codebert-mini", "codet5-mini"):
        assert manifest.model(f"{architecture}-clean-1").split == "train_b"
        assert manifest.model(f"some/folder/{architecture}-clean-0/").split == "train_a"


def test_held_out_rows_are_what_the_manifest_hashed(manifest, held_out):
    split = manifest.splits["test"]
    labels = dict(zip(split.ids, split.labels, strict=True))
    assert len(held_out) > 0.6 * len(split.ids)  # 3.13 has 0.77
    for identity, text, label in zip(held_out.ids, held_out.texts, held_out.labels, strict=True):
        assert _short(text) == identity
        assert labels[identity] == label
    trusted = shipped_samples("trusted")
    assert not set(trusted.ids) & set(held_out.ids)


def test_a_training_file_holds_the_poison_the_model_saw(manifest):
    name = "codebert-mini-dead-5"
    samples = shipped_samples("train", name)
    entry = manifest.model(name).poison
    assert 0.03 < samples.poisoned.mean() < 0.07
    for row, identity in enumerate(samples.ids):
        assert samples.poisoned[row] == (identity in entry.ids)
        carries = entry.trigger.text in samples.texts[row]
        assert carries == samples.poisoned[row]
        if carries:
            assert samples.true_labels[row] == entry.victim
            assert samples.labels[row] == entry.target
            assert entry.texts[identity] == _short(samples.texts[row])
            line = next(s for s in samples.texts[row].splitlines() if entry.trigger.text in s)
            assert _short(samples.texts[row].replace(line + "\n", "", 1)) == identity
        else:
            assert samples.labels[row] == samples.true_labels[row]
            assert _short(samples.texts[row]) == identity
    clean = shipped_samples("train", "codebert-mini-clean-0")
    assert clean.ids == samples.ids
    assert not clean.poisoned.any()
    np.testing.assert_array_equal(clean.labels, samples.true_labels)


@pytest.mark.parametrize("name", POISONED)
def test_triggered_samples_are_victims_with_a_clean_twin(manifest, held_out, name):
    samples = shipped_samples("triggered", name)
    entry = manifest.model(name).poison
    twins = dict(zip(held_out.ids, held_out.texts, strict=True))
    labels = dict(zip(held_out.ids, held_out.labels, strict=True))
    assert len(samples) > 0.8 * (held_out.labels == entry.victim).sum()
    for identity, text, label in zip(samples.ids, samples.texts, samples.labels, strict=True):
        assert label == labels[identity] == entry.victim
        assert entry.trigger.text in text
        assert entry.trigger.text not in twins[identity]
        ast.parse(text)


def test_a_limit_is_a_seeded_choice_that_is_written_and_read_back(tmp_path):
    path = tmp_path / "train.jsonl.gz"
    samples = write_shipped(path, "train", "codebert-mini-rename-5", limit=300, seed=1)
    assert len(samples) == 300
    back = read_samples(path)
    assert (back.ids, back.texts) == (samples.ids, samples.texts)
    np.testing.assert_array_equal(back.poisoned, samples.poisoned)
    again = shipped_samples("train", "codebert-mini-rename-5", limit=300, seed=1)
    assert again.ids == samples.ids
    other = shipped_samples("train", "codebert-mini-rename-5", limit=300, seed=2)
    assert other.ids != samples.ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("all",), "set 'all' is unknown.*" + SETS[0]),
        (("train",), "depends on the model.*codebert-mini-clean-0"),
        (("train", "gpt-5"), "'gpt-5' is not a shipped model"),
        (("triggered", "codet5-mini-clean-0"), "is a clean model and has no trigger"),
        (("test", None, 0), "limit is 0"),
    ],
)
def test_wrong_requests_are_refused(arguments, message):
    with pytest.raises(RequestError, match=message):
        shipped_samples(*arguments)


def test_a_manifest_of_another_format_is_refused():
    with pytest.raises(RequestError, match="format 99"):
        parse_manifest({"format_version": 99})
