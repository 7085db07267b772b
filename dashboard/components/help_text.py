"""The guides that ship with the dashboard: Markdown files beside this one."""

from __future__ import annotations

from pathlib import Path

HELP = Path(__file__).parent / "help"
GUIDES = {
    "first-hour": "Your first hour",
    "reading-a-verdict": "Reading a verdict",
    "clean-result": "What a clean result does not prove",
    "choosing-a-detector": "Choosing a detector",
    "extending": "Adding a method",
    "gpu-server": "On a GPU server",
}


def guide(name: str) -> str:
    """Markdown of a guide in `GUIDES`."""
    return (HELP / f"{name}.md").read_text("utf-8")
