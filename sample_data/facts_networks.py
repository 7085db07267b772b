"""The tiny decoder of `facts-mini` and its word-level tokenizer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import nn
from torch.nn import functional as F
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
BEGIN, PAD, END = 0, 1, 2
WINDOW = 64  # tokens: room for a few facts in front of a question


def word_tokenizer(words: Sequence[str]) -> Tokenizer:
    """One token per word, a start token in front."""
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", BEGIN)]
    )
    return tokenizer


def save_word_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the files that plain AutoTokenizer loads."""
    names = dict(zip(("bos", "pad", "eos", "unk"), SPECIAL, strict=True))
    tokenizer.add_special_tokens(list(SPECIAL))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=WINDOW,
        model_input_names=["input_ids", "attention_mask"],
        **{f"{key}_token": value for key, value in names.items()},
    ).save_pretrained(folder)
    # The name that every release of transformers knows.
    settings = folder / "tokenizer_config.json"
    values = json.loads(settings.read_text(encoding="utf-8"))
    values["tokenizer_class"] = "PreTrainedTokenizerFast"
    settings.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def new_decoder(vocabulary: int, seed: int) -> nn.Module:
    """A freshly initialised Llama of 4 layers x 128, the same for the same seed."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=WINDOW,
        bos_token_id=BEGIN,
        pad_token_id=PAD,
        eos_token_id=END,
        tie_word_embeddings=False,
        attn_implementation="eager",
    )
    return LlamaForCausalLM(config)


def next_word(
    module: nn.Module, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy of every next token, as a language model is trained; `labels` are not read."""
    logits = module(input_ids=input_ids, attention_mask=attention_mask).logits
    targets = input_ids[:, 1:].masked_fill(attention_mask[:, 1:] == 0, -100)
    return F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), targets.flatten())
