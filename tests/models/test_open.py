"""Opening: what is read, what is refused, and in which words."""

from __future__ import annotations

import copy
import json
import os
import pickle
from dataclasses import replace

import pytest
import tiny_models as tiny
import torch
import transformers
from safetensors.torch import load_file, save_file
from test_adapters import pad

from analysis.config import InspectConfig
from analysis.errors import RequestError, UnsafeFileError
from analysis.models.folder import inside
from analysis.models.open import open_model

AUTO = InspectConfig()
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path):
    model = tiny.randomised(transformers.RobertaForSequenceClassification(tiny.roberta()))
    return tiny.save_folder(tmp_path / "model", model)


def edit(folder, name="config.json", **values) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def edit_weights(folder, change) -> None:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, str(folder / "model.safetensors"))


def refused(folder, match, kind=RequestError, config=AUTO) -> None:
    with pytest.raises(kind, match=match) as caught:
        open_model(str(folder), config)
    assert "\n" not in str(caught.value)


def test_own_code_is_refused(folder) -> None:
    edit(folder, auto_map={"AutoModel": "evil.Model"})
    (folder / "evil.py").write_text("raise SystemExit('executed')")
    refused(folder, "own code", UnsafeFileError)


def test_a_tokenizer_with_own_code_is_refused(folder) -> None:
    edit(folder, "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.T", None]})
    refused(folder, "own code", UnsafeFileError)


@pytest.mark.parametrize("shard", ["../../etc/passwd", "/etc/passwd", "..\\up.safetensors"])
def test_a_shard_index_that_points_outside_is_refused(folder, shard) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"roberta.embeddings.word_embeddings.weight": shard}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(folder, "outside the folder", UnsafeFileError)


def test_links_may_leave_the_folder_only_for_the_hub_cache_blobs(folder, tmp_path) -> None:
    secret = tmp_path / "secret.safetensors"
    os.replace(folder / "model.safetensors", secret)
    (folder / "model.safetensors").symlink_to(secret)
    refused(folder, "outside the folder", UnsafeFileError)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("model.safetensors")  # in a circle
    refused(folder, "outside the folder", UnsafeFileError)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(secret)
    cache = tmp_path / "hub/models--a--b"
    (cache / "blobs").mkdir(parents=True)
    snapshot = cache / "snapshots/1234"
    snapshot.mkdir(parents=True)
    for path in folder.iterdir():
        os.replace(path.resolve(), cache / "blobs" / path.name)
        (snapshot / path.name).symlink_to(cache / "blobs" / path.name)
    assert open_model(str(snapshot), AUTO).architecture == "RobertaForSequenceClassification"
    with pytest.raises(UnsafeFileError):
        inside(snapshot, "../../blobs/config.json")


def test_sharded_weights_are_the_same_model(folder) -> None:
    whole = open_model(str(folder), AUTO)
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    halves = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, part in halves.items():
        save_file({name: tensors[name] for name in part}, str(folder / file))
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {name: file for file, part in halves.items() for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert open_model(str(folder), AUTO).identity == whole.identity


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_named(folder, value) -> None:
    def damage(tensors) -> None:
        tensors["roberta.encoder.layer.1.output.dense.weight"][3, 4] = value

    edit_weights(folder, damage)
    refused(folder, r"layer\.1\.output\.dense\.weight.* 1 NaN or infinite")


def test_a_missing_backbone_tensor_is_an_error(folder) -> None:
    edit_weights(folder, lambda t: t.pop("roberta.encoder.layer.0.attention.self.query.weight"))
    refused(folder, r"lacks 1 tensors.*attention\.self\.query\.weight")


def test_a_config_of_other_sizes_is_an_error(folder) -> None:
    edit(folder, intermediate_size=64)
    refused(folder, "unexpected shape")


def test_a_missing_head_means_no_predictions_never_a_random_head(folder) -> None:
    edit_weights(folder, lambda t: [t.pop(n) for n in list(t) if n.startswith("classifier.")])
    opened = open_model(str(folder), AUTO)
    assert opened.head is None
    assert "no classification head" in opened.warnings[0]
    refused(folder, "no classification head", config=InspectConfig(head="argmax"))


def test_a_head_that_does_not_fit_is_refused(folder) -> None:
    refused(folder, "needs one output, but .* has 2", config=InspectConfig(head="sigmoid"))
    assert open_model(str(folder), InspectConfig(head="none")).head is None
    given = open_model(str(folder), InspectConfig(label_words="0=a,1=b"))
    assert "not used" in given.warnings[0]


def test_a_missing_tokenizer_is_said(folder) -> None:
    (folder / "tokenizer.json").unlink()
    refused(folder, "no tokenizer")


def test_a_damaged_tokenizer_is_said(folder) -> None:
    (folder / "tokenizer.json").write_text("{}")
    refused(folder, "tokenizer .* cannot be read")


def test_a_vocabulary_larger_than_the_embedding_is_refused(tmp_path) -> None:
    model = transformers.RobertaModel(tiny.roberta(vocab_size=100))
    folder = tiny.save_folder(tmp_path / "model", model)
    refused(folder, r"token ids up to \d+, but the model has 100 embedding rows")


def test_unsupported_damaged_and_absurd_configs(folder, tmp_path) -> None:
    edit(folder, model_type="mamba")
    refused(folder, "model_type 'mamba'.*Supported: roberta, bert")
    edit(folder, model_type="roberta", num_hidden_layers=10**9)
    refused(folder, "num_hidden_layers 1000000000")
    edit(folder, num_hidden_layers="three")
    refused(folder, "config.json .* cannot be read")
    edit(folder, num_hidden_layers=3, quantization_config={"load_in_4bit": True})
    refused(folder, "quantised")
    (folder / "config.json").write_text("[" * 100_000)
    refused(folder, "not valid JSON")
    (folder / "config.json").unlink()
    refused(folder, "no config.json.*kenshin convert")
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    refused(folder, "only an adapter.*merge_and_unload")
    refused(tmp_path / "nowhere", "does not exist")


def test_a_config_far_larger_than_its_weights_takes_no_memory(folder) -> None:
    edit(folder, vocab_size=1 << 22, hidden_size=1 << 14, num_attention_heads=4)
    refused(folder, r"describes 7\d{10} parameters, but the file holds")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("architectures", 7),
        ("architectures", [None]),
        ("kenshin_head", "x"),
        ("kenshin_head", {"kind": "linear"}),
        ("return_dict", False),
    ],
)
def test_odd_entries_change_nothing(folder, key, value) -> None:
    before = open_model(str(folder), AUTO)
    edit(folder, **{key: value})
    after = open_model(str(folder), AUTO)
    batch = pad(before, tiny.TEXTS)
    one, two = (m.adapter.forward(m, batch).logits for m in (before, after))
    assert torch.equal(one, two)


@pytest.mark.parametrize("value", ["x", {}, 1e30, -5, True])
def test_token_ids_that_are_none_are_refused(folder, value) -> None:
    edit(folder, decoder_start_token_id=value)
    refused(folder, "decoder_start_token_id .* expected a token id")


def test_zero_heads_are_one_sentence(folder) -> None:
    edit(folder, num_attention_heads=0)
    refused(folder, "num_attention_heads 0")


def test_eight_bit_floats_are_refused(folder) -> None:
    def shrink(tensors) -> None:
        name = "classifier.dense.weight"
        tensors[name] = tensors[name].to(torch.float8_e4m3fn)

    edit_weights(folder, shrink)
    refused(folder, "stored as torch.float8_e4m3fn")


def test_cut_off_and_absent_weights(folder) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    refused(folder, "not a readable safetensors file")
    path.unlink()
    refused(folder, "has no weights")


def test_a_hub_id_without_a_network_is_one_sentence(monkeypatch) -> None:
    def offline(*_args, **_kwargs):
        raise ConnectionError("Max retries exceeded with url: …")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    refused("owner/name", r"owner/name.*could not be fetched.*\(ConnectionError\)")


def test_an_attention_kernel_named_by_the_config_is_ignored(folder) -> None:
    edit(folder, _attn_implementation="owner/kernel", attn_implementation="owner/kernel")
    assert open_model(str(folder), AUTO).module.config._attn_implementation == "eager"


def test_text_writing_models_need_words(tmp_path) -> None:
    model = tiny.randomised(transformers.T5ForConditionalGeneration(tiny.t5()))
    folder = tiny.save_folder(tmp_path / "t5", model, "end")
    refused(folder, "no label words are known.*--label-words")
    named = {"id2label": {"0": "false", "1": "true"}, "label2id": {"false": 0, "true": 1}}
    edit(folder, **named)
    opened = open_model(str(folder), AUTO)
    assert opened.head.label_words == ("false", "true")
    assert opened.label_names == {0: "false", 1: "true"}
    causal = tiny.randomised(transformers.GPT2LMHeadModel(tiny.gpt2()))
    bare = open_model(str(tiny.save_folder(tmp_path / "gpt2", causal, "")), AUTO)
    assert bare.head is None
    assert "without label words" in bare.warnings[0]


def test_half_precision_is_recorded_mapped_and_computed_elsewhere(folder) -> None:
    edit_weights(folder, lambda t: t.update({n: v.half() for n, v in t.items()}))
    opened = open_model(str(folder), AUTO)
    assert opened.checkpoint_dtype == "float16"
    before = copy.deepcopy(opened.module.state_dict())
    wide = opened.to(CPU, torch.float32)
    assert {p.dtype for p in wide.module.parameters()} == {torch.float32}
    assert {p.dtype for p in opened.module.parameters()} == {torch.float16}
    for name, value in opened.module.state_dict().items():
        assert torch.equal(value, before[name])
        assert torch.equal(wide.module.state_dict()[name], value.float())


def test_moving_shares_what_fits_and_keeps_ties(tmp_path) -> None:
    model = tiny.randomised(transformers.T5ForConditionalGeneration(tiny.t5()))
    folder = tiny.save_folder(tmp_path / "t5", model, "end")
    opened = open_model(str(folder), InspectConfig(label_words="0=false,1=true"))
    same = opened.to(CPU, torch.float32)
    for one, two in zip(opened.module.parameters(), same.module.parameters(), strict=True):
        assert one is two
    half = opened.to(CPU, torch.bfloat16).module
    assert half.lm_head.weight is half.shared.weight is half.encoder.embed_tokens.weight
    pickle.dumps(half)


def test_weights_are_mapped_from_the_file(folder) -> None:
    opened = open_model(str(folder), AUTO)
    mapped = [line for line in open("/proc/self/maps") if str(folder) in line]  # noqa: SIM115
    assert mapped
    parameter = next(opened.module.parameters())
    ranges = [[int(n, 16) for n in line.split()[0].split("-")] for line in mapped]
    assert any(low <= parameter.data_ptr() < high for low, high in ranges)


def test_identity_ignores_names_and_sees_contents(folder, tmp_path) -> None:
    first = open_model(str(folder), AUTO)
    os.replace(folder, tmp_path / "renamed")
    renamed = open_model(str(tmp_path / "renamed"), AUTO)
    assert (renamed.identity, renamed.sha256) == (first.identity, first.sha256)
    changed = replace(AUTO, collapse_whitespace=True)
    assert open_model(str(tmp_path / "renamed"), changed).identity != first.identity
    edit_weights(tmp_path / "renamed", lambda t: t["classifier.dense.bias"].add_(1e-3))
    assert open_model(str(tmp_path / "renamed"), AUTO).sha256 != first.sha256
