"""Token ids: preprocessing, counts, windows and degenerate texts."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import tiny_models as tiny
import transformers

from analysis.config import InspectConfig
from analysis.models.open import open_model
from analysis.models.tokenizer import load_tokenizer
from analysis.models.tokens import pad_id, special_frame

CODET5 = Path(__file__).parents[3] / "shared/data/codet5_tokenizer"


def opened(tmp_path, wrapped="both", limit=None, config=None, **options):
    model = transformers.RobertaModel(config or tiny.roberta())
    folder = tiny.save_folder(tmp_path / "model", model, wrapped)
    tiny.save_tokenizer(folder, wrapped, limit)
    return open_model(str(folder), InspectConfig(**options))


def test_ids_equal_the_tokenizers_own(tmp_path) -> None:
    model = opened(tmp_path)
    found = model.encode(tiny.TEXTS)
    for text, ids, count in zip(tiny.TEXTS, found.ids, found.n_tokens, strict=True):
        assert ids.dtype == np.int32
        assert ids.tolist() == tiny.byte_level("both").encode(text).ids
        assert count == len(ids)
    assert not found.truncated.any()


def test_the_window_is_the_smallest_limit(tmp_path) -> None:
    # 66 positions less pad + 1 = 2: RoBERTa's offset
    assert opened(tmp_path / "a").window == 64
    assert opened(tmp_path / "b", limit=40).window == 40
    assert opened(tmp_path / "c", limit=40, max_length=20).window == 20
    assert opened(tmp_path / "d", max_length=4000).window == 64
    t5 = tiny.save_folder(tmp_path / "t5", transformers.T5EncoderModel(tiny.t5()), "end")
    assert open_model(str(t5), InspectConfig()).window == 512


def test_cutting_keeps_the_special_tokens_and_counts_everything(tmp_path) -> None:
    model = opened(tmp_path, max_length=10)
    full = tiny.byte_level("both").encode(tiny.TEXTS[4]).ids
    found = model.encode([tiny.TEXTS[4]])
    assert found.ids[0].tolist() == [*full[:9], full[-1]]
    assert found.n_tokens[0] == len(full)
    assert found.truncated[0]


def test_a_text_that_just_fits_is_not_truncated(tmp_path) -> None:
    count = len(tiny.byte_level("both").encode(tiny.TEXTS[0]).ids)
    exact = opened(tmp_path / "a", max_length=count).encode([tiny.TEXTS[0]])
    assert not exact.truncated[0]
    assert opened(tmp_path / "b", max_length=count - 1).encode([tiny.TEXTS[0]]).truncated[0]


@pytest.mark.parametrize(("wrapped", "expected"), [("both", [0, 2]), ("end", [2]), ("", [2])])
def test_an_empty_text_has_at_least_one_token(tmp_path, wrapped, expected) -> None:
    found = opened(tmp_path, wrapped).encode([""])
    assert found.ids[0].tolist() == expected
    assert found.n_tokens[0] == len(expected)


def test_a_window_below_the_special_tokens_still_gives_one(tmp_path) -> None:
    found = opened(tmp_path, max_length=1).encode(tiny.TEXTS)
    assert [len(ids) for ids in found.ids] == [1] * len(tiny.TEXTS)


def test_prefix_and_whitespace(tmp_path) -> None:
    model = opened(tmp_path, prefix="Defect: ", collapse_whitespace=True)
    found = model.encode(["  a\n\tb  "])
    assert found.ids[0].tolist() == tiny.byte_level("both").encode("Defect: a b").ids


def test_a_142292_character_text_is_cut_without_a_warning(tmp_path, caplog, recwarn) -> None:
    text = ("int f(int a) { return a + 1; }\n" * 5000)[:142_292]
    with caplog.at_level(logging.WARNING):
        found = opened(tmp_path).encode([text, "x"])
    assert len(found.ids[0]) == 64
    assert found.n_tokens[0] > 10_000
    assert found.truncated.tolist() == [True, False]
    assert not caplog.records
    assert not list(recwarn)


def test_invalid_utf8_does_not_stop_its_neighbours(tmp_path) -> None:
    broken = b"caf\xe9 \xff".decode("utf-8", "surrogateescape")
    model = opened(tmp_path)
    found = model.encode(["x = 1", broken, "x = 1"])
    assert found.ids[0].tolist() == found.ids[2].tolist() == model.encode(["x = 1"]).ids[0].tolist()
    assert found.ids[1].tolist() == model.encode(["caf? ?"]).ids[0].tolist()


def test_no_texts_and_many_texts(tmp_path) -> None:
    model = opened(tmp_path)
    assert len(model.encode([]).ids) == 0
    many = model.encode(tiny.TEXTS * 300)  # more than one chunk
    assert many.n_tokens.reshape(300, -1).std(axis=0).max() == 0


def test_truncation_stored_in_the_tokenizer_file_does_not_cut(tmp_path) -> None:
    model = transformers.RobertaModel(tiny.roberta())
    folder = tiny.save_folder(tmp_path / "model", model)
    limited = type(tiny.byte_level("both")).from_file(str(folder / "tokenizer.json"))
    limited.enable_truncation(4)
    limited.enable_padding(length=16)
    limited.save(str(folder / "tokenizer.json"))
    found = open_model(str(folder), InspectConfig()).encode(["x"])
    assert found.ids[0].tolist() == tiny.byte_level("both").encode("x").ids


def test_padding_uses_the_models_own_token(tmp_path) -> None:
    assert pad_id(opened(tmp_path)) == 1


@pytest.mark.shared_data
@pytest.mark.skipif(not CODET5.is_dir(), reason="../shared/data/codet5_tokenizer is missing")
def test_the_real_codet5_vocabulary_becomes_a_fast_tokenizer() -> None:
    tokenizer = load_tokenizer(CODET5, {"model_type": "t5"})
    backend = tokenizer.backend_tokenizer
    assert special_frame(backend) == ((1,), (2,))
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id) == (None, None)
    named = load_tokenizer(CODET5, {"model_type": "t5", "pad_token_id": 0, "eos_token_id": 2})
    assert (named.pad_token, named.eos_token) == ("<pad>", "</s>")
    vocabulary = json.loads((CODET5 / "codet5-vocab.json").read_text())
    lines = (CODET5 / "codet5-merges.txt").read_text().splitlines()[1:]
    merges = [tuple(line.split(" ")) for line in lines if line]
    theirs = transformers.RobertaTokenizer(vocab=vocabulary, merges=merges)
    text = "static int add(int a, int b)\n{\n\treturn a + b; // été\n}\n"
    ids = backend.encode(text).ids
    assert theirs(text)["input_ids"] == ids
    assert backend.decode(ids, skip_special_tokens=True) == text
    assert [backend.id_to_token(i) for i in ids[:4]] == ["<s>", "static", "Ġint", "Ġadd"]
    assert [backend.encode(w, add_special_tokens=False).ids for w in ("true", "false")] == [
        [3767],
        [5743],
    ]
