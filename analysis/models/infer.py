"""A config from tensor shapes, where a checkpoint came without one.

What shapes cannot tell is assumed from the family's usual values, and every assumption is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerFast

from analysis.errors import RequestError
from analysis.models.family import Shapes

_USUAL_HEAD = 64  # width of one head in every BERT, RoBERTa and GPT-2 size


class Inferred(NamedTuple):
    """A config and what had to be assumed for it."""

    config: dict[str, Any]
    assumed: tuple[str, ...]


def infer_config(kind: str, shapes: Shapes, tokenizer: PreTrainedTokenizerFast) -> Inferred:
    """The config that tensors of one family imply.

    Raises:
        RequestError: the family keeps more in its config than shapes can tell.
    """
    maker = _MAKERS.get(kind)
    if maker is None:
        raise RequestError(
            f"the checkpoint has no config.json, and that of a {kind} model cannot be told from "
            "tensor shapes (heads, rotary positions).",
            "Give the folder of its base model with --base.",
        )
    found = maker(shapes)
    ids = {
        f"{name}_token_id": getattr(tokenizer, f"{name}_token_id")
        for name in ("bos", "eos", "pad")
        if getattr(tokenizer, f"{name}_token_id") is not None
    }
    if kind == "t5":
        ids["decoder_start_token_id"] = ids.get("pad_token_id", 0)
    return Inferred({"model_type": kind, **found.config, **ids}, found.assumed)


def _bert_like(shapes: Shapes) -> Inferred:
    vocab, width = _find(shapes, "embeddings.word_embeddings.weight")
    types = _find(shapes, "embeddings.token_type_embeddings.weight")[0]
    config = {
        "vocab_size": vocab,
        "hidden_size": width,
        "num_hidden_layers": _depth(shapes, r"encoder\.layer\.(\d+)\."),
        "num_attention_heads": _heads(width),
        "intermediate_size": _find(shapes, "layer.0.intermediate.dense.weight")[0],
        "max_position_embeddings": _find(shapes, "embeddings.position_embeddings.weight")[0],
        "type_vocab_size": types,
        "layer_norm_eps": 1e-5 if types == 1 else 1e-12,
    }
    return Inferred(config, (f"{_heads(width)} attention heads", "gelu activation"))


def _t5(shapes: Shapes) -> Inferred:
    vocab, width = _find(shapes, "shared.weight")
    buckets, heads = _find(
        shapes, "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    )
    gated = any(name.endswith("DenseReluDense.wi_0.weight") for name in shapes)
    config = {
        "vocab_size": vocab,
        "d_model": width,
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
        "d_kv": _find(shapes, "encoder.block.0.layer.0.SelfAttention.q.weight")[0] // heads,
        "d_ff": _find(
            shapes, "DenseReluDense.wi_0.weight" if gated else "DenseReluDense.wi.weight"
        )[0],
        "num_layers": _depth(shapes, r"encoder\.block\.(\d+)\."),
        "num_decoder_layers": _depth(shapes, r"decoder\.block\.(\d+)\."),
        "feed_forward_proj": "gated-gelu" if gated else "relu",
        "tie_word_embeddings": "lm_head.weight" not in shapes,
    }
    return Inferred(
        config, ("relative positions up to 128", f"{config['feed_forward_proj']} activation")
    )


def _gpt2(shapes: Shapes) -> Inferred:
    vocab, width = _find(shapes, "wte.weight")
    config = {
        "vocab_size": vocab,
        "n_embd": width,
        "n_layer": _depth(shapes, r"\bh\.(\d+)\."),
        "n_head": _heads(width),
        "n_positions": _find(shapes, "wpe.weight")[0],
    }
    return Inferred(config, (f"{_heads(width)} attention heads", "gelu_new activation"))


_MAKERS: Mapping[str, Callable[[Shapes], Inferred]] = {
    "roberta": _bert_like,
    "bert": _bert_like,
    "t5": _t5,
    "gpt2": _gpt2,
}


def _heads(width: int) -> int:
    return max(1, width // _USUAL_HEAD)


def _find(shapes: Shapes, ending: str) -> tuple[int, ...]:
    for name, shape in shapes.items():
        if name.endswith(ending) and len(shape) == 2:
            return shape
    raise RequestError(f"the checkpoint lacks the tensor '{ending}'.", "It is incomplete.")


def _depth(shapes: Shapes, pattern: str) -> int:
    numbers = [int(m[1]) for name in shapes if (m := re.search(pattern, name))]
    return max(numbers, default=-1) + 1
