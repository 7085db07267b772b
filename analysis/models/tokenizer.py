"""A fast tokenizer from a folder's own files, without looking up any tokenizer class.

`tokenizer.json` is taken exactly as it is. Older folders with vocab.json + merges.txt (RoBERTa,
CodeT5, GPT-2, CodeGen) or vocab.txt (BERT) get the equivalent fast tokenizer built here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from analysis.errors import RequestError
from analysis.models.folder import inside, read_json

TOKENIZER_BYTES = 128 << 20
SPECIAL = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
_NO_LIMIT = 1_000_000_000  # transformers writes 1e30 for "no limit"
_BERT_TYPES = ("bert",)
_WRAPPED_TYPES = ("roberta", "t5")  # <s> text </s>; CodeT5 uses a RoBERTa tokenizer
_PLAIN_TYPES = ("gpt2", "codegen")


def load_tokenizer(folder: Path, config: Mapping[str, Any]) -> PreTrainedTokenizerFast:
    """The folder's tokenizer as a transformers fast tokenizer, without truncation or padding.

    Raises:
        RequestError: no tokenizer files, or files that cannot be read.
    """
    settings = read_json(folder, "tokenizer_config.json") or {}
    backend = _backend(folder, str(config.get("model_type", "")), settings)
    backend.no_truncation()
    backend.no_padding()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, **_special_tokens(folder, backend, settings, config)
    )
    limit = settings.get("model_max_length")
    if isinstance(limit, int | float) and 0 < limit < _NO_LIMIT:
        tokenizer.model_max_length = int(limit)
    return tokenizer


def token_limit(tokenizer: PreTrainedTokenizerFast) -> int | None:
    """Longest input the tokenizer's files name, None without one."""
    limit = int(tokenizer.model_max_length)
    return limit if limit < _NO_LIMIT else None


def find_vocabulary(folder: Path) -> tuple[Path, Path] | None:
    """Paths of vocab.json and merges.txt, also under names like codet5-vocab.json."""
    found = []
    for ending in ("vocab.json", "merges.txt"):
        names = sorted(p.name for p in folder.iterdir() if p.name.endswith(ending))
        if ending in names:
            names = [ending]
        if len(names) != 1:
            return None
        found.append(inside(folder, names[0]))
    return found[0], found[1]


def _backend(folder: Path, model_type: str, settings: Mapping[str, Any]) -> Tokenizer:
    path = inside(folder, "tokenizer.json")
    try:
        if path.is_file():
            read_json(folder, "tokenizer.json", limit=TOKENIZER_BYTES)
            return Tokenizer.from_file(str(path))
        vocabulary = find_vocabulary(folder)
        if vocabulary and model_type in (*_WRAPPED_TYPES, *_PLAIN_TYPES):
            return byte_level(folder, *vocabulary, wrapped=model_type in _WRAPPED_TYPES)
        if model_type in _BERT_TYPES and inside(folder, "vocab.txt").is_file():
            return BertWordPieceTokenizer(
                str(inside(folder, "vocab.txt")), lowercase=bool(settings.get("do_lower_case", 1))
            )._tokenizer
    except RequestError:
        raise
    except Exception as error:  # tokenizers raises bare Exception for malformed files
        raise RequestError(
            f"the tokenizer of model '{folder.name}' cannot be read: {error}."
        ) from error
    raise RequestError(
        f"model folder '{folder.name}' has no tokenizer Kenshin can read, expected tokenizer.json.",
        "Copy the tokenizer files of its base model into the folder, or save them with "
        "transformers (use_fast=True).",
    )


def byte_level(folder: Path, vocabulary: Path, merges: Path, *, wrapped: bool) -> Tokenizer:
    """A byte-level BPE from vocab.json and merges.txt, `wrapped` in <s> … </s> as RoBERTa's."""
    for path in (vocabulary, merges):
        if path.stat().st_size > TOKENIZER_BYTES:
            raise RequestError(f"'{path.name}' is larger than {TOKENIZER_BYTES} bytes.")
    tokenizer = Tokenizer(BPE.from_file(str(vocabulary), str(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = ("<s>", "</s>", "<pad>", "<unk>", "<mask>", "<|endoftext|>")
    known = [name for name in names if tokenizer.token_to_id(name) is not None]
    # RoBERTa's mask swallows the space before it
    tokenizer.add_special_tokens([AddedToken(n, lstrip=n == "<mask>") for n in known])
    extra = read_json(folder, "added_tokens.json") or {}
    tokenizer.add_tokens([AddedToken(t) for t, _ in sorted(extra.items(), key=lambda kv: kv[1])])
    if wrapped and not {"<s>", "</s>"} <= set(known):
        raise RequestError(f"'{vocabulary.name}' lacks the tokens <s> and </s>.")
    plain = processors.ByteLevel(trim_offsets=True)
    tokenizer.post_processor = _around(tokenizer) if wrapped else plain
    return tokenizer


def _around(tokenizer: Tokenizer) -> processors.RobertaProcessing:
    start, end = ((name, tokenizer.token_to_id(name) or 0) for name in ("<s>", "</s>"))
    return processors.RobertaProcessing(end, start, trim_offsets=True, add_prefix_space=False)


def _special_tokens(
    folder: Path, backend: Tokenizer, settings: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, str]:
    """Names of the special tokens; only those that the vocabulary has, so that none is added."""
    older = read_json(folder, "special_tokens_map.json") or {}
    found = {}
    for name in SPECIAL:
        value = settings.get(f"{name}_token") or older.get(f"{name}_token")
        if isinstance(value, dict):
            value = value.get("content")
        if not isinstance(value, str) or backend.token_to_id(value) is None:
            number = config.get(f"{name}_token_id")
            value = backend.id_to_token(number) if is_id(number) else None
        if value is not None:
            found[f"{name}_token"] = value
    return found


def is_id(number: object) -> TypeGuard[int]:
    """Whether a config value can be a token id."""
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**31


def tokenizer_state(tokenizer: PreTrainedTokenizerFast) -> str:
    """The tokenizer as canonical JSON text, for hashing."""
    value = json.loads(tokenizer.backend_tokenizer.to_str())
    return json.dumps(value, sort_keys=True)
