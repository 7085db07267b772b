"""From the words in the form of a removal to the command that a terminal user would type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.errors import RequestError
from dashboard.text import say


@dataclass(frozen=True)
class UnlearnForm:
    """What the form of a removal holds; empty strings where nothing was given."""

    inspection: str  # run_id
    forget: str = ""  # a file; "" takes what the inspection flagged
    retain: str = ""
    method: str = "auto"
    mask: str = ""
    out: str = ""
    options: Mapping[str, str] = field(default_factory=dict)  # option name -> value, as typed
    switches: tuple[str, ...] = ()


def unlearn_argv(form: UnlearnForm) -> list[str]:
    """The arguments after `kenshin`; empty fields are left to the inspection and the defaults."""
    argv = ["unlearn", f"--from={form.inspection}"]
    for name in ("forget", "retain"):
        argv += _pair(name, getattr(form, name))
    argv += [] if form.method == "auto" else _pair("method", form.method)
    for name in ("mask", "out"):
        argv += _pair(name, getattr(form, name))
    for name, value in form.options.items():
        argv += _pair(name, value)
    return argv + [f"--{name}" for name in form.switches]


def audit_argv(run_id: str, budget: str = "quick") -> list[str]:
    """The audit of a removal; the run names both models and all samples."""
    return ["audit", f"--from={run_id}", f"--budget={budget}"]


def forget_file(samples: pd.DataFrame) -> bytes:
    """Chosen samples as JSONL, labelled as the model was trained.

    Args:
        samples: rows of an inspection's samples.

    Raises:
        RequestError: no rows, or samples without labels.
    """
    if samples.empty:
        raise RequestError(say("the forget set is empty."), say("Choose at least one sample."))
    if "label" not in samples or samples["label"].isna().any():
        raise RequestError(
            say("the samples have no labels, so what they taught cannot be said."),
            say("Inspect a file with the labels that training saw."),
        )
    rows = zip(samples["sample_id"], samples["text"], samples["label"], strict=True)
    lines = [
        json.dumps({"id": str(name), "code": str(text), "label": int(label)})
        for name, text, label in rows
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _pair(option: str, value: str) -> list[str]:
    # "--option=value": a value that begins with a dash stays a value
    return [f"--{option}={value.strip()}"] if value.strip() else []
