"""From the words in the form of an audit to the command that a terminal user would type."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import RequestError
from dashboard.text import say


@dataclass(frozen=True)
class AuditForm:
    """What the form holds; empty strings where nothing was given."""

    removal: str = ""  # run_id; then nothing else is needed
    original: str = ""
    unlearned: str = ""
    control: str = ""  # one per line
    forget: str = ""
    retain: str = ""
    test: str = ""
    triggered: str = ""
    budget: str = "quick"
    attacks: tuple[str, ...] = ()  # empty: those of the budget
    seed: str = ""


def audit_form_argv(form: AuditForm) -> list[str]:
    """The arguments after `kenshin`.

    Raises:
        RequestError: neither a removal nor both models and the forget set.
    """
    argv = ["audit"]
    if form.removal:
        argv.append(f"--from={form.removal}")
    else:
        for name in ("original", "unlearned", "forget"):
            if not getattr(form, name).strip():
                raise RequestError(
                    say("--{name} is missing.", name=name), say("Fill it in, or choose a removal.")
                )
    for name in ("original", "unlearned", "control", "forget", "retain", "test", "triggered"):
        for value in getattr(form, name).splitlines():  # one control per line
            if value.strip():  # "=": a value that begins with a dash stays a value
                argv.append(f"--{name}={value.strip()}")
    argv.append(f"--budget={form.budget}")
    if form.attacks:
        argv.append(f"--attacks={','.join(form.attacks)}")
    if form.seed.strip():
        argv.append(f"--seed={form.seed.strip()}")
    return argv


@dataclass(frozen=True)
class FactsForm:
    """What the form of an audit of facts holds; empty strings where nothing was given."""

    original: str = ""
    unlearned: str = ""
    control: str = ""
    facts: str = ""
    retain: str = ""
    budget: str = "quick"


def facts_form_argv(form: FactsForm) -> list[str]:
    """The arguments after `kenshin`.

    Raises:
        RequestError: a model or the file of facts is missing.
    """
    argv = ["audit"]
    for name in ("facts", "original", "unlearned", "control", "retain"):
        value = getattr(form, name).strip()
        if value:
            argv.append(f"--{name}={value}")
        elif name not in ("control", "retain"):
            raise RequestError(say("--{name} is missing.", name=name), say("Fill it in."))
    return [*argv, f"--budget={form.budget}"]


def health_argv(
    baseline: str,
    suspect: str = "",
    samples: str = "",
    per_month: tuple[float, float] = (1, 30),
    audit: str = "",
) -> list[str]:
    """The arguments of a health check.

    Args:
        baseline: run_id of the inspection to repeat.
        suspect: a new checkpoint; empty: the same model.
        samples: new inputs; empty: the same samples.
        per_month: bearable false alarms, and checks.
        audit: run_id of a removal whose attacks the checkpoint gets as well; empty: none.
    """
    argv = ["health", baseline]
    for name, value in (("suspect", suspect), ("samples", samples), ("audit", audit)):
        if value.strip():
            argv.append(f"--{name}={value.strip()}")
    alarms, checks = per_month
    return [*argv, f"--alarms-per-month={alarms:g}", f"--checks-per-month={checks:g}"]
