"""How class scores come out of a checkpoint, and what to do where it has no class head."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from analysis.config import InspectConfig, parse_label_words
from analysis.errors import RequestError
from analysis.models.base import Architecture, Head

_DEFAULT_LABEL = re.compile(r"^label[_ ]?\d+$|^\d+$", re.IGNORECASE)


class HeadChoice(NamedTuple):
    """The head to use, and what the user should know about it."""

    head: Head | None
    warnings: tuple[str, ...] = ()


def label_names(raw: dict[str, Any]) -> dict[int, str]:
    """Informative class names of a config's id2label; empty for LABEL_0 and the like."""
    names = raw.get("id2label")
    if not isinstance(names, dict):
        return {}
    try:
        found = {int(key): str(value) for key, value in names.items()}
    except ValueError:
        return {}
    usual = sorted(found) == list(range(len(found))) and len(set(found.values())) == len(found)
    if not usual or len(found) < 2 or any(_DEFAULT_LABEL.match(v) for v in found.values()):
        return {}
    return dict(sorted(found.items()))


def choose_head(
    config: InspectConfig, found: Architecture, raw: dict[str, Any], tokenizer: Any, source: str
) -> HeadChoice:
    """Decide how class scores are read, by `--head` and by what the checkpoint holds.

    Raises:
        RequestError: the wanted head does not fit, or a label-as-text model without words.
    """
    if config.head == "none":
        return HeadChoice(None)
    if found.n_outputs:
        return HeadChoice(_class_head(config, found.n_outputs, source), _unused_words(config))
    if found.writes_text:
        return _word_head(config, found, raw, tokenizer, source)
    if config.head != "auto":
        raise RequestError(
            f"head '{config.head}' was requested, but model '{source}' has no classification head.",
            'Use head "auto" or "none"; samples are then grouped by label.',
        )
    return HeadChoice(None, (f"model '{source}' has no classification head: no predictions.",))


def _class_head(config: InspectConfig, n_outputs: int, source: str) -> Head:
    if config.head == "sigmoid" and n_outputs != 1:
        raise RequestError(
            f"head 'sigmoid' needs one output, but model '{source}' has {n_outputs}.",
            'Use head "argmax" or "auto".',
        )
    if config.head == "argmax" and n_outputs == 1:
        raise RequestError(
            f"head 'argmax' needs two or more outputs, but model '{source}' has one.",
            'Use head "sigmoid" or "auto".',
        )
    return Head("sigmoid", 2) if n_outputs == 1 else Head("argmax", n_outputs)


def _unused_words(config: InspectConfig) -> tuple[str, ...]:
    if config.label_words is None:
        return ()
    return (
        "label words were given but not used for answers: the model has a classification head. "
        "They name the labels of files.",
    )


def _word_head(
    config: InspectConfig, found: Architecture, raw: dict[str, Any], tokenizer: Any, source: str
) -> HeadChoice:
    if config.head == "sigmoid":
        raise RequestError(f"head 'sigmoid' does not fit model '{source}', which writes text.")
    words = parse_label_words(config.label_words) if config.label_words else label_names(raw)
    if not words and found.decoder_only and config.head == "auto":
        return HeadChoice(
            None, (f"model '{source}' is a language model without label words: no predictions.",)
        )
    if not words:
        raise RequestError(
            f"model '{source}' writes its answer as text, but no label words are known.",
            "Give --label-words 0=false,1=true (its own words), or --head none.",
        )
    tokens = tuple(
        tuple(tokenizer.backend_tokenizer.encode(word, add_special_tokens=False).ids)
        for _, word in sorted(words.items())
    )
    if not all(tokens) or len(set(tokens)) != len(tokens):
        raise RequestError(
            f"label words {', '.join(words.values())} cannot be told apart by the tokenizer of "
            f"model '{source}'."
        )
    names = tuple(word for _, word in sorted(words.items()))
    return HeadChoice(Head("label_words", len(names), names, tokens))


def single_distinct(head: Head) -> bool:
    """Whether each label word is one token of its own: then one step decides."""
    return all(len(tokens) == 1 for tokens in head.label_tokens)


def class_scores(head: Head, raw: torch.Tensor) -> torch.Tensor:
    """Scores (b, k) float32 whose softmax gives class probabilities, from a head's output.

    A one-logit head z becomes (0, z): softmax((0, z)) = (1 - sigmoid(z), sigmoid(z)).
    """
    raw = raw.float()
    return torch.cat([torch.zeros_like(raw), raw], dim=1) if head.kind == "sigmoid" else raw


def first_step_scores(lm_head: nn.Module, states: torch.Tensor, head: Head) -> torch.Tensor:
    """Scores (b, k) of one-token label words from the deciding state (b, d).

    Only the rows of the language-model head that belong to label words are computed.
    """
    rows = torch.tensor([tokens[0] for tokens in head.label_tokens], device=states.device)
    bias = getattr(lm_head, "bias", None)
    weight: torch.Tensor = lm_head.weight  # type: ignore[assignment]
    return F.linear(states, weight[rows], None if bias is None else bias[rows]).float()


def log_probability(
    lm_head: nn.Module, states: torch.Tensor, targets: torch.Tensor
) -> torch.Tensor:
    """Summed log-probability (b,) of targets (b, s) int64, from their states (b, s, d)."""
    logits = lm_head(states).float()
    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (chosen - logits.logsumexp(-1)).sum(-1)


def end_token(config: Any) -> int | None:
    """The id that ends an answer; the first where a config lists several."""
    value = config.eos_token_id
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return None if value is None else int(value)


def last_index(mask: torch.Tensor) -> torch.Tensor:
    """Index (b,) int64 of the last counted token of a right-padded mask (b, t)."""
    return (mask.long().sum(1) - 1).clamp_min(0)


def pick(states: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """One state per row: (b, t, d) at index (b,) -> (b, d)."""
    return states[torch.arange(states.shape[0], device=states.device), index]
