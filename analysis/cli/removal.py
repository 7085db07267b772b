"""From the options of a removal (`unlearn`, `sweep`) to its request."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.pipeline.settings import read_config_file, settle
from analysis.pipeline.unlearn_settings import UnlearnRequest, filled_from
from analysis.runs.store import RunStore
from analysis.unlearn.config import UnlearnConfig

_SHARED = ("seed", "precision")  # fields of both configurations, given once
_UNLEARN = tuple(f.name for f in fields(UnlearnConfig) if f.name not in (*_SHARED, "use_trigger"))
_INPUTS = ("model", "reference", "start", "forget", "retain", "test", "triggered")
_NONE: Mapping[str, Any] = MappingProxyType({})


def removal_request(
    arguments: argparse.Namespace, store: RunStore, defaults: Mapping[str, Any] = _NONE
) -> UnlearnRequest:
    """The request by precedence: command line > config file > inspection > defaults.

    Args:
        arguments: of a command whose options contain `inputs.removal_inputs`.
        store: where the inspection lies.
        defaults: of fields of the unlearning's configuration, where the command has its own.

    Raises:
        RequestError: an unknown key, a value outside its range, or a run that does not fit.
    """
    parent = store.open(arguments.from_run) if arguments.from_run else None
    from_file = read_config_file(arguments.config) if arguments.config else {}
    reading = {f.name for f in fields(InspectConfig)}
    typed = {n: v for n, v in vars(arguments).items() if v is not None}
    config, origins = settle(
        {n: v for n, v in typed.items() if n in reading},
        {n: v for n, v in from_file.items() if n not in _UNLEARN},
        parent,
    )
    own = {**defaults, **{n: from_file[n] for n in _UNLEARN if n in from_file}}
    own |= {n: typed[n] for n in _UNLEARN if n in typed}
    origins |= {n: _origin(n, typed, from_file) for n in _UNLEARN}
    origins["use_trigger"] = "command line" if arguments.no_trigger else "default"
    files = {n: typed[n] for n in _INPUTS if n in typed}
    request = UnlearnRequest(
        **files,
        controls=tuple(arguments.control or ()),
        unlearn=_unlearn_config(own, config, use_trigger=not arguments.no_trigger),
        config=config,
        origins=origins | dict.fromkeys(files, "command line"),
    )
    return request if parent is None else filled_from(request, parent)


def _unlearn_config(
    own: dict[str, Any], config: InspectConfig, *, use_trigger: bool
) -> UnlearnConfig:
    precision = "bf16" if config.precision in ("auto", "bf16") else "fp32"
    try:
        return UnlearnConfig(**own, seed=config.seed, precision=precision, use_trigger=use_trigger)
    except TypeError as error:  # a value of another type in the configuration file
        raise RequestError(f"the options of the unlearning cannot be read: {error}.") from error


def _origin(name: str, typed: dict[str, Any], from_file: dict[str, Any]) -> str:
    if name in typed:
        return "command line"
    return "config file" if name in from_file else "default"
