"""Tiny random models with a real tokenizer, opened without a file."""

from dataclasses import replace

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from analysis.models.base import Head, OpenedModel
from analysis.models.gpt2 import Gpt2Adapter
from analysis.models.roberta import RobertaAdapter
from analysis.models.t5 import T5Adapter
from analysis.records import SampleSet

WORDS = [f"w{i}" for i in range(60)]
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def tokenizer(specials=True):
    vocabulary = {word: i for i, word in enumerate(SPECIAL + WORDS)}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    if specials:
        core.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
    )


def opened(module, adapter, head, window=32, identity="tiny", specials=True):
    return OpenedModel(
        source="tiny",
        architecture=type(module).__name__,
        adapter=adapter,
        module=module.eval(),
        tokenizer=tokenizer(specials),
        head=head,
        window=window,
        sha256=identity,
        identity=identity,
        stacks=adapter.stacks(module),
        checkpoint_dtype="float32",
    )


def roberta(seed=0, width=16, layers=2, head=True, window=32, identity=None, spread=0.3):
    torch.manual_seed(seed)
    config = transformers.RobertaConfig(
        vocab_size=64,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=40,
        pad_token_id=1,
        num_labels=2,
        initializer_range=spread,
        attn_implementation="sdpa",
    )
    cls = transformers.RobertaForSequenceClassification
    module = cls(config) if head else transformers.RobertaModel(config, add_pooling_layer=False)
    spec = Head("argmax", 2) if head else None
    return opened(module, RobertaAdapter(), spec, window, identity or f"roberta-{seed}-{width}")


def t5(kind="label_words", seed=0):
    torch.manual_seed(seed)
    config = transformers.T5Config(
        vocab_size=64,
        d_model=16,
        d_kv=8,
        num_heads=2,
        d_ff=32,
        num_layers=2,
        num_decoder_layers=2,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        num_labels=2,
        dropout_rate=0.0,
        attn_implementation="sdpa",
    )
    if kind == "classifier":
        module = transformers.T5ForSequenceClassification(config)
        model = opened(module, T5Adapter(), Head("argmax", 2), identity="t5-classifier")
        return replace(model, decoder_reads="input")
    module = transformers.T5ForConditionalGeneration(config)
    head = Head("label_words", 2, ("w3", "w4"), ((7,), (8,)))
    return opened(module, T5Adapter(), head, identity="t5-words")


def samples(n=40, seed=0, longest=40):
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, rng.integers(1, longest))) for _ in range(n)]
    return SampleSet(ids=tuple(f"s{i}" for i in range(n)), texts=tuple(texts))


def gpt2(seed=0):
    """A causal decoder whose texts all start with the same token."""
    torch.manual_seed(seed)
    config = transformers.GPT2Config(
        vocab_size=64, n_embd=16, n_layer=2, n_head=2, n_positions=40, initializer_range=0.3
    )
    module = transformers.GPT2Model(config)
    return opened(module, Gpt2Adapter(), None, identity="gpt2")
