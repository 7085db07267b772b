"""Stored trainings, written through the store as the pipeline does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.runs.store import RunStore


def write_training(root: Path, loss: str, asr: list[float], *, truth: bool = True, **knobs) -> str:
    """Write one finished training below `root`; returns its run_id."""
    epochs = np.arange(1, len(asr) + 1)
    with RunStore(root).create("train", {"loss": loss}, {}, {"out": f"models/{loss}"}) as run:
        model = {"architecture": "Roberta", "sha256": "0" * 64, "layers": 3}
        run.set(
            inputs={
                "models": [
                    {"role": "start", "source": "models/start", **model},
                    {"role": "trained", "source": f"models/{loss}", **model},
                ],
                "samples": [
                    {"role": "samples", "source": "data/train.jsonl", "sha256": "1", "rows": 500}
                ],
            },
            metrics={
                "loss": {"name": loss, **knobs},
                "trained": {
                    "clean_accuracy": {"value": 0.88, "low": 0.86, "high": 0.9, "n": 900},
                    "asr_all": {"value": asr[-1], "low": 0.1, "high": 0.99, "n": 500},
                    "natural_flip_floor": {"value": 0.15, "low": 0.1, "high": 0.2, "n": 500},
                },
            },
        )
        norms = {
            f"gradient_norm_{kind}": 2.0 / epochs if truth else np.full(len(epochs), np.nan)
            for kind in ("poisoned", "clean")
        }
        table = pd.DataFrame(
            {"step": 10 * epochs, "epoch": epochs, "loss": 0.7 / epochs, "accuracy": 0.88}
            | {"asr": asr, **norms, "phase": loss}
        )
        run.write_table("history", table)
    return run.run_id
