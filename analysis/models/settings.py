"""A transformers config from config.json, without the entries that reach outside."""

from __future__ import annotations

from typing import Any

import transformers

from analysis.errors import RequestError
from analysis.models.folder import Checkpoint
from analysis.models.tokenizer import is_id

# how and where to load is decided here, never by the file (an attention implementation, for
# one, can name a kernel to download)
_IGNORED = (
    "_name_or_path",
    "_attn_implementation",
    "_attn_implementation_internal",
    "attn_implementation",
    "_experts_implementation",
    "torch_dtype",
    "dtype",
    "device_map",
    "transformers_weights",
    "output_hidden_states",
    "output_attentions",
    "return_dict",
    "chunk_size_feed_forward",
)
# far above any real model; they stop a config that would build modules until memory is gone
_LIMITS = {
    "num_hidden_layers": 512,
    "num_layers": 512,
    "num_decoder_layers": 512,
    "n_layer": 512,
    "hidden_size": 1 << 16,
    "d_model": 1 << 16,
    "n_embd": 1 << 16,
    "num_attention_heads": 1 << 12,
    "num_key_value_heads": 1 << 12,
    "num_heads": 1 << 12,
    "n_head": 1 << 12,
    "d_kv": 1 << 14,
    "d_ff": 1 << 20,
    "vocab_size": 1 << 23,
    "max_position_embeddings": 1 << 22,
    "n_positions": 1 << 22,
}


def build_config(checkpoint: Checkpoint) -> Any:
    """The transformers config of a checkpoint.

    Raises:
        RequestError: a value is out of range, or transformers cannot read the config.
    """
    raw = checkpoint.config
    for key, limit in _LIMITS.items():
        value = raw.get(key)
        if isinstance(value, int | float) and not 0 < value <= limit:
            raise RequestError(
                f"config.json of model '{checkpoint.source}' has {key} {value}, expected 1 to "
                f"{limit}."
            )
    if raw.get("quantization_config"):
        raise RequestError(
            f"model '{checkpoint.source}' is stored quantised, which Kenshin cannot read.",
            "Give the checkpoint in float32, float16 or bfloat16.",
        )
    _check_ids(checkpoint)
    values = {key: value for key, value in raw.items() if key not in _IGNORED}
    if not _is_names(values.get("architectures")):
        values.pop("architectures", None)
    kind = values.pop("model_type")
    try:
        return transformers.AutoConfig.for_model(kind, **values)
    except Exception as error:  # every config class has its own kind of complaint
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise RequestError(
            f"config.json of model '{checkpoint.source}' cannot be read: {reason}."
        ) from error


def _check_ids(checkpoint: Checkpoint) -> None:
    for name in ("bos", "eos", "pad", "decoder_start"):
        value = checkpoint.config.get(f"{name}_token_id")
        listed = value if isinstance(value, list) else [value]
        if any(one is not None and not is_id(one) for one in listed):
            raise RequestError(
                f"config.json of model '{checkpoint.source}' has {name}_token_id {value!r}, "
                "expected a token id."
            )


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
