"""The words of the facts table, and how readings are kept in its file."""

from __future__ import annotations

import base64

import numpy as np

from analysis.audit.arms import CONTROL, UNLEARNED
from analysis.audit.facts_evidence import gather
from analysis.audit.facts_rtt import ASKING, RELEARNING, FactReading
from analysis.audit.facts_verdict import decide_facts

RATIO = 0.2
REFERENCE = "reference"  # stands for the mask in rows of original, control and hider


def packed(reading):
    """What the table needs of a reading: how it was asked or trained, and every hit."""
    bits = base64.b64encode(np.packbits(reading.hits)).decode()
    return [reading.variant, reading.learning_rate, reading.epoch, len(reading.hits), bits]


def unpacked(row, arm):
    """The readings of a row, the seed standing for the fold so that seeds are read together."""
    found = []
    for variant, rate, epoch, n, bits in row["readings"]:
        hits = np.unpackbits(np.frombuffer(base64.b64decode(bits), np.uint8))[:n].astype(bool)
        attack = RELEARNING if epoch else ASKING
        new = FactReading(
            *(attack, variant, arm, row["seed"], 0, rate, 0, epoch, 0, hits),
            *(hits, hits.astype(float)),  # the plain hits are a reading of their own
        )
        found.append(new)
    return found


def evidence_of(rows, own):
    """What the verdict looks at, over the seeds of `own`."""
    seeds = {(r["arm"], r["seed"]) for r in own}
    found = [reading for r in own for reading in unpacked(r, UNLEARNED)]
    for row in rows:
        if row["mask"] == REFERENCE and (row["arm"], row["seed"]) in seeds:
            found += unpacked(row, row["method"])
    return gather(found, own[0]["chance"])


def table(rows):
    """Markdown: one line per method and arm, over its seeds."""
    lines = [
        "| arm | method | seeds | facts after | asked in other words | recovered on V (control) "
        "| recovery, floor off (95 % interval) | cities kept | trades, in no list "
        "| verdict (of each seed) | CPU s |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    told = [r for r in rows if r["mask"] != REFERENCE]
    for arm in sorted({r["arm"] for r in told}):
        for method, mask in dict.fromkeys((r["method"], r["mask"]) for r in told):
            own = [r for r in told if (r["arm"], r["method"], r["mask"]) == (arm, method, mask)]
            if own:
                lines.append(line(rows, own))
    return "\n".join(lines)


def line(rows, own):
    """One method on one arm."""
    first = own[0]
    name = f"{first['method']} + {first['mask']} mask, {RATIO:g}" if first["mask"] else ""
    found = evidence_of(rows, own)
    whole = found.corrected
    again = found.attacked[UNLEARNED].accuracy.value, found.attacked[CONTROL].accuracy.value
    each = [decide_facts(evidence_of(rows, [row])).answer for row in own]
    cells = [
        *(first["arm"], name or first["method"], str(len(own)), mean(own, "after")),
        f"{found.asked[UNLEARNED].accuracy.value:.2f}",
        f"{again[0]:.2f} ({again[1]:.2f})",
        f"{whole.value:.2f} ({whole.low:.2f} to {whole.high:.2f})",
        *(mean(own, "retain"), mean(own, "untold")),
        f"{decide_facts(found).answer} ({', '.join(each)})",
        f"{np.mean([r['seconds'] for r in own]):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def mean(rows, key):
    return f"{np.mean([r[key] for r in rows]):.2f}"
