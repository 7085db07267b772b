"""The facts of the shipped facts-mini models as files; they are made by a seed, not stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.data.facts_read import write_facts
from analysis.models.save import new_folder

SETS = ("facts", "retain", "other", "benign")


def write_world(out: Path) -> dict[str, Any]:
    """Write `facts.jsonl` (to forget), `retain.jsonl`, `other.jsonl` and `benign.jsonl`.

    Raises:
        RequestError: the folder holds something or cannot be written.
    """
    from sample_data.facts_rows import make_world

    world = make_world()
    files = {}
    with new_folder(out) as folder:
        for name in SETS:
            facts = getattr(world, name)
            write_facts(facts, folder / f"{name}.jsonl")
            files[f"{name}.jsonl"] = len(facts)
    return {"path": str(out.resolve()), "files": files}
