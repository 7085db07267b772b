"""Shapes of the two small architectures and their shared tokenizer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import (
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
    T5Config,
    T5ForConditionalGeneration,
)

from analysis.training.objectives import LabelAsText, classification
from sample_data.recipes import BEGIN, END, LABEL_NAMES, PAD, SPECIAL_TOKENS, VOCABULARY, WINDOW


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Byte-level BPE on training functions, RoBERTa's special tokens around each text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Label words must be single tokens, so that one step of the decoder answers.
    words = [word for word in LABEL_NAMES for _ in range(1000)]
    tokenizer.train_from_iterator([*texts, *words], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", BEGIN), ("</s>", END)],
    )
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the files that plain AutoTokenizer loads."""
    names = dict(zip(("bos", "pad", "eos", "unk", "mask"), SPECIAL_TOKENS, strict=True))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=WINDOW,
        model_input_names=["input_ids", "attention_mask"],
        cls_token="<s>",
        sep_token="</s>",
        **{f"{key}_token": value for key, value in names.items()},
    ).save_pretrained(folder)
    # Indented, the merges alone would take a tenth of the model's size.
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    # The name that every release of transformers knows.
    settings = folder / "tokenizer_config.json"
    values = json.loads(settings.read_text(encoding="utf-8"))
    values["tokenizer_class"] = "PreTrainedTokenizerFast"
    settings.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[np.ndarray]:
    """Token ids of each text inside the window, n arrays (t_i,) int32."""
    encoded = []
    for item in tokenizer.encode_batch(list(texts)):
        ids = np.array(item.ids, dtype=np.int32)
        # Like the tokenizer's own truncation, the end token stays.
        encoded.append(ids if len(ids) <= WINDOW else np.append(ids[: WINDOW - 1], END))
    return encoded


def new_module(architecture: str, seed: int) -> nn.Module:
    """A freshly initialised model, the same for the same seed."""
    torch.manual_seed(seed)
    names: dict[str, Any] = {
        "id2label": dict(enumerate(LABEL_NAMES)),
        "label2id": {name: i for i, name in enumerate(LABEL_NAMES)},
    }
    if architecture == "codebert-mini":
        return RobertaForSequenceClassification(
            RobertaConfig(
                vocab_size=VOCABULARY,
                hidden_size=128,
                num_hidden_layers=3,
                num_attention_heads=2,
                intermediate_size=512,
                hidden_dropout_prob=0.0,  # random numbers cost more than the pass on a CPU
                attention_probs_dropout_prob=0.0,
                max_position_embeddings=WINDOW + 2,  # RoBERTa counts positions from pad + 1
                type_vocab_size=1,
                layer_norm_eps=1e-5,
                bos_token_id=BEGIN,
                pad_token_id=PAD,
                eos_token_id=END,
                **names,
            )
        )
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=VOCABULARY,
            d_model=128,
            d_kv=32,
            num_heads=4,
            d_ff=512,
            num_layers=3,
            num_decoder_layers=3,
            dropout_rate=0.0,
            n_positions=WINDOW,
            pad_token_id=PAD,
            eos_token_id=END,
            decoder_start_token_id=PAD,
            **names,
        )
    )


def objective_for(architecture: str, tokenizer: Tokenizer) -> Any:
    """How the architecture answers: a head's class, or the label's word."""
    if architecture == "codebert-mini":
        return classification
    tokens = [tokenizer.encode(word, add_special_tokens=False).ids for word in LABEL_NAMES]
    assert all(len(ids) == 1 for ids in tokens), "a label word is not one token"
    return LabelAsText(tuple(ids[0] for ids in tokens), start_token=PAD, end_token=END)


def predict(
    module: nn.Module, architecture: str, tokenizer: Tokenizer, texts: Sequence[str]
) -> np.ndarray:
    """Predicted class of each text in fp32, (n,) int64."""
    from analysis.training.loop import pad

    ids = encode(tokenizer, texts)
    objective = objective_for(architecture, tokenizer)
    order = np.argsort([len(item) for item in ids], kind="stable")
    predicted = np.zeros(len(ids), dtype=np.int64)
    module.eval()
    with torch.inference_mode():
        for start in range(0, len(ids), 64):
            rows = order[start : start + 64]
            batch = pad([ids[row] for row in rows], PAD)
            if isinstance(objective, LabelAsText):
                logits = objective.class_logits(module, batch.input_ids, batch.attention_mask)
            else:
                logits = module(
                    input_ids=batch.input_ids, attention_mask=batch.attention_mask
                ).logits
            predicted[rows] = logits.argmax(dim=1).numpy()
    return predicted
