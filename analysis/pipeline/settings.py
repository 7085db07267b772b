"""What an inspection was asked for, and where each value of its configuration came from."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.runs.store import Run


@dataclass(frozen=True)
class InspectRequest:
    """Inputs and configuration of one inspection."""

    suspect: str
    reference: str | None
    samples: Path
    config: InspectConfig
    origins: Mapping[str, str]  # option -> "command line", "config file", "run …", "default"
    trusted: Path | None = None
    test: Path | None = None
    triggered: Path | None = None
    controls: tuple[str, ...] = ()
    parent: str | None = None
    axes: str | None = None  # run whose maps are drawn on, where it is not the parent
    alert_level: float | None = None  # adjusted p-value of drift from which it is an alert

    def sample_files(self) -> dict[str, Path]:
        """Role -> file, for the files that were given."""
        roles = {
            "samples": self.samples,
            "trusted": self.trusted,
            "test": self.test,
            "triggered": self.triggered,
        }
        return {role: path for role, path in roles.items() if path is not None}


def settle(
    given: Mapping[str, Any], from_file: Mapping[str, Any], parent: Run | None
) -> tuple[InspectConfig, dict[str, str]]:
    """Merge by precedence: command line > config file > parent run > defaults.

    Raises:
        RequestError: an unknown key or a value outside its range.
    """
    stored = dict(parent.record["config"]["values"]) if parent else {}
    known = {field.name for field in fields(InspectConfig)}
    stored = {key: value for key, value in stored.items() if key in known}
    merged = {**stored, **from_file, **given}
    config = InspectConfig.from_json(merged)
    origins = {}
    for name in sorted(known):
        if name in given:
            origins[name] = "command line"
        elif name in from_file:
            origins[name] = "config file"
        elif name in stored and parent is not None:
            origins[name] = f"run {parent.record['run_id']}"
        else:
            origins[name] = "default"
    return config, origins


def read_config_file(path: Path) -> dict[str, Any]:
    """Options from a JSON or TOML file; dashes and underscores are the same.

    Raises:
        RequestError: the file is missing, cannot be parsed or holds no table.
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise RequestError(
            f"the configuration file '{path}' cannot be read: {error.strerror}."
        ) from error
    except ValueError as error:
        raise RequestError(f"the configuration file '{path}' is malformed: {error}.") from error
    if not isinstance(values, dict):
        raise RequestError(f"the configuration file '{path}' must hold a table of options.")
    return {str(key).replace("-", "_"): value for key, value in values.items()}
