"""The rows of `unlearning_table.py` as Markdown."""

import statistics

from unlearning_questions import beside_others, family, shape

from analysis.behaviour.intervals import Figure
from analysis.pipeline.unlearn_goals import Goal

TITLES = {
    (False, False): "Located trigger known to Auto",
    (True, False): "Located trigger withheld from Auto",
    (False, True): "Fewer weights: growing masks and low-rank adapters",
}
HEAD = (
    "| model | seeds | method | answer | goals | excess ASR before | excess ASR after "
    "| own effect | on variants (before) | target class, triggered | clean accuracy change "
    "| quick audit: relearned (control) | CPU s |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def markdown(rows):
    parts = []
    for (withheld, other), title in TITLES.items():
        chosen = [r for r in rows if (r["withheld"], bool(r.get("how"))) == (withheld, other)]
        if not chosen:
            continue
        parts += [f"#### {title}", "", HEAD]
        names = dict.fromkeys((r["model"], r.get("how", "")) for r in chosen)
        parts += [
            line([r for r in chosen if (r["model"], r.get("how", "")) == name]) for name in names
        ]
        parts.append("")
    return "\n".join([*parts, *never_poisoned(rows)])


def never_poisoned(rows):
    """What clean models score on the same questions: no removal can be asked for less."""
    known = {
        (shape(r["model"]), family(r["model"])): r for r in rows if "clean_effects" in r
    }  # the same figures stand in every row of a shape and family
    if not known:
        return []
    found = [
        "#### Never poisoned: each clean model beside the mean of the two others",
        "",
        "| models | trigger | excess ASR | own effect |",
        "|---|---|---|---|",
    ]
    for (models, trigger), row in known.items():
        excess = beside_others(row["clean_models"])
        found.append(
            f"| `{models}-mini-clean-0`, `-1`, `-2` | {trigger} | {listed(excess)} "
            f"| {listed(row['clean_effects'])} |"
        )
    return [*found, ""]


def listed(values):
    return ", ".join(f"{value:+.3f}" for value in values)


def line(rows):
    """One model over its seeds: the row whose |excess| after is the upper median, in full."""
    rows = sorted(rows, key=lambda r: abs(r.get("excess", {}).get("value", 0.0)))
    middle = rows[len(rows) // 2]
    answers = ", ".join(sorted({r["answer"].replace("_", " ") for r in rows}))
    methods = ", ".join(sorted({named(r) for r in rows}))
    seconds = statistics.median(r["cpu_seconds"] for r in rows)
    name = f"`{middle['model']}`"
    if "excess" not in middle:
        return f"| {name} | {len(rows)} | - | {answers} {'| - ' * 8}| {seconds:.0f} |"
    return (
        f"| {name} | {len(rows)} | {methods} | {answers} | {goals(middle)} "
        f"| {middle['before_excess']['value']:+.3f} "
        f"| {interval(middle['excess'])}{spread(rows, 'excess')} "
        f"| {interval(middle['effect']) if 'effect' in middle else '-'}{spread(rows, 'effect')} "
        f"| {interval(middle['variants'])} "
        f"({middle['variants_before']['value']:+.3f}) | {interval(middle['target_class'])} "
        f"| {interval(middle['accuracy'])} | {audited(rows)} | {seconds:.0f} |"
    )


def named(row):
    """The method, and how few weights it might change."""
    name = f"{row['method']}, {row['how']}" if row.get("how") else str(row["method"])
    return f"{name} (earlier Auto)" if row.get("earlier") and row["method"] else name


def interval(figure):
    return f"{figure['value']:+.3f} [{figure['low']:+.3f}, {figure['high']:+.3f}]"


def audited(rows):
    """Each seed's verdict; the figures of the budget furthest above the control, of the first."""
    known = [row["audit"] for row in sorted(rows, key=lambda r: r["seed"]) if row.get("audit")]
    if not known:
        return "-"
    verdicts = ", ".join(each["answer"] for each in known)
    arms = (known[0]["relearned"] or {}).get("arms")
    if not arms:
        return verdicts
    return f"{verdicts}: {arms['unlearned']['value']:.2f} ({arms['control']['value']:.2f})"


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
    """Every seed's value, where there are several."""
    known = [row[name]["value"] for row in sorted(rows, key=lambda r: r["seed"]) if name in row]
    return f" (seeds {', '.join(f'{value:+.3f}' for value in known)})" if len(known) > 1 else ""
