"""Frozen, validated configurations that turn into plain JSON and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from analysis.errors import RequestError

POOLINGS = ("cls", "mean", "max", "last", "eos")
PROJECTIONS = ("pca", "tsne", "umap")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
HEADS = ("auto", "argmax", "sigmoid", "none")
REFERENCE_KINDS = ("same-task", "base")
EXPLAIN = ("none", "flagged", "all")


@dataclass(frozen=True)
class InspectConfig:
    """Everything that decides what an inspection computes, besides its inputs.

    Raises:
        RequestError: a value outside its choices or range.
    """

    reference_kind: str = "same-task"
    layers: str = "all"
    pooling: tuple[str, ...] = ("cls", "mean")
    detectors: tuple[str, ...] = ()  # empty = all that can run
    projection: tuple[str, ...] = ("pca", "umap")
    device: str = "auto"
    precision: str = "auto"
    seed: int = 0
    max_samples: int | None = None
    max_length: int | None = None
    map_samples: int = 3000  # points drawn per map
    head: str = "auto"
    label_words: str | None = None
    prefix: str = ""
    collapse_whitespace: bool = False
    label_column: str | None = None
    text_column: str | None = None
    allow_pickle: bool = False
    explain: str = "flagged"  # which samples are taken apart piece by piece
    search_triggers: bool = False

    def __post_init__(self) -> None:
        _choice("reference kind", self.reference_kind, REFERENCE_KINDS)
        _choice("device", self.device, DEVICES)
        _choice("precision", self.precision, PRECISIONS)
        _choice("head", self.head, HEADS)
        _choice("explain", self.explain, EXPLAIN)
        if not self.pooling:
            raise RequestError("no pooling was given.", f"Choose from {', '.join(POOLINGS)}.")
        for value in self.pooling:
            _choice("pooling", value, POOLINGS)
        for value in self.projection:
            _choice("projection", value, PROJECTIONS)
        for name in ("max_samples", "max_length", "map_samples"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise RequestError(f"{name.replace('_', '-')} is {value}, expected 1 or more.")
        if not 0 <= self.seed < 2**32:
            raise RequestError(f"seed is {self.seed}, expected 0 to 4294967295.")
        parse_layers(self.layers)
        if self.label_words is not None:
            parse_label_words(self.label_words)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values with every default filled in."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> InspectConfig:
        """The configuration a stored record describes; unknown keys are an error."""
        known = {field.name for field in fields(cls)}
        for key in values:
            if key not in known:
                raise RequestError(
                    f"unknown option '{key}' in the configuration.",
                    f"Known options: {', '.join(sorted(known))}.",
                )
        defaults = cls()
        return cls(**{k: _typed(k, v, getattr(defaults, k)) for k, v in values.items()})


def _typed(name: str, value: Any, default: Any) -> Any:
    """A JSON value in the type of its field; a single name counts as a list of one.

    Raises:
        RequestError: a value of another type.
    """
    if isinstance(default, tuple):
        return _names(name, value)
    expected: tuple[type, ...] = (str, type(None)) if default is None else (type(default),)
    if name in _OPTIONAL_NUMBERS:
        expected = (int, type(None))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        wanted = " or ".join("nothing" if t is type(None) else t.__name__ for t in expected)
        raise RequestError(f"option '{name}' is {value!r}, expected {wanted}.")
    return value


def _names(option: str, value: Any) -> tuple[str, ...]:
    parts = (value,) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(p, str) for p in parts):
        raise RequestError(f"option '{option}' is {value!r}, expected a list of names.")
    return tuple(parts)


_OPTIONAL_NUMBERS = ("max_samples", "max_length")


def _choice(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise RequestError(f"{what} '{value}' is unknown.", f"Choose from {', '.join(choices)}.")


_LAYER_PART = re.compile(r"^(?:(encoder|decoder):)?(\d+)(?:-(\d+))?$")


@dataclass(frozen=True)
class LayerChoice:
    """One piece of a layer expression: an inclusive range in one stack or in both."""

    stack: str | None
    first: int
    last: int


def parse_layers(text: str) -> tuple[LayerChoice, ...]:
    """Parse `all`, `0,3,6-12` or `decoder:1-3`; `all` is the empty tuple.

    Raises:
        RequestError: the expression does not follow the syntax.
    """
    if text.strip() == "all":
        return ()
    choices = []
    for part in text.split(","):
        match = _LAYER_PART.match(part.strip())
        if not match:
            raise RequestError(
                f"layers '{text}' cannot be read at '{part.strip()}'.",
                "Write all, 0,3,6-12 or decoder:1-3.",
            )
        first = int(match[2])
        last = int(match[3]) if match[3] else first
        if last < first:
            raise RequestError(f"layers '{part.strip()}' runs backwards.", f"Write {last}-{first}.")
        choices.append(LayerChoice(match[1], first, last))
    return tuple(choices)


def select_layers(text: str, stacks: Mapping[str, int], model: str) -> dict[str, tuple[int, ...]]:
    """Layers to read per stack, for `stacks` = name -> number of blocks (entries 0..n).

    Raises:
        RequestError: a layer or stack that the model does not have.
    """
    choices = parse_layers(text)
    if not choices:
        return {stack: tuple(range(n + 1)) for stack, n in stacks.items()}
    picked: dict[str, set[int]] = {stack: set() for stack in stacks}
    for choice in choices:
        if choice.stack is not None and choice.stack not in stacks:
            raise RequestError(
                f"layers '{text}' name the {choice.stack}, but '{model}' has only "
                f"{', '.join(stacks)}."
            )
        for stack in _deep_enough(choice, stacks, model):
            picked[stack].update(range(choice.first, choice.last + 1))
    return {stack: tuple(sorted(layers)) for stack, layers in picked.items() if layers}


def _deep_enough(choice: LayerChoice, stacks: Mapping[str, int], model: str) -> list[str]:
    """The stacks that have the chosen layers; one of several is enough."""
    wanted = [choice.stack] if choice.stack else list(stacks)
    fits = [stack for stack in wanted if choice.last <= stacks[stack]]
    if not fits:
        deepest = max(stacks[stack] for stack in wanted)
        raise RequestError(
            f"layer {choice.last} was requested, but '{model}' has layers 0-{deepest} "
            "(0 is the embedding output).",
            'Choose a layer in that range, or layers "all".',
        )
    return fits


def parse_label_words(text: str) -> dict[int, str]:
    """Parse `0=false,1=true` into class -> word.

    Raises:
        RequestError: not of that form, or classes that are not 0..k-1.
    """
    words: dict[int, str] = {}
    for part in text.split(","):
        key, separator, word = part.partition("=")
        if not separator or not key.strip().isdigit() or not word.strip():
            raise RequestError(f"label words '{text}' cannot be read.", "Write 0=false,1=true.")
        words[int(key)] = word.strip()
    if sorted(words) != list(range(len(words))) or len(words) < 2:
        raise RequestError(
            f"label words '{text}' name classes {sorted(words)}.", "Name every class from 0 on."
        )
    if len(set(words.values())) != len(words):
        raise RequestError(f"label words '{text}' use one word twice.")
    return words
