"""Key layouts of checkpoints that people really hold, brought to Hugging Face's names.

Known layouts (METHODS.md 3b):

- `plain`: a Hugging Face state dict.
- `codexglue`: `encoder.roberta.…` and `encoder.classifier.…`, a whole
  RobertaForSequenceClassification inside a wrapper.
- `defect`: `encoder.…` is a whole RobertaModel or T5ForConditionalGeneration and
  `classifier.weight/bias` one linear layer on the first token's state (RoBERTa) or on the
  decoder's state at the last end token (CodeT5).

`module.` (DataParallel), `_orig_mod.` (torch.compile) and `model.` prefixes come off first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch

from analysis.errors import RequestError

_WRAPPING = ("module.", "_orig_mod.")
# parts of a model inside `encoder.`: what tells a wrapped model from a plain encoder's own keys
_WRAPPED = ("roberta.", "bert.", "embeddings.", "shared.", "encoder.", "transformer.")
_BUFFERS = (
    ".position_ids",
    ".token_type_ids",
    ".attn.bias",
    ".attn.masked_bias",
    ".causal_mask",
    ".inv_freq",
)
_OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}
# The end of a name that only this family has; BART's layers share most of Llama's names.
_MARKS = (
    ("c_attn.weight", "gpt2"),
    ("attn.qkv_proj.weight", "codegen"),
    ("mlp.gate_proj.weight", "llama"),
    ("SelfAttention.q.weight", "t5"),
    ("attention.self.query.weight", "roberta"),
)
_HEAD_KEYS = ("classifier.weight", "classifier.bias")


@dataclass(frozen=True)
class Layout:
    """A checkpoint under Hugging Face's names."""

    name: str  # "plain", "codexglue" or "defect"
    tensors: Mapping[str, torch.Tensor]
    linear: str | None  # where the linear head reads, "first" or "last_eos"; None without one
    dropped: tuple[str, ...]  # names that no Hugging Face class has


def recognise(tensors: Mapping[str, torch.Tensor]) -> Layout:
    """Bring a state dict to Hugging Face's names.

    Raises:
        RequestError: no known architecture is in it.
    """
    renamed = {_modern(n): t for n, t in _unwrapped(tensors).items() if not n.endswith(_BUFFERS)}
    inner = {
        name.removeprefix("encoder."): tensor
        for name, tensor in renamed.items()
        if name.startswith("encoder.")
    }
    if not any(name.startswith(_WRAPPED) for name in inner) or "shared.weight" in renamed:
        _require_known(renamed)
        return Layout("plain", renamed, None, ())
    _require_known(inner)
    outer = {name: t for name, t in renamed.items() if not name.startswith("encoder.")}
    if any(name.startswith("classifier.") for name in inner):
        return Layout("codexglue", inner, None, tuple(sorted(outer)))
    return _with_outer_head(inner, outer)


def _with_outer_head(inner: dict[str, torch.Tensor], outer: dict[str, torch.Tensor]) -> Layout:
    """Put the wrapper's own classifier where Hugging Face or Kenshin looks for it."""
    width = _width(inner)
    weight = outer.get("classifier.weight")
    decoder = any(name.startswith("decoder.") for name in inner)
    position = _read_at(inner, decoder=decoder)
    if position and weight is not None and weight.ndim == 2 and weight.shape[1] == width:
        head = {name: outer[name] for name in _HEAD_KEYS if name in outer}
        rest = tuple(sorted(set(outer) - set(head)))
        return Layout("defect", inner | head, position, rest)
    dense = outer.get("classifier.dense.weight")
    if dense is not None and dense.shape[1] == width and not decoder:
        head = {name: t for name, t in outer.items() if name.startswith("classifier.")}
        body = {f"roberta.{name}": t for name, t in inner.items() if not name.startswith("pooler.")}
        return Layout("codexglue", body | head, None, tuple(sorted(set(outer) - set(head))))
    return Layout("defect" if decoder else "codexglue", inner, None, tuple(sorted(outer)))


def _read_at(inner: Mapping[str, torch.Tensor], *, decoder: bool) -> str | None:
    """Where a linear head over this model reads; None for a model that has no such head."""
    if decoder:
        return "last_eos"
    return "first" if "embeddings.word_embeddings.weight" in inner else None


def _unwrapped(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    found = dict(tensors)
    while (prefix := _shared_prefix(found)) is not None:
        found = {name.removeprefix(prefix): tensor for name, tensor in found.items()}
    return found


def _shared_prefix(names: Iterable[str]) -> str | None:
    for prefix in _WRAPPING:
        if all(name.startswith(prefix) for name in names):
            return prefix
    # `model.` alone is also how Llama names its stack; a wrapper has another model inside
    inside = ("model.encoder.", "model.roberta.", "model.shared.", "model.bert.")
    wrapped = all(name.startswith("model.") for name in names)
    return "model." if wrapped and any(name.startswith(inside) for name in names) else None


def _modern(name: str) -> str:
    for old, new in _OLD_NAMES.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name


def _width(tensors: Mapping[str, torch.Tensor]) -> int:
    for name in ("shared.weight", "embeddings.word_embeddings.weight"):
        for key, tensor in tensors.items():
            if key.endswith(name):
                return int(tensor.shape[1])
    return -1


def family_by_names(names: Iterable[str]) -> str | None:
    """The model_type that tensor names belong to, None for an unknown one.

    A bare encoder of BERT and RoBERTa has the same names; it counts as RoBERTa.
    """
    joined = set(names)

    def ends(ending: str) -> bool:
        return any(name.endswith(ending) for name in joined)

    found = next((family for ending, family in _MARKS if ends(ending)), None)
    if found == "llama" and ends("self_attn.q_proj.bias"):
        return "qwen2"
    if found == "roberta" and any(name.startswith("bert.") for name in joined):
        return "bert"
    return found


def _require_known(tensors: Mapping[str, torch.Tensor]) -> None:
    if family_by_names(tensors) is None:
        raise RequestError(
            f"the checkpoint's tensors ('{min(tensors)}', …) belong to no architecture Kenshin "
            "knows.",
            "Supported: BERT, RoBERTa, T5, GPT-2, CodeGen, Llama and Qwen2 layouts.",
        )
