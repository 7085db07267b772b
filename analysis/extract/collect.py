"""What happens to each batch of a pass: pool, check, compare, write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from analysis.behaviour.passes import PassResult
from analysis.behaviour.predict import class_probabilities
from analysis.errors import KenshinError
from analysis.extract.plan import ExtractPlan
from analysis.extract.pooling import pool, positions
from analysis.extract.sink import Sink, site_name
from analysis.models.base import Batch, Forward, OpenedModel
from analysis.records import SampleSet, Site

PROBABILITIES = "probabilities"
TOKENS = "n_tokens"
TRUNCATED = "truncated"


class NotFiniteError(KenshinError):
    """A hidden state or probability is NaN or infinite."""


@dataclass
class Collector:
    """The state of one pass: what to pool, where it goes, which sites still look constant."""

    model: OpenedModel
    samples: SampleSet
    plan: ExtractPlan
    sink: Sink
    missing: Sequence[Site]
    constants: dict[Site, np.ndarray] = field(default_factory=dict)  # first vector, (d,)
    varied: set[Site] = field(default_factory=set)

    def begin(self) -> None:
        """Create the arrays that will be written."""
        widths = {stack.name: stack.d_model for stack in self.model.stacks}
        n = len(self.samples)
        for site in self.missing:
            self.sink.create(site_name(site), (n, widths[site.stack]))
        if self.model.head is not None:
            self.sink.create(PROBABILITIES, (n, self.model.head.n_classes))

    def consume(self, rows: np.ndarray, batch: Batch, result: Forward) -> None:
        """Pool one batch and hand it to the sink; repeatable."""
        for site, values in self._pooled(batch, result).items():
            self._check(values, rows, f"at {site}")
            self._compare(site, values)
            self.sink.write(site_name(site), rows, values)
        if self.model.head is not None:
            said = class_probabilities(result.logits).cpu().numpy()
            self._check(said, rows, "in the class probabilities")
            self.sink.write(PROBABILITIES, rows, said)

    def _pooled(self, batch: Batch, result: Forward) -> Mapping[Site, np.ndarray]:
        eos = getattr(self.model.tokenizer, "eos_token_id", None)
        pooled: dict[Site, np.ndarray] = {}
        for stack in self.plan.layers:
            sites = [site for site in self.missing if site.stack == stack]
            if not sites:
                continue
            where = positions(result.masks[stack], batch.input_ids, eos)
            vectors: list[torch.Tensor] = []
            for layer in dict.fromkeys(site.layer for site in sites):
                names = [site.pooling for site in sites if site.layer == layer]
                vectors.extend(pool(result.hidden[stack][layer], where, names))
            together = torch.stack(vectors).cpu().numpy()  # one copy off the device per stack
            pooled.update(zip(sites, together, strict=True))
        return pooled

    def _check(self, values: np.ndarray, rows: np.ndarray, place: str) -> None:
        good = np.isfinite(values).all(axis=1)
        if good.all():
            return
        sample = self.samples.ids[int(rows[np.flatnonzero(~good)[0]])]
        raise NotFiniteError(
            f"model '{self.model.source}' gives NaN or infinite values for sample '{sample}' "
            f"{place} in {self.plan.precision}.",
            "Try --precision fp32."
            if self.plan.precision != "fp32"
            else "The checkpoint is damaged or needs another preprocessing.",
        )

    def _compare(self, site: Site, values: np.ndarray) -> None:
        if site in self.varied:
            return
        first = self.constants.setdefault(site, values[0].copy())
        # rounding may differ between batch shapes, never by more than this
        if np.abs(values - first).max() > 1e-5 * max(1e-6, float(np.abs(first).max())):
            self.varied.add(site)

    def finish(self, seen: PassResult) -> None:
        """Store token counts, and one vector for each site that is constant."""
        if len(self.samples) > 1:
            for site in self.missing:
                forced = site.pooling == "cls" and seen.same_first_token
                if site not in self.varied or (forced and is_causal(site.stack, self.model)):
                    self.sink.put(site_name(site), self.constants[site][None])
        self.sink.put(TOKENS, seen.n_tokens)
        self.sink.put(TRUNCATED, seen.truncated)


def constant_reason(site: Site, model: OpenedModel) -> str:
    """Why a site holds one and the same vector for every sample."""
    if site.layer and is_causal(site.stack, model):
        return "the first token is the same for every sample and sees only itself"
    if site.layer:
        return "the model gives the same vector for every sample"
    return "the embedding of this token is the same for every sample"


def is_causal(stack: str, model: OpenedModel) -> bool:
    """A decoder without an encoder: its first token sees nothing but itself."""
    return stack == "decoder" and all(info.name == "decoder" for info in model.stacks)
