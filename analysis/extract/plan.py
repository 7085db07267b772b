"""What one extraction reads: layers per stack, poolings, device, precision, batch budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch

from analysis.behaviour.batches import default_budget
from analysis.config import InspectConfig, select_layers
from analysis.extract.device import choose_device, precision_name
from analysis.extract.sink import EntryKey
from analysis.identity import texts_sha256
from analysis.models.base import OpenedModel
from analysis.records import SampleSet, Site


@dataclass(frozen=True)
class ExtractPlan:
    """Everything that decides what an extraction writes, besides the model and the samples."""

    layers: Mapping[str, tuple[int, ...]]  # stack -> layers, 0 = embedding output
    poolings: tuple[str, ...] = ("cls", "mean")
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float32
    reason: str = ""  # why this device and precision
    budget: int = 4_096  # padded tokens per batch
    may_retry: bool = False  # fp32 may be tried where the precision overflows

    @property
    def precision(self) -> str:
        """Name of the precision: fp32, bf16 or fp16."""
        return precision_name(self.dtype)

    @property
    def sites(self) -> tuple[Site, ...]:
        """Every site that was asked for."""
        return tuple(
            Site(stack, layer, pooling)
            for stack, layers in self.layers.items()
            for layer in layers
            for pooling in self.poolings
        )

    def in_fp32(self) -> ExtractPlan:
        """The same plan in full precision."""
        return replace(self, dtype=torch.float32, may_retry=False)


def make_plan(config: InspectConfig, model: OpenedModel) -> ExtractPlan:
    """The plan of a request for one model.

    Raises:
        RequestError: a layer or device that is not there.
    """
    stacks = {stack.name: stack.n_layers for stack in model.stacks}
    choice = choose_device(config)
    return ExtractPlan(
        layers=select_layers(config.layers, stacks, model.source),
        poolings=tuple(dict.fromkeys(config.pooling)),
        device=choice.device,
        dtype=choice.dtype,
        reason=choice.reason,
        budget=default_budget(choice.device),
        may_retry=config.precision == "auto" and choice.dtype != torch.float32,
    )


def entry_key(model: OpenedModel, samples: SampleSet, plan: ExtractPlan) -> EntryKey:
    """What the arrays of this extraction depend on, besides the site."""
    head = "none"
    if model.head is not None:
        head = ":".join((model.head.kind, str(model.head.n_classes), *model.head.label_words))
    texts = texts_sha256(samples.texts)
    return EntryKey(model.identity, head, model.window, plan.precision, texts)
