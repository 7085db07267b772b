"""Tiny random models of every family, with a real byte-level tokenizer, saved as folders."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

TEXTS = [
    "def add(a, b):\n    return a + b",
    "for i in range(10):\n    print(i)",
    "x = 1",
    "",
    "class Box:\n    def __init__(self, value):\n        self.value = value\n",
    "while True:\n    if done(): break\n" * 6,
]
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@functools.cache
def byte_level(wrapped: str) -> Tokenizer:
    """Wrapped "both": <s> text </s>; "end": text </s>; "": text alone."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([*TEXTS, "false\ntrue\n" * 20] * 3, trainer)
    template = {"both": "<s> $A </s>", "end": "$A </s>", "": "$A"}[wrapped]
    ends = [(t, tokenizer.token_to_id(t)) for t in ("<s>", "</s>") if t in template]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ends)
    return tokenizer


def save_tokenizer(folder: Path, wrapped: str, limit: int | None = None) -> None:
    byte_level(wrapped).save(str(folder / "tokenizer.json"))
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    settings = {**names, **({"model_max_length": limit} if limit else {})}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


COMMON = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "vocab_size": 320}
BERT_LIKE = {
    **COMMON,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 66,
}


def roberta(**extra: object) -> transformers.RobertaConfig:
    return transformers.RobertaConfig(**{**BERT_LIKE, "type_vocab_size": 1, **extra})


def bert(**extra: object) -> transformers.BertConfig:
    return transformers.BertConfig(**{**BERT_LIKE, **extra})


def t5(**extra: object) -> transformers.T5Config:
    sizes = {"d_model": 32, "d_kv": 8, "num_heads": 3, "d_ff": 48, "num_layers": 3}
    starts = {"decoder_start_token_id": 1, "num_decoder_layers": 2}
    return transformers.T5Config(**{**COMMON, **sizes, **starts, **extra})


def gpt2(**extra: object) -> transformers.GPT2Config:
    sizes = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64}
    return transformers.GPT2Config(**{**COMMON, **sizes, **extra})


def codegen(**extra: object) -> transformers.CodeGenConfig:
    sizes = {"n_embd": 64, "n_layer": 2, "n_head": 8, "n_positions": 64, "n_ctx": 64}
    rotary = {"rotary_dim": 4, "tie_word_embeddings": False}
    return transformers.CodeGenConfig(**{**COMMON, **sizes, **rotary, **extra})


LLAMA_LIKE = {**BERT_LIKE, "num_key_value_heads": 2, "max_position_embeddings": 64}


def llama(**extra: object) -> transformers.LlamaConfig:
    return transformers.LlamaConfig(**{**LLAMA_LIKE, **extra})


def qwen2(**extra: object) -> transformers.Qwen2Config:
    return transformers.Qwen2Config(**{**LLAMA_LIKE, **extra})


def randomised(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Every parameter away from its special initial value (zero biases hide mistakes)."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator) * 0.15
            parameter.copy_(noise + (1.0 if "norm" in name.lower() and parameter.dim() == 1 else 0))
    return model.eval()


def save_folder(folder: Path, model: torch.nn.Module, wrapped: str = "both") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config = {**model.config.to_dict(), "architectures": [type(model).__name__]}
    (folder / "config.json").write_text(json.dumps(config, default=str))
    save_file(deduplicated(model), str(folder / "model.safetensors"), metadata={"format": "pt"})
    save_tokenizer(folder, wrapped)
    return folder


def deduplicated(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """State dict without the second names of tied tensors."""
    seen: set[int] = set()
    found = {}
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            found[name] = tensor.contiguous()
    return found
