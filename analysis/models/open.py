"""Opening a checkpoint in safe steps: look, refuse, map the weights, check, and only then run."""

from __future__ import annotations

from typing import Any

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.identity import json_sha256, parameters_sha256
from analysis.models.base import Adapter, Architecture, Head, OpenedModel
from analysis.models.build import build
from analysis.models.folder import Checkpoint, open_folder
from analysis.models.heads import choose_head, label_names, single_distinct
from analysis.models.registry import family_of
from analysis.models.settings import build_config
from analysis.models.tokenizer import load_tokenizer, token_limit, tokenizer_state
from analysis.models.weights import float_dtype, load_tensors, require_finite

DEFAULT_WINDOW = 512  # tokens, where neither the tokenizer nor the positions set a limit


def open_model(source: str, config: InspectConfig, *, writes: bool = False) -> OpenedModel:
    """Open a local folder or a hub id; nothing in it can run code or reach outside its folder.

    Weights stay memory-mapped in the checkpoint's dtype; `OpenedModel.to` makes the copy that
    computes. Networks are reached only for a hub id that is not cached.

    Args:
        source: local folder or hub id.
        config: how it is read.
        writes: keep a causal model's language-model head though no label words are known.

    Raises:
        RequestError: no such model, unsupported architecture, missing or damaged weights, no or
            a mismatched tokenizer, a head that does not fit.
        UnsafeFileError: own code, pickled weights, or paths that leave the folder.
    """
    checkpoint = open_folder(source, allow_pickle=config.allow_pickle)
    adapter = family_of(checkpoint.config.get("model_type"), source).load()
    settings = build_config(checkpoint)
    tokenizer = load_tokenizer(checkpoint.folder, checkpoint.config)
    tensors = load_tensors(checkpoint)
    require_finite(tensors, source)
    words = bool(config.label_words or label_names(checkpoint.config)) and config.head != "none"
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    found = adapter.architecture(settings, shapes, words or writes)
    chosen = choose_head(config, found, checkpoint.config, tokenizer, source)
    module = build(found, settings, tensors, source)
    _check_vocabulary(tokenizer, module, source)
    sha256 = parameters_sha256(tensors)
    window = _window(config, adapter, settings, tokenizer, chosen.head)
    return OpenedModel(
        source=source,
        architecture=_name(found, settings),
        adapter=adapter,
        module=module,
        tokenizer=tokenizer,
        head=chosen.head,
        window=window,
        sha256=sha256,
        identity=_identity(sha256, checkpoint, config, tokenizer, window),
        stacks=adapter.stacks(module),
        checkpoint_dtype=str(float_dtype(tensors)).removeprefix("torch."),
        prefix=config.prefix,
        collapse_whitespace=config.collapse_whitespace,
        warnings=chosen.warnings,
        label_names=_label_names(chosen.head, checkpoint.config),
        decoder_reads=found.decoder_reads,
        folder=checkpoint.folder,
    )


def _check_vocabulary(tokenizer: Any, module: Any, source: str) -> None:
    rows = module.get_input_embeddings().weight.shape[0]
    largest = max(tokenizer.get_vocab().values(), default=-1)
    if largest >= rows:
        raise RequestError(
            f"the tokenizer of model '{source}' has token ids up to {largest}, but the model has "
            f"{rows} embedding rows.",
            "Use the tokenizer that the model was trained with.",
        )


def _window(
    config: InspectConfig, adapter: Adapter, settings: Any, tokenizer: Any, head: Head | None
) -> int:
    positions = adapter.positions(settings)
    spelled = head is not None and head.label_tokens and not single_distinct(head)
    if positions is not None and head is not None and spelled:
        # a decoder spells the label word behind the text
        positions -= max(len(tokens) for tokens in head.label_tokens)
    limits = [token_limit(tokenizer), positions]
    known = [limit for limit in limits if limit is not None] or [DEFAULT_WINDOW]
    return min([*known, *([config.max_length] if config.max_length else [])])


def _identity(
    sha256: str, checkpoint: Checkpoint, config: InspectConfig, tokenizer: Any, window: int
) -> str:
    """Cache key of everything that decides hidden states; folder names are left out."""
    ignored = ("_name_or_path", "transformers_version", "torch_dtype", "dtype")
    settings = {k: v for k, v in checkpoint.config.items() if k not in ignored}
    return json_sha256(
        {
            "parameters": sha256,
            "config": settings,
            "tokenizer": tokenizer_state(tokenizer),
            "window": window,
            "prefix": config.prefix,
            "collapse_whitespace": config.collapse_whitespace,
            "head": config.head,
            "label_words": config.label_words,
        }
    )


def _name(found: Architecture, settings: Any) -> str:
    suffix = " + linear head" if getattr(settings, "kenshin_head", None) else ""
    return found.model_class.__name__ + suffix


def _label_names(head: Head | None, raw: dict[str, Any]) -> dict[int, str]:
    if head is not None and head.label_words:
        return dict(enumerate(head.label_words))
    names = label_names(raw)
    return names if head is not None and len(names) == head.n_classes else {}
