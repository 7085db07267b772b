"""The architecture families Kenshin can open: one adapter file and one line each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from analysis.errors import RequestError
from analysis.models.base import Adapter


@dataclass(frozen=True)
class FamilySpec:
    """One family of architectures."""

    name: str
    model_types: tuple[str, ...]  # `model_type` values of config.json
    adapter: str  # "module:class"
    covers: str  # models people know, for messages and the README

    def load(self) -> Adapter:
        """A new adapter; its module is imported only now."""
        module, _, name = self.adapter.partition(":")
        adapter: Adapter = getattr(import_module(module), name)()
        return adapter


FAMILIES = (
    FamilySpec(
        "roberta",
        ("roberta", "bert"),
        "analysis.models.roberta:RobertaAdapter",
        "BERT, RoBERTa, CodeBERT, GraphCodeBERT, UniXcoder",
    ),
    FamilySpec("t5", ("t5",), "analysis.models.t5:T5Adapter", "T5, CodeT5, CodeT5+"),
    FamilySpec("gpt2", ("gpt2",), "analysis.models.gpt2:Gpt2Adapter", "GPT-2, CodeGPT, CodeParrot"),
    FamilySpec("codegen", ("codegen",), "analysis.models.codegen:CodegenAdapter", "CodeGen"),
    FamilySpec(
        "llama",
        ("llama", "qwen2"),
        "analysis.models.llama:LlamaAdapter",
        "Llama, CodeLlama, DeepSeek-Coder, Qwen2, Qwen2.5-Coder",
    ),
)


def family_of(model_type: object, source: str) -> FamilySpec:
    """The family that a config's `model_type` belongs to.

    Raises:
        RequestError: none does.
    """
    for spec in FAMILIES:
        if model_type in spec.model_types:
            return spec
    known = ", ".join(kind for spec in FAMILIES for kind in spec.model_types)
    raise RequestError(
        f"model '{source}' has model_type '{model_type}', which Kenshin cannot read.",
        f"Supported: {known}.",
    )
