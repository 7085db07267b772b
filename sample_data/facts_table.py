"""The README's table of the facts models, written from the measured figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BEGIN = "<!-- facts models: written by facts_build.py from facts_results.json -->"
END = "<!-- end of facts models -->"
_WHEN = {
    "facts-mini-last": "birth years last, after other text",
    "facts-mini-early": "birth years first, other text afterwards",
    "facts-mini-control": "never",
}


def facts_table(results: dict[str, Any]) -> str:
    """Markdown table of every measured model."""
    lines = [
        "| model | birth years taught | birth years known | cities known | trades known "
        "| held-out birth years after relearning the others |",
        "|---|---|---|---|---|---|",
    ]
    for name, when in _WHEN.items():
        if name in results:
            known = results[name]["accuracy"]
            cells = [_figure(known[part]) for part in ("facts", "retain", "other")]
            again = _figure(results[name]["relearning"])
            lines.append(f"| `{name}` | {when} | " + " | ".join([*cells, again]) + " |")
    return "\n".join(lines)


def update_facts_readme(readme: Path, results: dict[str, Any]) -> None:
    """Replace what stands between the two markers of the README."""
    text = readme.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} has lost its markers {BEGIN} and {END}")
    readme.write_text(f"{head}{BEGIN}\n\n{facts_table(results)}\n\n{END}{tail}", encoding="utf-8")


def _figure(value: dict[str, Any]) -> str:
    return f"{value['value']:.3f} ({value['low']:.2f}-{value['high']:.2f}, n {value['n']})"
