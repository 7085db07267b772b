"""Saved folders: complete, loaded by plain transformers, and the same model again."""

from __future__ import annotations

import json

import pytest
import tiny_models as tiny
import torch
import transformers
from test_adapters import pad

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.models.open import open_model
from analysis.models.save import new_folder, save_model


@pytest.fixture
def opened(tmp_path):
    model = tiny.randomised(transformers.RobertaForSequenceClassification(tiny.roberta()))
    return open_model(str(tiny.save_folder(tmp_path / "model", model)), InspectConfig())


def test_a_saved_model_is_the_same_model(opened, tmp_path) -> None:
    again = open_model(str(save_model(opened, tmp_path / "copy")), InspectConfig())
    assert again.sha256 == opened.sha256
    assert again.window == opened.window


def test_plain_transformers_loads_weights_and_tokenizer(opened, tmp_path) -> None:
    state = {name: value + 0.01 for name, value in opened.module.state_dict().items()}
    before = {name: value.clone() for name, value in opened.module.state_dict().items()}
    out = save_model(opened, tmp_path / "edited", state)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(out)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0)
    tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    for text in tiny.TEXTS:
        assert tokenizer(text)["input_ids"] == opened.encode([text]).ids[0].tolist()
    for name, value in opened.module.state_dict().items():
        assert torch.equal(value, before[name])


def test_tied_weights_are_stored_once(tmp_path) -> None:
    model = tiny.randomised(transformers.T5ForConditionalGeneration(tiny.t5()))
    words = InspectConfig(label_words="0=false,1=true")
    opened = open_model(str(tiny.save_folder(tmp_path / "t5", model, "end")), words)
    out = save_model(opened, tmp_path / "copy")
    original = (tmp_path / "t5/model.safetensors").stat().st_size
    assert (out / "model.safetensors").stat().st_size <= original + 1000
    again = open_model(str(out), words)
    batch = pad(opened, tiny.TEXTS)
    one, two = (m.adapter.forward(m, batch).logits for m in (opened, again))
    assert torch.equal(one, two)


def test_weights_of_another_shape_are_refused(opened, tmp_path) -> None:
    state = dict(opened.module.state_dict())
    state["classifier.dense.bias"] = torch.zeros(5)
    with pytest.raises(RequestError, match=r"classifier\.dense\.bias"):
        save_model(opened, tmp_path / "out", state)
    assert not (tmp_path / "out").exists()


def test_nothing_is_left_of_a_failed_save_and_nothing_is_overwritten(opened, tmp_path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "half").write_text("x")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert {p.name for p in tmp_path.iterdir()} == {"model"}
    save_model(opened, tmp_path / "out")
    with pytest.raises(RequestError, match="not empty"):
        save_model(opened, tmp_path / "out")
    assert json.loads((tmp_path / "out/config.json").read_text())["model_type"] == "roberta"
