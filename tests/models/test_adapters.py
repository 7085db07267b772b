"""The contract of every adapter: its numbers are the ones the model itself computed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
import tiny_models as tiny
import torch
import transformers
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from analysis.config import InspectConfig
from analysis.models.base import Batch, OpenedModel
from analysis.models.open import open_model
from analysis.models.registry import FAMILIES
from analysis.models.tokens import pad_id

WORDS = {"label_words": "0=false,1=true"}
SPELLED = {"label_words": "0=false alarm,1=true bug"}


@dataclass(frozen=True)
class Case:
    model: type
    config: Any
    wrapped: str = "both"
    options: dict[str, Any] = field(default_factory=dict)


CASES = {
    "roberta-head": Case(transformers.RobertaForSequenceClassification, tiny.roberta),
    "roberta-bare": Case(transformers.RobertaModel, tiny.roberta),
    "bert-head": Case(transformers.BertForSequenceClassification, tiny.bert),
    "t5-encoder": Case(transformers.T5EncoderModel, tiny.t5, "end"),
    "t5-head": Case(transformers.T5ForSequenceClassification, tiny.t5, "end"),
    "t5-words": Case(transformers.T5ForConditionalGeneration, tiny.t5, "end", WORDS),
    "t5-spelled": Case(transformers.T5ForConditionalGeneration, tiny.t5, "end", SPELLED),
    "t5-none": Case(transformers.T5ForConditionalGeneration, tiny.t5, "end", {"head": "none"}),
    "gpt2-head": Case(transformers.GPT2ForSequenceClassification, tiny.gpt2, ""),
    "gpt2-words": Case(transformers.GPT2LMHeadModel, tiny.gpt2, "", WORDS),
    "gpt2-bare": Case(transformers.GPT2LMHeadModel, tiny.gpt2, ""),
    "codegen-words": Case(transformers.CodeGenForCausalLM, tiny.codegen, "", WORDS),
    "codegen-spelled": Case(transformers.CodeGenForCausalLM, tiny.codegen, "", SPELLED),
    "llama-head": Case(transformers.LlamaForSequenceClassification, tiny.llama, ""),
    "llama-words": Case(transformers.LlamaForCausalLM, tiny.llama, "", WORDS),
    "qwen2-head": Case(transformers.Qwen2ForSequenceClassification, tiny.qwen2, ""),
    "qwen2-spelled": Case(transformers.Qwen2ForCausalLM, tiny.qwen2, "", SPELLED),
}


@dataclass(frozen=True)
class Built:
    original: Any
    opened: OpenedModel
    batch: Batch


@pytest.fixture(scope="module", params=CASES)
def built(request, tmp_path_factory) -> Built:
    case = CASES[request.param]
    original = tiny.randomised(case.model(case.config()))
    folder = tiny.save_folder(tmp_path_factory.mktemp("m") / "model", original, case.wrapped)
    opened = open_model(str(folder), InspectConfig(**case.options))
    return Built(original, opened, pad(opened, tiny.TEXTS))


def pad(opened: OpenedModel, texts: list[str], extra: int = 0) -> Batch:
    encoded = opened.encode(texts).ids
    width = max(map(len, encoded)) + extra
    ids = torch.full((len(texts), width), pad_id(opened))
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(encoded):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    return Batch(ids, mask)


def test_every_family_is_tested() -> None:
    tested = {name.split("-")[0] for name in CASES}
    assert {kind for spec in FAMILIES for kind in spec.model_types} <= tested


def test_hidden_states_equal_hugging_face(built: Built) -> None:
    model, batch = built.original, built.batch
    extra = {}
    if "decoder" in {s.name for s in built.opened.stacks} and built.opened.adapter.family == "t5":
        start = torch.full((len(batch.input_ids), 1), model.config.decoder_start_token_id)
        classes = built.opened.head is not None and built.opened.head.kind != "label_words"
        shifted = torch.cat([start, batch.input_ids[:, :-1]], dim=1)
        extra = {"decoder_input_ids": shifted if classes else start}
    body = getattr(model, "transformer", model) if built.opened.adapter.family == "t5" else model
    with torch.no_grad():
        theirs = copy.deepcopy(body)(**batch._asdict(), output_hidden_states=True, **extra)
    ours = built.opened.adapter.forward(built.opened, batch)
    names = {"encoder": "encoder_hidden_states", "decoder": "decoder_hidden_states"}
    for stack in built.opened.stacks:
        expected = getattr(theirs, names[stack.name], None) or theirs.hidden_states
        assert len(ours.hidden[stack.name]) == stack.n_layers + 1
        for mine, other in zip(ours.hidden[stack.name], expected, strict=True):
            assert mine.shape[-1] == stack.d_model
            real = ours.masks[stack.name].bool()
            torch.testing.assert_close(mine[real], other[real], rtol=1e-4, atol=1e-5)


def test_padding_and_batching_change_nothing(built: Built) -> None:
    opened = built.opened
    wide = opened.adapter.forward(opened, pad(opened, tiny.TEXTS, extra=3))
    for row, text in enumerate(tiny.TEXTS):
        alone = opened.adapter.forward(opened, pad(opened, [text]))
        if alone.logits is not None:
            torch.testing.assert_close(alone.logits[0], wide.logits[row], rtol=1e-4, atol=2e-5)
        for stack, states in alone.hidden.items():
            count = int(alone.masks[stack].sum())
            for mine, padded in zip(states, wide.hidden[stack], strict=True):
                torch.testing.assert_close(
                    mine[0, :count], padded[row, :count], rtol=1e-4, atol=2e-5
                )


def test_class_scores_are_the_same_without_hidden_states(built: Built) -> None:
    opened = built.opened
    full = opened.adapter.forward(opened, built.batch)
    short = opened.adapter.forward(opened, built.batch, want_hidden=False)
    assert not short.hidden
    assert (full.logits is None) == (opened.head is None) == (short.logits is None)
    if full.logits is not None:
        assert full.logits.shape == (len(tiny.TEXTS), opened.head.n_classes)
        torch.testing.assert_close(full.logits, short.logits)


def test_forward_leaves_no_hooks_even_after_an_error(built: Built) -> None:
    opened = built.opened
    opened.adapter.forward(opened, built.batch)
    wrong = Batch(built.batch.input_ids + 10**6, built.batch.attention_mask)
    with pytest.raises(IndexError):
        opened.adapter.forward(opened, wrong)
    for module in opened.module.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


def test_run_keeps_gradients_for_training(built: Built) -> None:
    opened = built.opened
    if opened.head is None:
        pytest.skip("no class scores to differentiate")
    copied = opened.to(torch.device("cpu"), torch.float64)
    copied.adapter.run(copied, built.batch, want_hidden=False).logits.sum().backward()
    gradients = [p.grad for p in copied.module.parameters() if p.grad is not None]
    assert any(bool(g.abs().sum() > 0) for g in gradients)
    assert all(p.grad is None for p in opened.module.parameters())


ROTARY = ("codegen", "llama")


@dataclass
class Seen:
    """What one attention module read and what it computed."""

    queries_from: torch.Tensor
    keys_from: torch.Tensor
    q: torch.Tensor | None = None  # (b, heads, t, d_head)
    k: torch.Tensor | None = None
    v: torch.Tensor | None = None


def attention_modules(opened: OpenedModel) -> dict[tuple[str, int, str], torch.nn.Module]:
    """(stack, layer, attention) -> module, written down by hand for each family."""
    family, module = opened.adapter.family, opened.module
    if family == "roberta":
        blocks = module.base_model.encoder.layer
        return {("encoder", i, "self"): b.attention.self for i, b in enumerate(blocks, 1)}
    if family == "t5":
        core = getattr(module, "transformer", module)
        found = {
            ("encoder", i, "self"): b.layer[0].SelfAttention
            for i, b in enumerate(core.encoder.block, 1)
        }
        for i, block in enumerate(core.decoder.block if hasattr(core, "decoder") else (), 1):
            found["decoder", i, "self"] = block.layer[0].SelfAttention
            found["decoder", i, "cross"] = block.layer[1].EncDecAttention
        return found
    body = module.base_model
    blocks = body.layers if family == "llama" else body.h
    name = "self_attn" if family == "llama" else "attn"
    return {("decoder", i, "self"): getattr(b, name) for i, b in enumerate(blocks, 1)}


def watch(opened: OpenedModel, batch: Batch, monkeypatch) -> dict[Any, Seen]:
    """Run once; note each attention module's input and the Q, K, V that enter the attention."""
    seen: dict[Any, Seen] = {}

    def enter(module, args, kwargs) -> None:
        states = args[0] if args else kwargs["hidden_states"]
        other = kwargs.get("key_value_states")
        seen[module] = Seen(states, states if other is None else other)

    def note(module, query, key, value) -> None:
        seen[module].q, seen[module].k, seen[module].v = query, key, value

    real = ALL_ATTENTION_FUNCTIONS["sdpa"]

    def attention(module, query, key, value, *args, **kwargs):
        note(module, query, key, value)
        return real(module, query, key, value, *args, **kwargs)

    if opened.adapter.family != "codegen":  # narrow models are opened with eager attention
        opened.module.set_attn_implementation("sdpa")
    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS, "sdpa", attention)
    handles = []
    for module in attention_modules(opened).values():
        handles.append(module.register_forward_pre_hook(enter, with_kwargs=True))
        if opened.adapter.family == "codegen":  # it has an attention function of its own
            inner = module._attn
            monkeypatch.setattr(
                module,
                "_attn",
                lambda q, k, v, *rest, m=module, f=inner: (note(m, q, k, v), f(q, k, v, *rest))[1],
            )
    opened.adapter.forward(opened, batch)
    for handle in handles:
        handle.remove()
    return seen


def test_q_k_v_reproduce_what_the_model_computed(built: Built, monkeypatch) -> None:
    opened = built.opened
    parameters: dict[tuple[str, int, str], dict[str, dict[str, torch.Tensor]]] = {}
    for item in opened.adapter.attention_parameters(opened.module):
        place = parameters.setdefault((item.stack, item.layer, item.attention), {})
        place.setdefault(item.matrix, {})[item.kind] = item.values
    places = attention_modules(opened)
    assert parameters.keys() == places.keys()
    seen = watch(opened, built.batch, monkeypatch)
    for place, matrices in parameters.items():
        noted = seen[places[place]]
        assert set(matrices) == {"q", "k", "v"}
        for matrix, parts in matrices.items():
            source = noted.queries_from if matrix == "q" else noted.keys_from
            ours = torch.einsum("btd,hed->bhte", source, parts["weight"])
            if "bias" in parts:
                ours = ours + parts["bias"][:, None, :]
            theirs = getattr(noted, matrix)
            if matrix != "v" and opened.adapter.family in ROTARY:
                # rotation leaves position 0 alone
                ours, theirs = ours[:, :, :1], theirs[:, :, :1]
            torch.testing.assert_close(ours, theirs.to(ours.dtype), rtol=1e-4, atol=1e-5)


def test_attention_parameters_have_the_shapes_of_the_stack(built: Built) -> None:
    opened = built.opened
    stacks = {stack.name: stack for stack in opened.stacks}
    kinds = set()
    for item in opened.adapter.attention_parameters(opened.module):
        stack = stacks[item.stack]
        heads = stack.n_heads if item.matrix == "q" else stack.n_kv_heads
        assert item.values.shape[:2] == (heads, stack.d_head)
        assert item.values.shape[2:] == ((stack.d_model,) if item.kind == "weight" else ())
        assert 1 <= item.layer <= stack.n_layers
        kinds.add(item.kind)
    model_type = opened.module.config.model_type
    assert ("bias" in kinds) == (model_type in ("roberta", "bert", "gpt2", "qwen2"))
