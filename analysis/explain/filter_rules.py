"""Rules of the input filter, made from the triggers as they stand in the samples.

Each instance gets the most general rule that does not block clean samples: constants left open
first, then the exact words. What still blocks clean samples is no rule, and is said to be none.
"""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from analysis.explain import input_filter
from analysis.explain.input_filter import blocked_by, form_of, matches, shapes, tokens

MAX_CLEAN = 0.01  # share of clean samples that a rule may block
KINDS = ("tokens", "masked", "tree")
MAX_INSTANCES = 200  # distinct forms of triggers; a grammar has some dozens
_NAME = re.compile(r"[A-Za-z_$][\w$]*")

Rule = dict[str, Any]  # kind, name, and tokens or source: plain JSON, it goes into the filter


class Rules(NamedTuple):
    """What a filter is made of."""

    kept: tuple[Rule, ...]
    refused: tuple[str, ...]  # triggers that stand in clean samples, too


def make_rules(instances: Sequence[str], clean: Sequence[str]) -> Rules:
    """Rules for trigger `instances`, tried on `clean` samples.

    Args:
        instances: the triggers as they stand in samples, at the left margin.
        clean: samples that should pass.
    """
    kept: list[Rule] = []
    refused: list[str] = []
    forms = {kind: [form_of(text, kind) for text in clean] for kind in KINDS}
    for instance, _ in Counter(i.strip("\r\n") for i in instances).most_common(MAX_INSTANCES):
        if not instance.strip() or any(_covers(rule, instance) for rule in kept):
            continue
        fitting = [rule for rule in _forms(instance) if _spares(rule, forms[rule["kind"]])]
        texts = [rule for rule in fitting if rule["kind"] != "tree"][:1]
        kept += texts + [rule for rule in fitting if rule["kind"] == "tree"]
        if not fitting:
            refused.append(" ".join(instance.split()))
    return Rules(tuple(kept), tuple(refused))


def _forms(instance: str) -> list[Rule]:
    """Every rule that an instance could become, the most general first."""
    shown = " ".join(instance.split())[:80]
    exact: Rule = {"kind": "tokens", "name": shown, "tokens": tokens(instance, masked=False)}
    if _NAME.fullmatch(instance.strip()):
        return [exact]
    forms: list[Rule] = [
        {"kind": "masked", "name": shown, "tokens": tokens(instance, masked=True)},
        exact,
    ]
    if shapes(instance):
        forms.append({"kind": "tree", "name": shown, "source": instance})
    return forms


def _covers(rule: Rule, instance: str) -> bool:
    return rule["kind"] != "tree" and blocked_by(instance, [rule]) is not None


def _spares(rule: Rule, forms: Sequence[str | set[str]]) -> bool:
    return sum(matches(rule, form) for form in forms) <= MAX_CLEAN * len(forms)


def filter_source(rules: Sequence[Rule]) -> str:
    """The filter as a Python file of its own: this package's module with its rules filled in."""
    empty = "RULES: list = []\n"
    source = inspect.getsource(input_filter)
    filled = "RULES: list = json.loads(\n    " + repr(json.dumps(list(rules))) + "\n)\n"
    return source.replace(empty, filled, 1)
