"""`kenshin doctor`: what this machine has, what is missing, what to do."""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import shutil
from pathlib import Path

import psutil

from analysis.identity import library_versions

NEEDED = (
    "torch",
    "transformers",
    "safetensors",
    "streamlit",
    "plotly",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "umap-learn",
    "openTSNE",
    "picklescan",
)
OPTIONAL = {"playwright": "browser tests", "sentence-transformers": "the speed benchmark"}


def run(arguments: argparse.Namespace) -> int:
    """Print one line per fact; exit 1 if something needed is missing."""
    facts = {
        "python": platform.python_version(),
        "machine": f"{psutil.cpu_count(logical=False)} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GB memory, "
        f"{shutil.disk_usage(Path.cwd()).free / 2**30:.0f} GB free disk",
        **_installed(dict.fromkeys(NEEDED, "MISSING: pip install -e .")),
        **_installed({k: f"not installed (only for {use})" for k, use in OPTIONAL.items()}),
        "shipped models": _shipped(),
    }
    if facts["torch"].startswith("MISSING"):
        facts["device"] = "unknown without torch"
    else:
        from analysis.extract.device import doctor_facts

        facts.update(doctor_facts())
    if arguments.json:
        print(json.dumps(facts))
    else:
        width = max(map(len, facts))
        print("\n".join(f"{name:<{width}}  {value}" for name, value in facts.items()))
    return 1 if any(str(value).startswith("MISSING") for value in facts.values()) else 0


def _installed(otherwise: dict[str, str]) -> dict[str, str]:
    """Version of each distribution, or what to say where it is missing."""
    found = library_versions(otherwise)
    return {name: otherwise[name] if v == "missing" else v for name, v in found.items()}


def _shipped() -> str:
    spec = importlib.util.find_spec("sample_data")
    if spec is None or spec.origin is None:
        return "MISSING: the sample_data package is not installed"
    models = sorted((Path(spec.origin).parent / "models").glob("*/config.json"))
    return f"{len(models)} found" if models else "MISSING: run python sample_data/build.py"
