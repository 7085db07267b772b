"""From the words in the form of a sweep to the command that a terminal user would type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SweepForm:
    """What the form holds; empty strings where nothing was given."""

    inspection: str  # run_id
    method: str = "lya"
    strengths: str = ""
    learning_rates: str = ""
    batch_sizes: str = ""
    steps: str = ""
    retain: str = ""


def sweep_argv(form: SweepForm) -> list[str]:
    """The arguments after `kenshin`; empty fields are left to the inspection and the method."""
    argv = ["sweep", f"--from={form.inspection}", f"--method={form.method}"]
    for name in ("strengths", "learning_rates", "batch_sizes", "steps", "retain"):
        value = "".join(getattr(form, name).split())
        # "--option=value": a value that begins with a dash stays a value
        argv += [f"--{name.replace('_', '-')}={value}"] if value else []
    return argv


def settings(form: SweepForm) -> int:
    """How many settings the form asks for."""
    count = 1
    for name in ("strengths", "learning_rates", "batch_sizes"):
        count *= max(1, len([part for part in getattr(form, name).split(",") if part.strip()]))
    return count
