"""The rows of `unlearning_table.py` as Markdown."""

import statistics

from analysis.behaviour.intervals import Figure
from analysis.pipeline.unlearn_goals import Goal

TITLES = {
    False: "Located trigger known to Auto",
    True: "Located trigger withheld from Auto",
}
HEAD = (
    "| model | seeds | method | answer | goals | excess ASR before | excess ASR after "
    "| on variants (before) | target class, triggered | clean accuracy change | CPU s |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def markdown(rows):
    parts = []
    for withheld, title in TITLES.items():
        chosen = [r for r in rows if r["withheld"] == withheld]
        if not chosen:
            continue
        parts += [f"### {title}", "", HEAD]
        names = dict.fromkeys(r["model"] for r in chosen)
        parts += [line([r for r in chosen if r["model"] == name]) for name in names]
        parts.append("")
    return "\n".join(parts)


def line(rows):
    """One model over its seeds: the row whose excess after is the median, in full."""
    rows = sorted(rows, key=lambda r: r.get("excess", {}).get("value", 0.0))
    middle = rows[(len(rows) - 1) // 2]
    answers = ", ".join(sorted({r["answer"].replace("_", " ") for r in rows}))
    methods = ", ".join(sorted({str(r["method"]) for r in rows}))
    seconds = statistics.median(r["cpu_seconds"] for r in rows)
    name = f"`{middle['model']}`"
    if "excess" not in middle:
        return f"| {name} | {len(rows)} | - | {answers} | - | - | - | - | - | - | {seconds:.0f} |"
    return (
        f"| {name} | {len(rows)} | {methods} | {answers} | {goals(middle)} "
        f"| {middle['before_excess']['value']:+.3f} "
        f"| {interval(middle['excess'])}{spread(rows, 'excess')} | {interval(middle['variants'])} "
        f"({middle['variants_before']['value']:+.3f}) | {interval(middle['target_class'])} "
        f"| {interval(middle['accuracy'])} | {seconds:.0f} |"
    )


def interval(figure):
    return f"{figure['value']:+.3f} [{figure['low']:+.3f}, {figure['high']:+.3f}]"


# Title in the table's words, limit, and whether rising beyond it misses the goal too.
GOALS = {
    "excess": ("excess", 0.03, True),
    "variants": ("variants", 0.03, True),
    "target_class": ("target class", 0.03, True),
    "accuracy": ("accuracy", 0.01, False),
}


def goals(row):
    """Goals that are met by the whole interval, and the names of the others."""
    states = {}
    for name, (title, limit, both) in GOALS.items():
        found = row[name]
        figure = Figure(found["value"], found["n"], found["low"], found["high"])
        states[title] = Goal(name, title, figure, limit, both).state
    words = [f"{sum(state == 'met' for state in states.values())} of {len(states)} met"]
    for state in ("missed", "undecided"):
        names = [title for title, each in states.items() if each == state]
        words += [f"{state}: {', '.join(names)}"] if names else []
    return "; ".join(words)


def spread(rows, name):
    """Other seeds' values, where there are any."""
    if len(rows) < 2:
        return ""
    return " (seeds " + ", ".join(f"{r[name]['value']:+.3f}" for r in rows if name in r) + ")"
