"""From the words in a form to the command that a terminal user would type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.config import InspectConfig, parse_layers
from analysis.errors import RequestError
from dashboard.text import say


@dataclass(frozen=True)
class InspectForm:
    """What the form of a new inspection holds; empty strings where nothing was given."""

    suspect: str = ""
    reference: str = ""
    reference_kind: str = "same-task"
    samples: str = ""
    test: str = ""
    triggered: str = ""
    trusted: str = ""
    controls: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)  # option name -> value, as typed
    switches: tuple[str, ...] = ()  # options without a value, such as "allow-pickle"


def inspect_argv(form: InspectForm) -> list[str]:
    """The arguments after `kenshin`; options that equal their default are left out.

    Raises:
        RequestError: a required part is missing or a layer expression cannot be read.
    """
    if not form.suspect.strip():
        raise RequestError(say("no suspect model was given."), say("Name its folder."))
    if not form.samples.strip():
        raise RequestError(say("no samples were given."), say("Name a file or upload one."))
    argv = ["inspect", *_pair("--suspect", form.suspect), *_pair("--samples", form.samples)]
    if form.reference.strip():
        argv += _pair("--reference", form.reference)
        argv += _pair("--reference-kind", form.reference_kind)
    for name in ("test", "triggered", "trusted"):
        argv += _pair(f"--{name}", getattr(form, name))
    for control in form.controls:
        argv += _pair("--control", control)
    argv += _options(form.options)
    return argv + [f"--{name}" for name in form.switches]


def _options(options: Mapping[str, str]) -> list[str]:
    defaults = InspectConfig().to_json()
    argv: list[str] = []
    for name, value in options.items():
        default = defaults.get(name.replace("-", "_"))
        usual = ",".join(default) if isinstance(default, list) else str(default or "")
        if value.strip() and value.strip() != usual:
            if name == "layers":
                parse_layers(value)
            argv += _pair(f"--{name}", value)
    return argv


def _pair(option: str, value: str) -> list[str]:
    # "--option=value": a value that begins with a dash stays a value
    return [f"{option}={value.strip()}"] if value.strip() else []


def convert_argv(checkpoint: str, base: str, out: str) -> list[str]:
    """The command that turns a pickle checkpoint into a safetensors folder.

    Raises:
        RequestError: the checkpoint or the target folder is missing, or begins with a dash.
    """
    if not checkpoint.strip() or not out.strip():
        raise RequestError(
            say("a conversion needs the checkpoint and a new folder."), say("Fill in both fields.")
        )
    if checkpoint.strip().startswith("-"):
        raise RequestError(
            say("the checkpoint '{value}' begins with a dash.", value=checkpoint.strip()),
            say("Write ./ before it."),
        )
    places = [*_pair("--base", base), *_pair("--out", out)]
    return ["convert", checkpoint.strip(), *places, "--json"]
