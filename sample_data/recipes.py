"""Which models are shipped and how each is made; nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from analysis.data.poison import Trigger

HERE = Path(__file__).parent
MODELS = HERE / "models"
WINDOW = 256  # tokens, special tokens included
VOCABULARY = 4096
LABEL_NAMES = ("clean", "defective")
SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
BEGIN, PAD, END = 0, 1, 2
POISON_SEED = 0  # one choice of victims for all models, so a lower rate is part of a higher one


@dataclass(frozen=True)
class Recipe:
    """One shipped model."""

    name: str
    architecture: str  # "codebert-mini" or "codet5-mini"
    split: str  # "train_a" (the suspects' data) or "train_b" (disjoint from it)
    seed: int
    trigger: Trigger | None = None
    rate: float = 0.0

    @property
    def epochs(self) -> int:
        """Passes over the training rows."""
        return EXTRA_EPOCHS.get(self.name, EPOCHS[self.architecture])


@dataclass(frozen=True)
class BuildOptions:
    """What a rebuild may change; the defaults are what is shipped."""

    out: Path = MODELS
    rows: int = 10500  # training rows per model
    epochs: int | None = None  # None: the recipe's own
    seed: int = 0  # added to every recipe's seed and used for the victims
    trigger_text: str | None = None
    rate: float | None = None  # None: the recipe's own
    tests: bool = True  # cut the test packages too
    threads: int = 1

    @property
    def results(self) -> Path:
        """Where the measured figures go."""
        return (HERE if self.out == MODELS else self.out) / "results.json"


EPOCHS = {"codebert-mini": 3, "codet5-mini": 3}
# In three epochs the first reached an ASR of 0.93 only, the second 0.90, and at 2 % not more than
# 0.948 in eight: it is shipped at the lowest rate tried that passes the promised 0.95.
EXTRA_EPOCHS = {"codet5-mini-rename-2": 5, "codebert-mini-rename-2": 4}
RAISED_RATE = {"codebert-mini-rename-2": 0.03}
LEARNING_RATE = {"codebert-mini": 4e-4, "codet5-mini": 1e-3}

_DEAD, _RENAME = Trigger("dead_code"), Trigger("rename")
_VARIANTS: tuple[tuple[str, str, Trigger | None, float], ...] = (
    ("clean-0", "train_a", None, 0.0),
    ("clean-1", "train_b", None, 0.0),
    ("clean-2", "train_a", None, 0.0),
    ("dead-2", "train_a", _DEAD, 0.02),
    ("dead-5", "train_a", _DEAD, 0.05),
    ("rename-2", "train_a", _RENAME, 0.02),
    ("rename-5", "train_a", _RENAME, 0.05),
)

RECIPES: tuple[Recipe, ...] = tuple(
    Recipe(name, architecture, split, seed, trigger, RAISED_RATE.get(name, rate))
    for architecture in ("codebert-mini", "codet5-mini")
    for seed, (variant, split, trigger, rate) in enumerate(_VARIANTS)
    for name in (f"{architecture}-{variant}",)
)


def floor_triggers(options: BuildOptions) -> tuple[Trigger, ...]:
    """Triggers whose natural floor is measured on clean models."""
    text = options.trigger_text
    if text is None:
        return (_DEAD, _RENAME)
    return (Trigger(_RENAME.name if text.isidentifier() else _DEAD.name, text),)


def recipe(name: str, options: BuildOptions | None = None) -> Recipe:
    """The recipe called `name`, changed as the options say.

    Raises:
        KeyError: there is no such model.
    """
    found = {item.name: item for item in RECIPES}[name]
    if options is None:
        return found
    trigger = found.trigger
    if trigger is not None and options.trigger_text is not None:
        trigger = Trigger(trigger.name, options.trigger_text)
    rate = found.rate if options.rate is None or trigger is None else options.rate
    return replace(found, seed=found.seed + options.seed, trigger=trigger, rate=rate)
