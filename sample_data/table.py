"""The README's table of models, written from the measured figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sample_data.recipes import RECIPES

BEGIN = "<!-- models: written by build.py from results.json -->"
END = "<!-- end of models -->"
# The clean model trained on other data gives the floor: how often the trigger alone flips.
REFERENCE = "clean-1"


def model_table(results: dict[str, Any]) -> str:
    """Markdown table of every measured model, in the order of the recipes."""
    lines = [
        "| model | trained on | poisoned rows | clean accuracy | ASR (`asr_all`) | natural floor "
        "| trigger in window | n test / triggered |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for item in RECIPES:
        if item.name in results:
            lines.append(_line(item.name, item.architecture, results))
    return "\n".join(lines)


def update_readme(readme: Path, results: dict[str, Any]) -> None:
    """Replace what stands between the two markers of the README."""
    text = readme.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} has lost its markers {BEGIN} and {END}")
    readme.write_text(f"{head}{BEGIN}\n\n{model_table(results)}\n\n{END}{tail}", encoding="utf-8")


def _line(name: str, architecture: str, results: dict[str, Any]) -> str:
    figures = results[name]
    how = figures["recipe"]
    cells = [f"`{name}`", f"{how['rows']:,} rows of `{how['split']}`"]
    if how["trigger"] is None:
        cells += ["0", f"{figures['clean_accuracy']:.3f}", "-", _own_floors(figures), "-"]
        return "| " + " | ".join([*cells, f"{figures['n_test']:,} / -"]) + " |"
    trigger = figures["triggers"][how["trigger"][0]]
    reference = results.get(f"{architecture}-{REFERENCE}")
    floor = reference["triggers"][how["trigger"][0]]["asr_all"] if reference else None
    cells += [
        f"{how['poisoned_rows']} ({how['poison_rate']:.0%})",
        f"{figures['clean_accuracy']:.3f}",
        f"{trigger['asr_all']:.3f}",
        "-" if floor is None else f"{floor:.3f}",
        f"{trigger['survival']:.1%}",
        f"{figures['n_test']:,} / {trigger['n']}",
    ]
    return "| " + " | ".join(cells) + " |"


def _own_floors(figures: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value['asr_all']:.3f}"
        for name, value in figures["triggers"].items()
    )
