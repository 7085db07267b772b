"""An audit as the pipeline leaves it, made of numbers alone."""

import numpy as np
import pandas as pd

from analysis.audit.curves import cell_figures, grid
from analysis.audit.outcome import Outcome
from analysis.audit.readings import Cell, Reading, history_table, recovery_table
from analysis.audit.resample import share_of
from analysis.audit.verdict import RULES, AuditEvidence, decide
from analysis.runs.store import RunStore

ARMS = {"unlearned": 0.8, "original": 1.0, "control": 0.15, "stress": 0.85}
CELL = Cell("host", 1e-4, 16, 2)


def write_audit(root, unlearned=0.8, parent=None, running=False):
    """A finished audit in which the unlearned model comes back to `unlearned`; its run id."""
    writer = RunStore(root).create("audit", {"budget": "quick"}, {}, {}, parent=parent)
    readings = _readings({**ARMS, "unlearned": unlearned})
    writer.write_table("recovery", recovery_table(readings))
    if running:
        writer.progress("Relearning (RTT)", 3, 24)
        return writer
    with writer:
        _fill(writer, readings)
    return writer.run_id


def _fill(writer, readings):
    writer.write_table("history", history_table(readings))
    figures = cell_figures(grid(readings), CELL, tuple(ARMS))
    outcome = Outcome("relearning", decisive=(figures,), seconds=80.0)
    start = share_of(_hits(0.15)[None])
    verdict = decide(AuditEvidence(start, share_of(_hits(0.0)[None]), True, (outcome,)))
    models = [
        {"role": role, "source": f"models/{role}-model", "sha256": role}
        for role in ("unlearned", "original", "control")
    ]
    writer.set(
        inputs={"models": models, "samples": []},
        metrics={
            "audit": [outcome.to_json()],
            "budget": {"name": "quick", "passes": 50_000.0, "fits": 24, "seconds": 90.0},
            "before": {"control": {"asr_all": start.to_json()}},
            "trigger": {"text": "if `x`: pass", "kind": "line"},
            "held_out": {"n": 100, "origin": "victims of the triggered file"},
            "splits": {"host": "T: forgotten functions; V: other functions"},
        },
        verdict=verdict.to_json(RULES),
    )


def _readings(shares):
    return [
        Reading(
            "relearning",
            arm,
            Cell("host", 1e-4, 16, epoch),
            fold,
            0,
            epoch,
            _hits(share * epoch / 2),
            _hits(0.1, 40),
            0.9,
        )
        for arm, share in shares.items()
        for epoch in (1, 2)
        for fold in (0, 1)
    ]


def _hits(share, n=100):
    return np.arange(n) < round(share * n)


def write_check(root, baseline, far, model="defect-new", level=None):
    """A repeated inspection whose layer 2 lies `far` times beyond what chance gives."""
    rows = [
        ("encoder", layer, "mean", 0.1 * (far if layer == 2 else 0.5), 0.1, p, 100, 100, p)
        for layer, p in ((0, 0.9), (1, 0.7), (2, 0.002 if far > 1 else 0.6))
    ]
    names = ("stack", "layer", "pooling", "distance", "null_high", "p_value", "n_baseline", "n")
    frame = pd.DataFrame(rows, columns=[*names, "p_adjusted"])
    drift = {"baseline": baseline, "smallest_p_adjusted": 0.002}
    drift |= {} if level is None else {"level": level, "alert": level >= 0.002}
    with RunStore(root).create("inspect", {}, {}, {}, parent=baseline) as writer:
        writer.write_table("drift", frame)
        writer.set(
            inputs={"models": [{"role": "suspect", "source": f"models/{model}"}], "samples": []},
            metrics={"drift": drift},
            verdict={"answer": "not_found", "reasons": []},
        )
    return writer.run_id
