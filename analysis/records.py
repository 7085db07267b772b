"""Frozen records that the stages hand to one another; every array documents shape and dtype.

Array letters mean the same everywhere: n samples, l layers, h heads, d model width, k classes.
Nothing here imports torch: the dashboard reads these records too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

Answer = Literal["found", "not_found", "inconclusive"]


class Site(NamedTuple):
    """Where a vector was read: stack, layer (0 = embedding output) and pooling."""

    stack: str  # "encoder" or "decoder"
    layer: int
    pooling: str  # "cls", "mean", "max", "last", "eos"

    def __str__(self) -> str:
        return f"{self.stack}:{self.layer}:{self.pooling}"


@dataclass(frozen=True)
class SampleSet:
    """Samples in file order.

    `poisoned` and `true_labels` are ground truth and are used only to evaluate.
    """

    ids: tuple[str, ...]  # unique
    texts: tuple[str, ...]
    labels: np.ndarray | None = None  # (n,) int64; the label the training saw, maybe poisoned
    poisoned: np.ndarray | None = None  # (n,) bool, ground truth
    true_labels: np.ndarray | None = None  # (n,) int64, ground truth
    source: str = ""
    sha256: str = ""
    warnings: tuple[str, ...] = ()
    label_words: tuple[str, ...] = ()  # words behind labels 0, 1, ...; empty: the file has numbers
    worded_truth: bool = False  # the true labels are numbers of the same words

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, rows: np.ndarray) -> SampleSet:
        """The samples at `rows`, (m,) int, in that order; source and hash are kept."""

        def take(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        return SampleSet(
            ids=tuple(self.ids[i] for i in rows),
            texts=tuple(self.texts[i] for i in rows),
            labels=take(self.labels),
            poisoned=take(self.poisoned),
            true_labels=take(self.true_labels),
            source=self.source,
            sha256=self.sha256,
            warnings=self.warnings,
            label_words=self.label_words,
            worded_truth=self.worded_truth,
        )


@dataclass(frozen=True)
class Predictions:
    """What one model says about each sample."""

    model: str  # role
    probabilities: np.ndarray  # (n, k) float32, rows sum to 1
    head: str  # "argmax", "sigmoid" or "label_words"

    @property
    def predicted(self) -> np.ndarray:
        """Predicted class of each sample, (n,) int64."""
        return self.probabilities.argmax(axis=1).astype(np.int64)

    @property
    def confidence(self) -> np.ndarray:
        """Probability of the predicted class, (n,) float32."""
        return self.probabilities.max(axis=1)


@dataclass(frozen=True)
class Activations:
    """Pooled hidden states of one model over one sample set."""

    model: str  # role
    arrays: Mapping[Site, np.ndarray]  # each (n, d) float32, memory-mapped
    n_tokens: np.ndarray  # (n,) int32, before truncation
    truncated: np.ndarray  # (n,) bool
    skipped: Mapping[Site, str] = field(default_factory=dict)  # site -> reason
    device: str = "cpu"
    precision: str = "fp32"
    seconds: float = 0.0
    from_cache: bool = False

    @property
    def sites(self) -> tuple[Site, ...]:
        """Every site with vectors, encoder before decoder, by layer, then pooling."""
        return tuple(sorted(self.arrays, key=lambda s: (s.stack != "encoder", s.layer, s.pooling)))


@dataclass(frozen=True)
class Attention:
    """Statistics of the Q/K/V weights and biases of a model or a pair, one row per matrix/head."""

    table: pd.DataFrame  # columns of the contract's `attention` table


@dataclass(frozen=True)
class Projection:
    """A joint two-dimensional map of both models at one site."""

    method: str  # "pca", "tsne", "umap"
    site: Site
    rows: np.ndarray  # (m,) int64: which samples are drawn
    coordinates: Mapping[str, np.ndarray]  # role -> (m, 2) float32
    quality: Mapping[str, float]  # trustworthiness, continuity, stability (per role: "suspect.…")
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scores:
    """One detector at one site inside one group; higher = more suspicious."""

    detector: str
    model: str
    site: Site
    group: str  # the predicted class (or label) it was scored in, "all" without one
    rows: np.ndarray  # (m,) int64 rows of the sample set
    values: np.ndarray  # (m,) float32, finite
    statistics: Mapping[str, float] = field(default_factory=dict)
    skipped: str = ""  # reason; then rows and values are empty


@dataclass(frozen=True)
class TriggerCandidate:
    """A piece of text that goes along with one label more than chance allows."""

    kind: str  # one of explain.items.KINDS
    text: str  # as shown to the analyst
    target: int  # the label it pulls towards
    support: int  # samples that hold it
    purity: float  # share of them with the target label
    z: float
    p_adjusted: float
    rows: np.ndarray  # (support,) int64
    spans: tuple[tuple[int, int], ...] = ()  # start, end in the text of each row
    excess: float = float("nan")  # share of the target minus what the reference (or chance) says
    rivals: int = 0  # other texts, in other samples, that go along with the target as purely
    believed: float = 0.0  # by the reference without the text; see explain.without_text
    hidden: bool = False  # the reference gives its samples the class because of the text
    unsure_p: float = 0.0  # chance that the reference is only unsure; see explain.surprise


@dataclass(frozen=True)
class ProbeResult:
    """What inserting one candidate into clean samples does, against the reference."""

    candidate: str
    kind: str
    target: int
    n: int  # probed samples (not predicted target before)
    flips: int  # suspect
    floor_flips: int  # reference on the same samples (or placebo insertion without one)
    excess: float
    low: float  # 95 % interval of the excess, paired
    high: float
    floor_source: str  # "reference", "placebo" or "names" (see explain.ordinary)


@dataclass(frozen=True)
class Finding:
    """One part of the verdict with its reasons."""

    answer: Answer
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """The answer of an inspection; `answer` is the model's."""

    data: Finding
    model: Finding
    layer: str | None  # "encoder:2" or None
    detector: str | None
    not_tested: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The record's `verdict` object."""
        return {
            "answer": self.model.answer,
            "confidence": self.model.confidence,
            "layer": self.layer,
            "detector": self.detector,
            "reasons": list(dict.fromkeys([*self.model.reasons, *self.data.reasons])),
            "not_tested": list(self.not_tested),
            "data": _finding_json(self.data),
            "model": _finding_json(self.model),
        }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "answer": finding.answer,
        "confidence": finding.confidence,
        "reasons": list(finding.reasons),
    }
