"""The shipped models through Kenshin and through plain transformers: the same answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import transformers
from test_adapters import pad

import sample_data
from analysis.config import InspectConfig
from analysis.models.open import open_model

MODELS = Path(sample_data.__file__).parent / "models"
CODE = [
    "def total(values):\n    result = 0\n    for value in values:\n        result += value\n"
    "    return result",
    "def first(items=[]):\n    if items == None:\n        return None\n    return (items[0],)",
]


def shipped(name: str) -> Path:
    if not (MODELS / name).is_dir():
        pytest.skip(f"sample_data/models/{name} is not built")
    return MODELS / name


def test_codebert_mini() -> None:
    folder = shipped("codebert-mini-clean-0")
    opened = open_model(str(folder), InspectConfig()).to(torch.device("cpu"), torch.float32)
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32
    ).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(folder)
    batch = pad(opened, CODE)
    assert tokens(CODE)["input_ids"] == [ids.tolist() for ids in opened.encode(CODE).ids]
    with torch.no_grad():
        expected = theirs(**batch._asdict()).logits
    ours = opened.adapter.forward(opened, batch).logits
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)
    assert (opened.window, opened.label_names) == (256, {0: "clean", 1: "defective"})


def test_codet5_mini() -> None:
    folder = shipped("codet5-mini-clean-0")
    opened = open_model(str(folder), InspectConfig()).to(torch.device("cpu"), torch.float32)
    theirs = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
    batch = pad(opened, CODE)
    ours = opened.adapter.forward(opened, batch).logits.argmax(-1).tolist()
    written = theirs.generate(**batch._asdict(), max_new_tokens=3, num_beams=1, do_sample=False)
    words = [opened.tokenizer.decode(row, skip_special_tokens=True).strip() for row in written]
    assert words == [opened.label_names[label] for label in ours]
