"""The module of a checkpoint: every weight from the file, none made up."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
import transformers
from torch import nn

from analysis.errors import RequestError
from analysis.models.base import Architecture
from analysis.models.family import LINEAR_HEAD_PREFIX, linear_head_outputs
from analysis.models.weights import float_dtype

_NARROW = 256  # width below which the fused attention kernel costs more than it saves


class _Report(NamedTuple):
    module: Any
    missing: list[str]
    mismatched: list[str]


def build(
    found: Architecture, settings: Any, tensors: Mapping[str, torch.Tensor], source: str
) -> nn.Module:
    """The module with every weight from the file.

    Raises:
        RequestError: tensors are missing or have other shapes than the config says.
    """
    linear = linear_head_outputs(settings, {n: tuple(t.shape) for n, t in tensors.items()})
    if found.n_outputs and not linear and settings.num_labels != found.n_outputs:
        settings.num_labels = found.n_outputs  # the file decides, not the config
    body = {n: t for n, t in tensors.items() if not (linear and n.startswith(LINEAR_HEAD_PREFIX))}
    report = _load(found, settings, body, source)
    for names, what in (
        (report.missing, "lacks"), (report.mismatched, "has an unexpected shape for"),
    ):  # fmt: skip
        if names:
            raise RequestError(
                f"model '{source}' {what} {len(names)} tensors of {found.model_class.__name__}, "
                f"such as '{names[0]}'.",
                "The weights do not belong to this config.json, or the file is incomplete.",
            )
    if linear:
        report.module.classifier = _linear(tensors, source)
    module: nn.Module = report.module.eval()
    return module


def _load(
    found: Architecture, settings: Any, tensors: dict[str, torch.Tensor], source: str
) -> _Report:
    loader: Any = found.model_class
    try:
        with _quiet():
            _check_size(found, settings, tensors, source)
            module, info = loader.from_pretrained(
                None,
                config=settings,
                state_dict=tensors,
                dtype=float_dtype(tensors),
                attn_implementation=_attention(loader, settings),
                ignore_mismatched_sizes=True,
                output_loading_info=True,
                **found.options,
            )
    except (
        RuntimeError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
    ) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise RequestError(f"model '{source}' cannot be built: {reason}.") from error
    mismatched = sorted(str(m[0] if isinstance(m, tuple) else m) for m in info["mismatched_keys"])
    return _Report(module, sorted(info["missing_keys"]), mismatched)


def _check_size(
    found: Architecture, settings: Any, tensors: Mapping[str, torch.Tensor], source: str
) -> None:
    """Refuse a config that describes far more than the file holds, before it takes memory."""
    with torch.device("meta"):
        shell = found.model_class(settings, **found.options)
    wanted = sum(parameter.numel() for parameter in shell.parameters())
    stored = sum(tensor.numel() for tensor in tensors.values())
    if wanted > 2 * stored + 1_000_000:  # heads and poolers that are missing get their own words
        raise RequestError(
            f"config.json of model '{source}' describes {wanted} parameters, but the file holds "
            f"{stored}.",
            "The weights do not belong to this config.json, or the file is incomplete.",
        )


def _attention(loader: Any, settings: Any) -> str:
    """The faster of two exact attention kernels.

    Measured on one thread (fp32 and bf16, 128 and 512 tokens): at width 128 eager takes 0.5 to
    0.95 of sdpa's time, at width 768 sdpa is faster at 512 tokens; the outputs differ by 1e-6 in
    fp32. CodeGen has only its own.
    """
    narrow = int(getattr(settings, "hidden_size", 0)) < _NARROW
    return "eager" if narrow or not loader._supports_sdpa else "sdpa"


def _linear(tensors: Mapping[str, torch.Tensor], source: str) -> nn.Linear:
    weight = tensors[LINEAR_HEAD_PREFIX + "weight"]
    bias = tensors.get(LINEAR_HEAD_PREFIX + "bias")
    if bias is None:
        raise RequestError(f"model '{source}' lacks the tensor '{LINEAR_HEAD_PREFIX}bias'.")
    with torch.device("meta"):
        linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.weight, linear.bias = nn.Parameter(weight), nn.Parameter(bias)
    return linear


@contextmanager
def _quiet() -> Iterator[None]:
    """Transformers prints progress bars and a report; what matters is raised instead."""
    logger = transformers.utils.logging
    level, bars = logger.get_verbosity(), logger.is_progress_bar_enabled()
    logger.set_verbosity(logging.ERROR)
    logger.disable_progress_bar()
    try:
        yield
    finally:
        logger.set_verbosity(level)
        if bars:
            logger.enable_progress_bar()
