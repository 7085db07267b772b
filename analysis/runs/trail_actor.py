"""Who acts: the account at a terminal, the person logged in to the dashboard, or a job's starter.

The name is what the machine knows, not a proof: without login it is the account that the program
runs under.
"""

from __future__ import annotations

import contextvars
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from analysis.runs.atomic import read_json

TERMINAL, DASHBOARD, LOGIN = "terminal", "dashboard", "dashboard login"
LONGEST = 120


class Actor(NamedTuple):
    """A name, and how it is known."""

    name: str
    through: str  # TERMINAL, DASHBOARD, LOGIN, or "job of …" one of them

    def to_json(self) -> dict[str, str]:
        """As an object."""
        return {"name": self.name, "through": self.through}


_acting: contextvars.ContextVar[Actor | None] = contextvars.ContextVar("actor", default=None)


def account(through: str = TERMINAL) -> Actor:
    """The account that this program runs under."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        name = f"uid {os.getuid()}"
    return Actor(_clean(name), through)


def current_actor() -> Actor:
    """Whoever `acting` names, else the account."""
    return _acting.get() or account()


@contextmanager
def acting(actor: Actor | None) -> Iterator[None]:
    """Let what happens inside be noted as done by `actor`; None changes nothing."""
    if actor is None:
        yield
        return
    token = _acting.set(Actor(_clean(actor.name), actor.through))
    try:
        yield
    finally:
        _acting.reset(token)


def actor_of_job(job_dir: Path | None) -> Actor | None:
    """Who started a job, from its folder; None where nothing says it."""
    asked = read_json(job_dir / "argv.json") if job_dir is not None else None
    return _read((asked or {}).get("actor"))


def _read(value: Any) -> Actor | None:
    if not isinstance(value, dict) or not value.get("name"):
        return None
    return Actor(str(value["name"]), f"job of {value.get('through') or TERMINAL}")


def _clean(name: str) -> str:
    """One line of bounded length: a login's name comes from outside."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return shown[:LONGEST] or "unknown"
