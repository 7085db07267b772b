"""Foreign checkpoint layouts: converted, they say what the original module said."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import replace

import pytest
import tiny_models as tiny
import torch
import transformers
from test_adapters import pad
from test_heads import SHORT, DefectModel, scores

from analysis.config import InspectConfig
from analysis.errors import RequestError, UnsafeFileError
from analysis.models.convert import convert
from analysis.models.layouts import recognise
from analysis.models.open import open_model


class CodeXglueModel(torch.nn.Module):
    """CodeXGLUE's defect detection: a whole classification model inside `encoder`, one logit."""

    def __init__(self, encoder) -> None:
        super().__init__()
        self.encoder = encoder


class RobertaDefect(torch.nn.Module):
    """TrojanedCM's and CodeT5's `DefectModel` on CodeBERT: a linear layer on the first token."""

    def __init__(self, encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = torch.nn.Linear(encoder.config.hidden_size, 2)

    def forward(self, ids, mask):
        return self.classifier(self.encoder(ids, attention_mask=mask)[0][:, 0, :])


def base_folder(path, model, wrapped="both"):
    folder = tiny.save_folder(path, model, wrapped)
    (folder / "model.safetensors").unlink()
    return folder


def converted(tmp_path, state, base, **options):
    source = tmp_path / "model.bin"
    torch.save(state, source)
    report = convert(source, base, tmp_path / "out")
    return report, open_model(str(tmp_path / "out"), InspectConfig(**options))


@pytest.mark.parametrize("prefix", ["encoder.", "module.encoder."])
@pytest.mark.parametrize("labels", [1, 2])
def test_codexglue_bare_state_dict(tmp_path, prefix, labels) -> None:
    inner = tiny.randomised(
        transformers.RobertaForSequenceClassification(tiny.roberta(num_labels=labels))
    )
    base = base_folder(tmp_path / "base", transformers.RobertaModel(tiny.roberta(num_labels=4)))
    state = {prefix + name: tensor for name, tensor in inner.state_dict().items()}
    # what the transformers of CodeXGLUE's day saved besides: a buffer and an unused pooler
    state[f"{prefix}roberta.embeddings.position_ids"] = torch.arange(40)[None]
    state[f"{prefix}roberta.pooler.dense.weight"] = torch.randn(32, 32)
    state[f"{prefix}roberta.pooler.dense.bias"] = torch.randn(32)
    report, opened = converted(tmp_path, state, base)
    with torch.no_grad():
        z = inner(**pad(opened, SHORT)._asdict()).logits
    expected = torch.cat([1 - z.sigmoid(), z.sigmoid()], 1) if labels == 1 else z.softmax(-1)
    torch.testing.assert_close(scores(opened).softmax(-1), expected, rtol=1e-4, atol=1e-5)
    assert report.layout == "codexglue"
    assert "--collapse-whitespace" in str(report)
    assert report.head == opened.head.kind == ("sigmoid" if labels == 1 else "argmax")
    assert (report.config_from, report.tokenizer_from) == ("base", "base")
    plain = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "out")
    torch.testing.assert_close(plain(**pad(opened, SHORT)._asdict()).logits, z)


def test_codet5_defect_model(tmp_path) -> None:
    original = tiny.randomised(DefectModel(transformers.T5ForConditionalGeneration(tiny.t5())))
    base = base_folder(tmp_path / "base", transformers.T5ForConditionalGeneration(tiny.t5()))
    bias = "encoder.decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
    # old releases stored a bias that no forward pass reads
    state = original.state_dict() | {bias: torch.randn(32, 4)}
    report, opened = converted(tmp_path, state, base)
    with torch.no_grad():
        theirs = original(*pad(opened, SHORT))
    torch.testing.assert_close(scores(opened), theirs, rtol=1e-4, atol=1e-5)
    config = json.loads((tmp_path / "out/config.json").read_text())
    assert config["kenshin_head"] == {"kind": "linear", "position": "last_eos"}
    assert report.layout == "defect"
    assert report.architecture == opened.architecture == "T5ForConditionalGeneration + linear head"


def test_roberta_defect_model_reads_the_first_token(tmp_path) -> None:
    original = tiny.randomised(RobertaDefect(transformers.RobertaModel(tiny.roberta())))
    base = base_folder(tmp_path / "base", transformers.RobertaModel(tiny.roberta()))
    _, opened = converted(tmp_path, original.state_dict(), base)
    with torch.no_grad():
        theirs = original(*pad(opened, SHORT))
    torch.testing.assert_close(scores(opened), theirs, rtol=1e-4, atol=1e-5)


def test_a_pickle_beside_its_config(tmp_path) -> None:
    model = tiny.randomised(transformers.T5ForConditionalGeneration(tiny.t5()))
    folder = base_folder(tmp_path / "model", model, "end")
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    report = convert(folder, None, tmp_path / "out")
    words = InspectConfig(label_words="0=false,1=true")
    opened = open_model(str(tmp_path / "out"), words)
    pickled = open_model(
        str(folder),
        InspectConfig(
            **{
                **words.to_json(),
                "allow_pickle": True,
                "pooling": ("cls",),
                "projection": (),
                "detectors": (),
            }
        ),
    )
    torch.testing.assert_close(scores(opened), scores(pickled), rtol=0, atol=0)
    assert (report.layout, report.head) == ("plain", "label as text")
    assert (report.config_from, report.tokenizer_from) == ("checkpoint", "checkpoint")


def test_config_from_shapes_and_tokenizer_from_vocab_and_merges(tmp_path) -> None:
    config = tiny.roberta(hidden_size=128, num_attention_heads=2, num_labels=1)
    inner = tiny.randomised(transformers.RobertaForSequenceClassification(config))
    folder = tmp_path / "theirs"
    folder.mkdir()
    tiny.byte_level("both").model.save(str(folder))
    torch.save({"state_dict": CodeXglueModel(inner).state_dict(), "epoch": 3}, folder / "model.bin")
    report = convert(folder / "model.bin", None, tmp_path / "out")
    opened = open_model(str(tmp_path / "out"), InspectConfig())
    with torch.no_grad():
        z = inner(**pad(opened, SHORT)._asdict()).logits[:, 0]
    torch.testing.assert_close(scores(opened)[:, 1], z, rtol=1e-4, atol=1e-5)
    assert report.config_from == "inferred"
    assert any("2 attention heads" in text for text in report.assumed)
    assert "assumed, because shapes cannot tell: 2 attention heads" in str(report)
    assert "left out, because no known head has them: epoch" not in str(report)
    fast = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    for text in SHORT:
        expected = tiny.byte_level("both").encode(text).ids
        assert opened.encode([text]).ids[0].tolist() == expected == fast(text)["input_ids"]


def test_t5_config_from_shapes_is_exact(tmp_path) -> None:
    model = tiny.randomised(transformers.T5ForConditionalGeneration(tiny.t5()))
    folder = tmp_path / "theirs"
    folder.mkdir()
    tiny.save_tokenizer(folder, "end")
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    convert(folder / "pytorch_model.bin", None, tmp_path / "out")
    opened = open_model(str(tmp_path / "out"), InspectConfig(label_words="0=false,1=true"))
    with torch.no_grad():
        start = torch.full((len(SHORT), 1), 1)
        full = model(**pad(opened, SHORT)._asdict(), decoder_input_ids=start).logits[:, 0]
    ids = [tokens[0] for tokens in opened.head.label_tokens]
    torch.testing.assert_close(scores(opened), full[:, ids], rtol=1e-4, atol=1e-5)


def test_a_pair_classifier_is_left_out_and_said(tmp_path) -> None:
    inner = transformers.RobertaModel(tiny.roberta(), add_pooling_layer=False)
    state = {f"encoder.{n}": t for n, t in inner.state_dict().items()}
    state |= {
        "classifier.dense.weight": torch.zeros(32, 64),
        "classifier.out_proj.weight": torch.zeros(2, 32),
    }
    base = base_folder(tmp_path / "base", transformers.RobertaModel(tiny.roberta()))
    report, opened = converted(tmp_path, state, base)
    assert opened.head is None
    assert report.dropped == ("classifier.dense.weight", "classifier.out_proj.weight")
    named = str(replace(report, dropped=tuple(f"decoder.{i}" for i in range(40))))
    assert "decoder.7 and 32 more" in named
    assert "decoder.8" not in named


class Bomb:
    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def hostile(tmp_path):
    mark = tmp_path / "executed"
    state = transformers.RobertaModel(tiny.roberta()).state_dict()
    torch.save({**state, "x": Bomb(mark)}, tmp_path / "model.bin")
    return mark


def test_a_pickle_that_runs_code_is_named_and_never_executed(tmp_path) -> None:
    mark = hostile(tmp_path)
    base = base_folder(tmp_path / "base", transformers.RobertaModel(tiny.roberta()))
    with pytest.raises(UnsafeFileError, match=r"would run code.*system"):
        convert(tmp_path / "model.bin", base, tmp_path / "out")
    shutil.move(tmp_path / "model.bin", base / "pytorch_model.bin")
    with pytest.raises(UnsafeFileError, match="kenshin convert"):
        open_model(str(base), InspectConfig())
    with pytest.raises(UnsafeFileError, match=r"would run code.*system"):
        open_model(str(base), InspectConfig(allow_pickle=True))
    assert not mark.exists()
    assert not (tmp_path / "out").exists()


def test_the_worker_itself_refuses_what_the_scanner_might_miss(tmp_path, monkeypatch) -> None:
    mark = hostile(tmp_path)
    monkeypatch.setattr("analysis.models.convert_process.scan", lambda path: None)
    tiny.save_tokenizer(tmp_path, "both")
    with pytest.raises(UnsafeFileError, match="not a plain state dict"):
        convert(tmp_path / "model.bin", None, tmp_path / "out")
    assert not mark.exists()


def test_whole_pickled_modules_and_zip_bombs_are_refused(tmp_path) -> None:
    tiny.save_tokenizer(tmp_path, "both")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.bin")
    with pytest.raises(UnsafeFileError, match="not a plain state dict"):
        convert(tmp_path / "whole.bin", None, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "bomb.bin", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
        archive.writestr("archive/data/0", bytes(8 << 20))
    with pytest.raises(UnsafeFileError, match="zip bomb"):
        convert(tmp_path / "bomb.bin", None, tmp_path / "out")
    torch.save({"w": torch.zeros(1).expand(1 << 24, 64)}, tmp_path / "wide.bin")
    with pytest.raises(UnsafeFileError, match="unfold"):
        convert(tmp_path / "wide.bin", None, tmp_path / "out")


def test_what_is_missing_is_named(tmp_path) -> None:
    state = transformers.RobertaModel(tiny.roberta()).state_dict()
    torch.save(state, tmp_path / "model.bin")
    with pytest.raises(RequestError, match=r"no tokenizer.*--base"):
        convert(tmp_path / "model.bin", None, tmp_path / "out")
    with pytest.raises(RequestError, match="does not exist"):
        convert(tmp_path / "nothing.bin", None, tmp_path / "out")
    with pytest.raises(RequestError, match=r"base '.*nowhere' is not a folder"):
        convert(tmp_path / "model.bin", tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "vocab.txt").write_text("a")
    (tmp_path / "empty.bin").touch()  # the scanner stumbles over it
    with pytest.raises(UnsafeFileError, match="cannot be scanned"):
        convert(tmp_path / "empty.bin", None, tmp_path / "out")
    (tmp_path / "vocab.txt").unlink()
    unknown = {"weights": torch.zeros(3)}
    with pytest.raises(RequestError, match="no architecture"):
        recognise(unknown)
    bart = [f"encoder.layers.0.self_attn.{n}_proj.weight" for n in "qkv"]  # as PLBart's
    with pytest.raises(RequestError, match="no architecture"):
        recognise(dict.fromkeys((*bart, "shared.weight"), torch.zeros(3, 3)))
    wrong = base_folder(tmp_path / "base", transformers.T5EncoderModel(tiny.t5()))
    with pytest.raises(RequestError, match="roberta model, but the config is of model_type 't5'"):
        convert(tmp_path / "model.bin", wrong, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_non_empty_output_is_left_alone(tmp_path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("keep")
    with pytest.raises(RequestError, match="not empty"):
        convert(tmp_path / "model.bin", None, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]
