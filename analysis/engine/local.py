"""Extraction on this machine: several models one after another, equal work done once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from analysis.behaviour.passes import Progress, Watch
from analysis.config import InspectConfig
from analysis.extract.collect import NotFiniteError
from analysis.extract.extract import Extraction, extract
from analysis.extract.plan import ExtractPlan, entry_key, make_plan
from analysis.extract.sink import EntryKey, MemorySink, Sink
from analysis.models.base import OpenedModel
from analysis.records import SampleSet

OpenSink = Callable[[EntryKey], Sink]
RoleProgress = Callable[[str, int, int, float, float], None]  # role, then as `Progress`


def extract_all(
    models: Mapping[str, OpenedModel],
    samples: SampleSet,
    config: InspectConfig,
    open_sink: OpenSink | None = None,
    progress: RoleProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Extraction]:
    """Extract every model over the same samples.

    Args:
        models: role -> opened model.
        samples: what to run them on.
        config: layers, poolings, device and precision.
        open_sink: gives the sink of an entry (`ActivationCache.sink`); memory without one.
        progress: called after each batch.
        cancelled: asked before each batch.

    Returns:
        Role -> extraction. Where an automatic reduced precision overflows, fp32 is used for
        that model and a warning says so.

    Raises:
        KenshinError: as `extract`.
    """
    open_sink = open_sink or (lambda _: MemorySink())
    done: dict[str, Extraction] = {}
    seen: dict[EntryKey, Extraction] = {}
    for role, model in models.items():
        plan = make_plan(config, model)
        key = entry_key(model, samples, plan)
        if key not in seen:
            watch = Watch(_named(role, progress), cancelled)
            seen[key] = _with_retry(model, samples, plan, open_sink, role, watch)
        done[role] = as_role(seen[key], role)
    return done


def as_role(found: Extraction, role: str) -> Extraction:
    """The same extraction under another role."""
    said = found.predictions
    return found._replace(
        activations=replace(found.activations, model=role),
        predictions=None if said is None else replace(said, model=role),
    )


def _with_retry(
    model: OpenedModel,
    samples: SampleSet,
    plan: ExtractPlan,
    open_sink: OpenSink,
    role: str,
    watch: Watch,
) -> Extraction:
    try:
        sink = open_sink(entry_key(model, samples, plan))
        return extract(model, samples, plan, sink, role=role, watch=watch)
    except NotFiniteError as error:
        if not plan.may_retry:
            raise
        plan = plan.in_fp32()
        sink = open_sink(entry_key(model, samples, plan))
        again = Watch(watch.progress, watch.cancelled)
        found = extract(model, samples, plan, sink, role=role, watch=again)
        return found._replace(
            warnings=(*found.warnings, f"{error.message} It was read in fp32 instead.")
        )


def _named(role: str, progress: RoleProgress | None) -> Progress | None:
    if progress is None:
        return None
    report = progress
    return lambda done, total, rate, left: report(role, done, total, rate, left)
