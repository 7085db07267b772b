"""Pooled hidden states of all layers and class probabilities, in one pass."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from analysis.behaviour.passes import Watch, run_pass
from analysis.behaviour.placed import placed
from analysis.behaviour.predict import predictions
from analysis.errors import KenshinError
from analysis.extract.collect import (
    PROBABILITIES,
    TOKENS,
    TRUNCATED,
    Collector,
    constant_reason,
)
from analysis.extract.plan import ExtractPlan
from analysis.extract.sink import Sink, site_name
from analysis.models.base import OpenedModel
from analysis.records import Activations, Predictions, SampleSet


class Extraction(NamedTuple):
    """What one model gave for one sample set."""

    activations: Activations
    predictions: Predictions | None  # None without a head
    warnings: tuple[str, ...] = ()


def extract(
    model: OpenedModel,
    samples: SampleSet,
    plan: ExtractPlan,
    sink: Sink,
    *,
    role: str = "suspect",
    watch: Watch | None = None,
) -> Extraction:
    """Read every planned site of every sample; only what the sink lacks is computed.

    Vectors are pooled on the device and streamed into the sink, so memory does not grow with
    the number of samples. Sites that are the same vector for every sample are skipped with the
    reason. The sink is committed, or aborted on any error.

    Raises:
        NotFiniteError: NaN or infinity, naming sample and layer.
        KenshinError: no samples, or one that does not fit into memory.
        Cancelled: the watch says so.
    """
    began = time.monotonic()
    if not len(samples):
        sink.abort()
        raise KenshinError("there are no samples to run the model on.")
    try:
        missing = [site for site in plan.sites if sink.load(site_name(site)) is None]
        extras = [TOKENS, TRUNCATED] + ([PROBABILITIES] if model.head else [])
        complete = not missing and all(sink.load(name) is not None for name in extras)
        work = Collector(model, samples, plan, sink, missing)
        warnings = () if complete else _compute(work, watch)
        sink.commit()
    except BaseException:
        sink.abort()
        raise
    activations = _activations(work, role, time.monotonic() - began, from_cache=complete)
    said = None
    if model.head is not None:
        said = predictions(model, np.asarray(_loaded(sink, PROBABILITIES)), role)
    return Extraction(activations, said, warnings)


def _activations(work: Collector, role: str, seconds: float, *, from_cache: bool) -> Activations:
    """What the sink holds; a site of one row is the same vector for every sample."""
    sink, plan = work.sink, work.plan
    arrays = {site: _loaded(sink, site_name(site)) for site in plan.sites}
    constant = {site for site, array in arrays.items() if len(array) != len(work.samples)}
    return Activations(
        model=role,
        arrays={site: array for site, array in arrays.items() if site not in constant},
        n_tokens=_loaded(sink, TOKENS).astype(np.int32),
        truncated=_loaded(sink, TRUNCATED).astype(bool),
        skipped={
            site: constant_reason(site, work.model) for site in plan.sites if site in constant
        },
        device=str(plan.device),
        precision=plan.precision,
        seconds=seconds,
        from_cache=from_cache,
    )


def _compute(work: Collector, watch: Watch | None) -> tuple[str, ...]:
    plan, texts = work.plan, work.samples.texts
    ready = placed(work.model, plan.device, plan.dtype)
    work.begin()
    budget = plan.budget
    seen = run_pass(ready, texts, work.consume, want_hidden=True, budget=budget, watch=watch)
    work.finish(seen)
    if not seen.halvings:
        return ()
    return (
        f"memory ran out: the batch budget was halved {seen.halvings} times, "
        f"to {seen.budget} tokens.",
    )


def _loaded(sink: Sink, name: str) -> np.ndarray:
    array = sink.load(name)
    if array is None:
        raise KenshinError(f"the stored array '{name}' disappeared while it was needed.")
    return array
