"""Where checkpoints lie that the product itself made, beside the runs that made them."""

from __future__ import annotations

from pathlib import Path

from analysis.runs.atomic import safe_name


def model_folder(root: Path, run_id: str) -> Path:
    """`<runs>/.models/<run_id>`; its parent is made when missing, itself not."""
    folder = root / ".models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / safe_name(run_id)
