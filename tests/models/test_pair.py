"""Two models side by side: what fits, what is shared, how the reference is read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import tiny_models as tiny
import torch
import transformers
from test_adapters import pad
from test_open import edit

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.models.open import open_model
from analysis.models.pair import check_pair, describe, open_reference, shared_with

AUTO = InspectConfig()


@pytest.fixture
def folder(tmp_path):
    model = tiny.randomised(transformers.RobertaForSequenceClassification(tiny.roberta()))
    return tiny.save_folder(tmp_path / "model", model)


def test_pairs_of_different_shape_or_family_are_refused(folder, tmp_path) -> None:
    suspect = open_model(str(folder), AUTO)
    check_pair(suspect, suspect)
    deep = transformers.RobertaForSequenceClassification(tiny.roberta(num_hidden_layers=2))
    with pytest.raises(RequestError, match="different shapes: encoder 3 x 32 .* encoder 2 x 32"):
        check_pair(suspect, open_model(str(tiny.save_folder(tmp_path / "deep", deep)), AUTO))
    wide = transformers.RobertaForSequenceClassification(tiny.roberta(num_labels=5))
    with pytest.raises(RequestError, match="2 and 5 classes"):
        check_pair(suspect, open_model(str(tiny.save_folder(tmp_path / "wide", wide)), AUTO))
    other = transformers.T5EncoderModel(tiny.t5())
    with pytest.raises(RequestError, match="different families: roberta and t5"):
        check_pair(suspect, open_model(str(tiny.save_folder(tmp_path / "t5", other)), AUTO))


def test_equal_tensors_of_a_pair_are_in_memory_once(folder, tmp_path) -> None:
    suspect = open_model(str(folder), AUTO)
    twin = tiny.randomised(transformers.RobertaForSequenceClassification(tiny.roberta()))
    with torch.no_grad():
        twin.classifier.dense.bias.add_(1)
    reference = open_model(str(tiny.save_folder(tmp_path / "twin", twin)), AUTO)
    shared = shared_with(reference, suspect)
    ours, theirs = (dict(m.module.named_parameters()) for m in (shared, suspect))
    different = [name for name in ours if ours[name] is not theirs[name]]
    assert different == ["classifier.dense.bias"]
    assert torch.equal(ours[different[0]], reference.module.classifier.dense.bias)


def test_description_for_the_record(folder) -> None:
    entry = describe(open_model(str(folder), AUTO))
    assert json.loads(json.dumps(entry)) == entry
    assert (entry["architecture"], entry["layers"]) == ("RobertaForSequenceClassification", 3)
    assert (entry["hidden_size"], entry["heads"]) == (32, 4)
    assert len(entry["sha256"]) == 64


def t5_folder(path, cls, **extra):
    return tiny.save_folder(path, tiny.randomised(cls(tiny.t5(**extra))), "end")


def test_a_pretrained_base_needs_no_words_and_is_read_like_the_suspect(tmp_path) -> None:
    base = t5_folder(tmp_path / "base", transformers.T5ForConditionalGeneration)
    tuned = t5_folder(tmp_path / "tuned", transformers.T5ForSequenceClassification)
    suspect = open_model(str(tuned), AUTO)
    reference = open_reference(str(base), replace(AUTO, reference_kind="base"), suspect)
    assert reference.head is None
    assert reference.identity != open_model(str(base), InspectConfig(head="none")).identity
    batch = pad(suspect, tiny.TEXTS)
    ours, theirs = (m.adapter.forward(m, batch) for m in (suspect, reference))
    for one, two in zip(ours.hidden["decoder"], theirs.hidden["decoder"], strict=True):
        assert one.shape == two.shape
    assert torch.equal(ours.masks["decoder"], theirs.masks["decoder"])


def test_a_reference_takes_the_label_words_of_the_suspect(tmp_path) -> None:
    plain = t5_folder(tmp_path / "plain", transformers.T5ForConditionalGeneration)
    named = t5_folder(tmp_path / "named", transformers.T5ForConditionalGeneration)
    edit(named, id2label={"0": "false", "1": "true"}, label2id={"false": 0, "true": 1})
    suspect = open_model(str(named), AUTO)
    assert open_reference(str(plain), AUTO, suspect).head == suspect.head
