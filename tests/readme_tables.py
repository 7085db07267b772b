"""The tables of methods in analysis/README.md, generated from the registries.

`python tests/readme_tables.py` rewrites them between their markers:

    <!-- generated: detectors -->
    <!-- end: detectors -->
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from analysis.audit.specs import ATTACKS
from analysis.detect.specs import DETECTORS
from analysis.project.specs import PROJECTORS
from analysis.training.losses.specs import LOSSES
from analysis.unlearn.masks.specs import MASKS
from analysis.unlearn.objectives.specs import OBJECTIVES

README = Path(__file__).resolve().parents[1] / "analysis" / "README.md"

REGISTRIES: Mapping[str, tuple] = MappingProxyType(
    {
        "detectors": DETECTORS,
        "projections": PROJECTORS,
        "losses": LOSSES,
        "objectives": OBJECTIVES,
        "masks": MASKS,
        "attacks": ATTACKS,
    }
)


def table(specs: Iterable) -> str:
    """A Markdown table with one line per spec."""
    lines = ["| name | what it shows | what it misses | source |", "|---|---|---|---|"]
    lines += [
        f"| `{s.name}` | {_cell(s.summary)} | {_cell(s.misses)} | {_cell(s.paper)} |" for s in specs
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _block(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- generated: {name} -->\n)(.*?)(\n?<!-- end: {name} -->)", re.DOTALL)


def part(readme: str, name: str) -> str | None:
    """What stands between the markers of `name`; None without them."""
    found = _block(name).search(readme)
    return None if found is None else found[2].strip()


def filled(readme: str) -> str:
    """The page with every generated part as the registries have it now."""
    for name, specs in REGISTRIES.items():
        content = table(specs)
        readme = _block(name).sub(lambda m, text=content: f"{m[1]}{text}\n{m[3].lstrip()}", readme)
    return readme


if __name__ == "__main__":
    before = README.read_text("utf-8")
    after = filled(before)
    README.write_text(after, "utf-8")
    sys.stdout.write("unchanged\n" if before == after else "analysis/README.md rewritten\n")
