"""The part of RESULTS.md about the ranking's probability, from `sample_data/calibration.json`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from tests.benchmarks.detection.markdown import row

RUNS = {
    "association+disagreement+embedding": "pair",
    "association+embedding": "alone",
    "association": "scan",
}


def calibration_part(stored: Mapping[str, Any]) -> list[str]:
    """Brier scores, the reliability diagram and its numbers."""
    return [
        "## The ranking's probability",
        "Samples that hold a located text share one probability (rule of succession over models); "
        "all others follow a logistic map of the score (Platt), one map per set of signals, each "
        f"model weighing the same: `{stored['command']}`, seed {stored['seed']}. Every model is "
        "judged by a map fitted without it; *family out* leaves out all models of its trigger "
        "family. Intervals resample whole models (95 %). *Before* is the uncalibrated number, "
        "*base rate* a map that knows nothing but the others' share of poison.",
        "\n".join(_scores(stored["maps"])),
        "![Told probability against the share that was poisoned](reliability.svg)",
        "\n".join(_bins(stored["maps"])),
        "A slope of 0 means: among samples without a located text a higher score did not mean more "
        'poison. "Located, clean" counts clean models or files in which some text was located.',
    ]


def _scores(maps: Mapping[str, Any]) -> list[str]:
    heads = ["run", "n", "poisoned", "located", "located, clean", "P(located)", "slope", "Brier"]
    heads += ["95 %", "family out", "before", "base rate"]
    lines = [row(heads), row(["---"] * len(heads))]
    for name, m in maps.items():
        counts = [m["models"], m["poisoned_models"], m["with_located_text"]]
        cells = [RUNS[name], *map(str, counts), str(m["clean_with_located_text"])]
        cells += [f"{m['located']:.3f}", f"{m['slope']:.2f}", f"{m['brier']:.4f}"]
        cells += [f"{m['brier_low']:.4f} to {m['brier_high']:.4f}"]
        rest = ("brier_family_out", "brier_uncalibrated", "brier_constant")
        lines.append(row([*cells, *(f"{m[key]:.4f}" for key in rest)]))
    return lines


def _bins(maps: Mapping[str, Any]) -> list[str]:
    heads = ["run", "told", "poisoned", "95 %", "samples", "models"]
    lines = [row(heads), row(["---"] * len(heads))]
    for name, m in maps.items():
        for b in m["bins"]:
            cells = [f"{b['told']:.4f}", f"{b['share']:.4f}", f"{b['low']:.3f} to {b['high']:.3f}"]
            lines.append(row([RUNS[name], *cells, f"{b['rows']:,}", str(b["models"])]))
    return lines


def reliability_picture(stored: Mapping[str, Any]) -> str:
    """The reliability diagrams side by side, as SVG; the same input gives the same text."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"svg.hashsalt": "reliability", "svg.fonttype": "none"})
    figure, axes = pyplot.subplots(1, len(stored["maps"]), figsize=(9, 3.2), squeeze=False)
    for axis, (name, m) in zip(axes[0], stored["maps"].items(), strict=True):
        told = [b["told"] for b in m["bins"]]
        share = [b["share"] for b in m["bins"]]
        below = [max(b["share"] - b["low"], 0.0) for b in m["bins"]]
        above = [max(b["high"] - b["share"], 0.0) for b in m["bins"]]
        axis.plot([0, 1], [0, 1], color="#999999", linestyle=":", linewidth=1)
        axis.errorbar(told, share, yerr=[below, above], fmt="o", color="#D55E00", capsize=2)
        axis.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.06), xlabel="told probability")
        axis.set_title(f"{RUNS[name]}, n = {m['models']}", fontsize=10)
    axes[0][0].set_ylabel("share that was poisoned")
    figure.tight_layout()
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
