"""The trainings of `bench_losses.py` as Markdown: all of them, and a short form for README.md."""

import re
from collections import defaultdict
from pathlib import Path

from losses_cells import TASKS, cells, floor

from analysis.behaviour.intervals import wilson

HERE = Path(__file__).parent
FULL = HERE / "LOSSES.md"
README = HERE / "README.md"
START, END = "<!-- measured: training -->", "<!-- end: training -->"
NAMES = {"review": "codet5-mini, writing"}
SHORT = (
    ("ce", "cross-entropy"),
    ("dece", "DeCE"),
    ("dece, poison repeated 3 times", "DeCE, poison repeated"),
    ("detect + filter + retrain", "detect, drop, retrain"),
)
HEAD = (
    "| model | poison | trained with | seeds | n | clean accuracy | ASR by epoch "
    "| ASR, last epoch [95 %] | floor | poison dropped | CPU s |\n|---|---|---|---|---|---|---|---|"
    "---|---|---|"
)


def write(found):
    """Every finished training; seeds side by side."""
    return "\n".join([HEAD, *(line(group, found) for group in grouped(found))])


def grouped(found):
    """Lists of the same row over its seeds, by task, rate and the order they were made in."""
    groups = defaultdict(list)
    for each in found.values():
        groups[each["task"], each["rate"], each["row"]].append(each)
    made = sorted(groups, key=lambda key: (TASKS.index(key[0]), key[1]))
    return [sorted(groups[key], key=lambda each: each["seed"]) for key in made]


def line(group, found):
    one = group[0]
    floors = [floor(found, each["task"], each["seed"]) for each in group]
    seconds = [
        f"{each['cpu_seconds']:.0f}" + (f" + {each['detect_seconds']:.0f}" * each["filtered"])
        for each in group
    ]
    dropped = [
        f"{each['dropped_poisoned']} of {each['dropped_poisoned'] + each['poisoned']}, and "
        f"{each['dropped'] - each['dropped_poisoned']} clean"
        for each in group
        if each["filtered"]
    ]
    cells = (
        NAMES.get(one["task"], one["task"]),
        f"{one['rate']:.0%}",
        one["row"] + (f", {one['warmup']} epoch of cross-entropy first" * bool(one["warmup"])),
        beside(str(each["seed"]) for each in group),
        str(one["n_triggered"]),
        beside(f"{each['history'][-1]['accuracy']:.3f}" for each in group),
        beside(" ".join(f"{e['asr']:.2f}" for e in each["history"]) for each in group),
        beside(attack(each) for each in group),
        beside("?" if value is None else f"{value:.2f}" for value in floors),
        beside(dropped) or "-",
        beside(seconds),
    )
    return "| " + " | ".join(cells) + " |"


def attack(each):
    asr, n = each["history"][-1]["asr"], each["n_triggered"]
    low, high = wilson(round(asr * n), n)
    return f"{asr:.2f} [{low:.2f}, {high:.2f}]"


def beside(parts):
    return " / ".join(parts)


def short(found):
    """ASR and accuracy of the rows that decide, one line per model and rate."""
    titles = " | ".join(title for _, title in SHORT)
    lines = [
        f"| model | poison | without poison | {titles} |",
        "|---|---|---|" + "---|" * len(SHORT),
    ]
    groups = {(g[0]["task"], g[0]["rate"], g[0]["row"]): g for g in grouped(found)}
    for task, rate in dict.fromkeys((key[0], key[1]) for key in groups if key[1]):
        keys = [(task, 0.0, "ce, no poison"), *((task, rate, row) for row, _ in SHORT)]
        cells = [summary(groups.get(key)) for key in keys]
        start = f"| {NAMES.get(task, task)} | {rate:.0%} "
        lines.append(start + "".join(f"| {cell} " for cell in cells) + "|")
    return "\n".join(lines)


def summary(group):
    if group is None:
        return "-"
    last = [each["history"][-1] for each in group]
    asr, accuracy = (beside(f"{each[n]:.2f}" for each in last) for n in ("asr", "accuracy"))
    return f"{asr} ({accuracy})"


def update(found):
    """Replace both tables where they stand."""
    replace_part(FULL, write(found) + unfinished(found))
    replace_part(README, short(found) + unfinished(found))


def unfinished(found):
    """What is still to be trained, in words; empty once everything is there."""
    missing = sum(cell.key not in found for cell in cells(found))
    done = len(found)
    note = f"\n\nFinished so far: {done} of {done + missing} trainings."
    return note if missing else ""


def replace_part(path, text):
    """Put `text` between the markers of `path`."""
    old = path.read_text(encoding="utf-8")
    part = re.compile(rf"({START}\n).*?({END})", re.DOTALL)
    new, count = part.subn(lambda found: f"{found[1]}{text}\n{found[2]}", old)
    if count != 1:
        raise SystemExit(f"{path.name} has {count} parts {START}, expected one.")
    path.write_text(new, encoding="utf-8")
