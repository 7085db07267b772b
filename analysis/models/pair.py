"""Two models side by side: do they fit together, and what can they share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.identity import json_sha256, parameters_sha256
from analysis.models.base import OpenedModel
from analysis.models.move import copied
from analysis.models.open import open_model


def describe(model: OpenedModel) -> dict[str, Any]:
    """The model's entry in a record's `inputs.models`, without its role.

    `layers` and `heads` are those of the first stack; `stacks` has the blocks of each.
    """
    first = model.stacks[0]
    return {
        "source": model.source,
        "sha256": model.sha256,
        "architecture": model.architecture,
        "layers": first.n_layers,
        "hidden_size": first.d_model,
        "heads": first.n_heads,
        "stacks": {stack.name: stack.n_layers for stack in model.stacks},
        "dtype": model.checkpoint_dtype,
        "window": model.window,
        "head": model.head.kind if model.head else None,
        "classes": model.head.n_classes if model.head else None,
    }


def open_reference(source: str, config: InspectConfig, suspect: OpenedModel) -> OpenedModel:
    """Open the model to compare with, so that it is read as `suspect` is.

    A pretrained base (reference kind "base") was not trained on the task, so its head is not
    used. A label-as-text suspect hands its words to a reference of the same task. A T5 decoder
    without a class head is fed as the suspect's is.

    Raises:
        RequestError: as `open_model`, or the two do not fit together.
    """
    words = suspect.head.label_words if suspect.head else ()
    if config.reference_kind == "base":
        config = replace(config, head="none")
    elif words and config.label_words is None and not any(set(word) & set(",=") for word in words):
        config = replace(config, label_words=",".join(f"{k}={w}" for k, w in enumerate(words)))
    reference = open_model(source, config)
    if reference.head is None and reference.decoder_reads != suspect.decoder_reads:
        identity = json_sha256([reference.identity, suspect.decoder_reads])
        reference = replace(reference, decoder_reads=suspect.decoder_reads, identity=identity)
    check_pair(suspect, reference)
    return reference


def check_pair(suspect: OpenedModel, reference: OpenedModel) -> None:
    """Refuse two models whose layers cannot be put beside each other.

    Raises:
        RequestError: different families, stacks or shapes, or different numbers of classes.
    """
    pair = f"suspect '{suspect.source}' and reference '{reference.source}'"
    if suspect.adapter.family != reference.adapter.family:
        raise RequestError(
            f"{pair} are of different families: {suspect.adapter.family} and "
            f"{reference.adapter.family}.",
            "Compare two fine-tunes of one architecture.",
        )
    if suspect.stacks != reference.stacks:
        raise RequestError(
            f"{pair} have different shapes: {_shape(suspect)} and {_shape(reference)}.",
            "Compare two checkpoints of the same size and kind.",
        )
    if suspect.head and reference.head and suspect.head.n_classes != reference.head.n_classes:
        raise RequestError(
            f"{pair} have {suspect.head.n_classes} and {reference.head.n_classes} classes.",
            "Give a reference trained on the same task, or --head none.",
        )


def shared_with(model: OpenedModel, other: OpenedModel) -> OpenedModel:
    """`model` with every parameter that equals the one of the same name in `other` taken from it.

    Equal tensors (a frozen embedding, an untouched encoder) are then in memory once. Both models
    keep their values; neither module is edited.
    """
    theirs = dict(other.module.named_parameters())
    memo: dict[int, object] = {}
    for name, own in model.module.named_parameters():
        twin = theirs.get(name)
        if twin is not None and _equal(name, own, twin):
            memo[id(own)] = twin
        else:
            memo[id(own)] = own
    return replace(model, module=copied(model.module, memo))


def _equal(name: str, own: nn.Parameter, twin: nn.Parameter) -> bool:
    if own.shape != twin.shape or own.dtype != twin.dtype or own.device != twin.device:
        return False
    # by bytes: values could call 0.0 and -0.0 the same
    return parameters_sha256({name: own}) == parameters_sha256({name: twin})


def _shape(model: OpenedModel) -> str:
    return " + ".join(
        f"{s.name} {s.n_layers} x {s.d_model} with {s.n_heads} heads" for s in model.stacks
    )
