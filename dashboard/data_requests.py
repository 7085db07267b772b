"""From the words in the forms about data to the commands that a terminal user would type."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.errors import RequestError
from dashboard.text import say

_DEFAULTS = {"language": "auto", "mode": "replace", "seed": "0"}


def scan_argv(samples: str, options: Mapping[str, str]) -> list[str]:
    """The arguments of a scan.

    Raises:
        RequestError: no file was given.
    """
    if not samples.strip():
        raise RequestError(say("no samples were given."), say("Name a file or upload one."))
    return ["scan", *_pair("samples", samples), *_options(options)]


def guard_argv(run_id: str, out: str) -> list[str]:
    """The arguments of a guard.

    Raises:
        RequestError: no folder was given.
    """
    if not out.strip():
        raise RequestError(
            say("no folder was given."), say("Name a new one for the guard's files.")
        )
    return ["guard", run_id, *_pair("out", out)]


def poison_argv(values: Mapping[str, str], *, clean_label: bool) -> list[str]:
    """The arguments of a poisoning; empty values and defaults are left out.

    Args:
        values: option -> value as typed.
        clean_label: triggers go into target samples, labels are kept.

    Raises:
        RequestError: a required part is missing, or rate or label are no numbers.
    """
    for name, words in (
        ("samples", say("samples file")),
        ("out", say("new file")),
        ("target", say("target")),
    ):
        if not values.get(name, "").strip():
            raise RequestError(
                say("no {words} was given.", words=words), say("Fill in that field.")
            )
    _number("rate", values.get("rate", ""), float)
    for name in ("target", "victim", "seed"):
        if values.get(name, "").strip():
            _number(name, values[name], int)
    argv = ["poison", *_options(values), "--json"]
    return [*argv, "--clean-label"] if clean_label else argv


def _number(name: str, value: str, kind: type) -> None:
    try:
        kind(value)
    except ValueError:
        wanted = say("a whole number") if kind is int else say("a number such as 0.02")
        raise RequestError(
            say(
                "{name} is '{value}', expected {wanted}.",
                name=name,
                value=value.strip(),
                wanted=wanted,
            )
        ) from None


def _options(values: Mapping[str, str]) -> list[str]:
    return [
        word
        for name, value in values.items()
        if value.strip() != _DEFAULTS.get(name, "")
        for word in _pair(name, value)
    ]


def _pair(name: str, value: str) -> list[str]:
    # "--option=value": a value that begins with a dash stays a value
    return [f"--{name}={value.strip()}"] if value.strip() else []
