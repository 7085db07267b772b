"""The guides that ship with the dashboard: Markdown files beside this one."""

from __future__ import annotations

from pathlib import Path

from dashboard.text import language, term

HELP = Path(__file__).parent / "help"
GUIDES = {
    "first-hour": term("Your first hour"),
    "reading-a-verdict": term("Reading a verdict"),
    "reading-a-map": term("Reading a map"),
    "clean-result": term("What a clean result does not prove"),
    "choosing-a-detector": term("Choosing a detector"),
    "extending": term("Adding a method"),
    "gpu-server": term("On a GPU server"),
}


def guide(name: str) -> str:
    """Markdown of a guide in `GUIDES`, in the reader's language where there is one."""
    own = HELP / language() / f"{name}.md"
    return (own if own.is_file() else HELP / f"{name}.md").read_text("utf-8")
