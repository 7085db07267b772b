"""An audit of facts as the pipeline leaves it, made of numbers alone."""

import numpy as np

from analysis.audit.facts_evidence import gather
from analysis.audit.facts_figures import history_table, recovery_table
from analysis.audit.facts_prompts import CALIBRATED, PLAIN
from analysis.audit.facts_rtt import ASKING, RELEARNING, FactReading
from analysis.audit.facts_verdict import RULES, decide_facts
from analysis.runs.store import RunStore

N, T = 120, 120
FIRST = {"unlearned": 0.25, "original": 1.0, "control": 0.25, "stress": 0.3}
LAST = {"unlearned": 0.9, "original": 1.0, "control": 0.25, "stress": 0.95}


def write_facts_audit(root, recovered, running=False):
    """An audit whose unlearned model comes back to `recovered`; its run id, or its writer."""
    writer = RunStore(root).create("audit", {"budget": "quick"}, {}, {})
    readings = _readings({**LAST, "unlearned": recovered})
    writer.write_table("recovery", recovery_table(readings))
    writer.set(metrics={"chance": 0.25})
    if running:
        writer.progress("Training on other facts", 3, 16)
        return writer
    with writer:
        _fill(writer, readings)
    return writer.run_id


def _fill(writer, readings):
    writer.write_table("history", history_table(readings))
    found = gather(readings, 0.25)
    entries = [
        _entry(ASKING, found.asked, None, found.elicited, 0),
        _entry(RELEARNING, found.attacked, found.recovery, found.corrected, T),
    ]
    models = [{"role": role, "source": f"models/{role}", "sha256": role} for role in FIRST]
    writer.set(
        inputs={"models": models, "samples": []},
        metrics={"audit": entries, "budget": {"name": "quick", "fits": 16, "seconds": 60.0}},
        verdict=decide_facts(found).to_json(RULES),
    )


def _entry(name, arms, recovery, corrected, samples):
    decisive = {
        **arms["unlearned"].cell._asdict(),
        "samples": samples,
        "arms": {arm: each.accuracy.to_json() for arm, each in arms.items()},
        "excess": None,
        "stress": None,
        "effect": None,
    }
    return {
        "attack": name,
        "status": "done",
        "reason": "",
        "decisive": [decisive],
        "recovery": recovery and recovery.to_json(),
        "corrected": corrected.to_json(),
        "details": {},
        "budget": {"name": "quick"},
        "seconds": 10.0,
    }


def _readings(last):
    found = []
    for arm, share in last.items():
        found.append(_one(ASKING, PLAIN.name, arm, FIRST[arm], 0))
        for epoch in (1, 2):
            value = FIRST[arm] + (share - FIRST[arm]) * epoch / 2
            found.append(_one(RELEARNING, CALIBRATED, arm, value, epoch))
            found.append(_one(RELEARNING, PLAIN.name, arm, value, epoch))
    return found


def _one(attack, variant, arm, share, epoch):
    hits = np.arange(N) < round(share * N)
    rate = 1e-4 if epoch else 0.0
    taught = T if epoch else 0
    return FactReading(
        attack, variant, arm, 0, 0, rate, taught, epoch, epoch, hits, hits, hits * 0.5
    )
