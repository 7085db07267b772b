"""The rows of `unlearning_table.py` as Markdown."""

import statistics

TITLES = {
    False: "Located trigger known to Auto",
    True: "Located trigger withheld from Auto",
}
HEAD = (
    "| model | seeds | method | answer | excess ASR before | excess ASR after | on variants "
    "(before) | target class, triggered | clean accuracy change | CPU s |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
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
        return f"| {name} | {len(rows)} | - | {answers} | - | - | - | - | - | {seconds:.0f} |"
    return (
        f"| {name} | {len(rows)} | {methods} | {answers} | {middle['before_excess']['value']:+.3f} "
        f"| {interval(middle['excess'])}{spread(rows, 'excess')} | {interval(middle['variants'])} "
        f"({middle['variants_before']['value']:+.3f}) | {interval(middle['target_class'])} "
        f"| {interval(middle['accuracy'])} | {seconds:.0f} |"
    )


def interval(figure):
    return f"{figure['value']:+.3f} [{figure['low']:+.3f}, {figure['high']:+.3f}]"


def spread(rows, name):
    """Other seeds' values, where there are any."""
    if len(rows) < 2:
        return ""
    return " (seeds " + ", ".join(f"{r[name]['value']:+.3f}" for r in rows if name in r) + ")"
