"""Where sample files lie that the product itself wrote, beside the runs that use them."""

from __future__ import annotations

from pathlib import Path


def samples_folder(root: Path) -> Path:
    """`<runs>/.samples`, made when missing."""
    folder = root / ".samples"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
