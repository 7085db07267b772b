"""Where a run was made: versions, machine and the state of the source."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from analysis.identity import library_versions

PACKAGE_HOME = Path(__file__).resolve().parents[2]
GIT_SECONDS = 5.0


class GitState(NamedTuple):
    """Commit of the checkout and whether tracked files differ from it."""

    commit: str
    dirty: bool


def environment(device: str, precision: str, seed: int) -> dict[str, Any]:
    """The record's `environment`.

    Args:
        device: the one that was used, after `auto`.
        precision: the one that was used, after `auto`.
        seed: of the run.
    """
    git = git_state()
    return {
        "versions": {"python": platform.python_version(), **library_versions()},
        "platform": platform.platform(),
        "machine": platform.machine(),
        "device": device,
        "precision": precision,
        "seed": seed,
        "git": None if git is None else git._asdict(),
    }


def git_state(home: Path = PACKAGE_HOME) -> GitState | None:
    """State of the checkout whose top folder is `home`; None for an installed package.

    A package installed inside some other project's checkout must not report that project.
    """
    top = _git(home, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != home.resolve():
        return None
    commit = _git(home, "rev-parse", "HEAD")
    changes = _git(home, "status", "--porcelain", "--untracked-files=no")
    if commit is None or changes is None:
        return None
    return GitState(commit, dirty=bool(changes))


def _git(home: Path, *words: str) -> str | None:
    # --no-optional-locks: a record must not stand in the way of the user's own git commands.
    command = ["git", "--no-optional-locks", "-C", str(home), *words]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=GIT_SECONDS, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
