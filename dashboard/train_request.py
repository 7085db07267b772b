"""From the words in the form of a training to the commands that a terminal user would type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.errors import RequestError
from analysis.training.losses.specs import loss_spec
from dashboard.text import say


@dataclass(frozen=True)
class TrainForm:
    """What the form of a new training holds; empty strings where nothing was given."""

    model: str = ""
    samples: str = ""
    test: str = ""
    triggered: str = ""
    out: str = ""
    losses: tuple[str, ...] = ("ce",)
    options: Mapping[str, str] = field(default_factory=dict)  # option name -> value, as typed
    knobs: Mapping[str, str] = field(default_factory=dict)  # only where the loss has the knob
    switches: tuple[str, ...] = ()


def train_argvs(form: TrainForm) -> list[list[str]]:
    """One command per loss; several losses get one folder each, `<out>-<loss>`.

    Raises:
        RequestError: a required part is missing.
    """
    for value, what in (
        (form.model, say("start model")),
        (form.samples, say("training samples")),
        (form.out, say("folder for the trained model")),
    ):
        if not value.strip():
            raise RequestError(say("no {what} was given.", what=what), say("Fill in the field."))
    if not form.losses:
        raise RequestError(say("no loss was chosen."), say("Choose one or more to compare."))
    return [_argv(form, name) for name in form.losses]


def _argv(form: TrainForm, name: str) -> list[str]:
    spec = loss_spec(name)
    out = form.out.strip().rstrip("/")
    argv = ["train"]
    for option in ("model", "samples", "test", "triggered"):
        argv += _pair(option, getattr(form, option))
    argv += _pair("loss", name)
    argv += _pair("out", out if len(form.losses) == 1 else f"{out}-{name}")
    for option, value in form.options.items():
        argv += _pair(option, value)
    own = {knob.name for knob in spec.knobs}
    tune = "tune" in form.switches and bool(spec.grid)
    for knob, value in form.knobs.items():
        if knob in own and not tune:
            argv += _pair(knob, value)
    allowed = [switch for switch in form.switches if switch != "tune" or tune]
    return argv + [f"--{switch}" for switch in allowed]


def _pair(option: str, value: str) -> list[str]:
    # "--option=value": a value that begins with a dash stays a value
    return [f"--{option}={value.strip()}"] if value.strip() else []
