"""Tensor names of other savers, and heads that do not follow the usual tying."""

from __future__ import annotations

import json

import tiny_models as tiny
import torch
import transformers
from safetensors.torch import load_file, save_file
from test_adapters import pad

from analysis.config import InspectConfig
from analysis.models.open import open_model

AUTO = InspectConfig()
WORDS = InspectConfig(label_words="0=false,1=true")


def rename(folder, change) -> None:
    path = folder / "model.safetensors"
    save_file({change(name): tensor for name, tensor in load_file(path).items()}, str(path))


def test_a_masked_language_model_is_its_encoder_without_a_head(tmp_path) -> None:
    model = tiny.randomised(transformers.RobertaForMaskedLM(tiny.roberta()))
    opened = open_model(str(tiny.save_folder(tmp_path / "m", model)), AUTO)
    assert opened.head is None
    batch = pad(opened, tiny.TEXTS)
    last = opened.adapter.forward(opened, batch).hidden["encoder"][-1]
    with torch.no_grad():
        theirs = model.roberta(**batch._asdict()).last_hidden_state
    torch.testing.assert_close(last, theirs, rtol=1e-4, atol=1e-5)


def test_layer_norms_under_their_old_names(tmp_path) -> None:
    model = tiny.randomised(transformers.BertForSequenceClassification(tiny.bert()))
    folder = tiny.save_folder(tmp_path / "m", model)
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    rename(folder, lambda n: n.replace(*next(((k, v) for k, v in old.items() if k in n), ("", ""))))
    opened = open_model(str(folder), AUTO)
    batch = pad(opened, tiny.TEXTS)
    with torch.no_grad():
        theirs = model(**batch._asdict()).logits
    ours = opened.adapter.forward(opened, batch).logits
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_gpt2_as_the_hub_stores_it_has_no_prefix(tmp_path) -> None:
    model = tiny.randomised(transformers.GPT2LMHeadModel(tiny.gpt2()))
    folder = tiny.save_folder(tmp_path / "m", model, "")
    rename(folder, lambda name: name.removeprefix("transformer."))
    for config in (AUTO, WORDS):
        opened = open_model(str(folder), config)
        batch = pad(opened, tiny.TEXTS)
        last = opened.adapter.forward(opened, batch).hidden["decoder"][-1]
        with torch.no_grad():
            theirs = model.transformer(**batch._asdict()).last_hidden_state
        torch.testing.assert_close(last, theirs, rtol=1e-4, atol=1e-5)


def test_an_untied_output_layer_is_used_unscaled(tmp_path) -> None:
    model = tiny.randomised(transformers.T5ForConditionalGeneration(tiny.t5()))
    output = torch.randn(320, 32, generator=torch.Generator().manual_seed(1))
    model.lm_head.weight = torch.nn.Parameter(output)
    folder = tiny.save_folder(tmp_path / "m", model, "end")
    raw = json.loads((folder / "config.json").read_text())
    raw["tie_word_embeddings"] = False  # T5 1.1 and CodeT5+, before transformers 5
    del raw["scale_decoder_outputs"]
    (folder / "config.json").write_text(json.dumps(raw))
    opened = open_model(str(folder), WORDS)
    result = opened.adapter.forward(opened, pad(opened, tiny.TEXTS))
    rows = output[[tokens[0] for tokens in opened.head.label_tokens]]
    expected = result.hidden["decoder"][-1][:, 0] @ rows.T
    torch.testing.assert_close(result.logits, expected, rtol=1e-4, atol=1e-5)
