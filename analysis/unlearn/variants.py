"""Changed forms of a located trigger: what it could have been called instead.

A removal that only knows the located text may leave its relatives working. Which part of a trigger
a model learned is not known, so each is changed by itself: of a line the texts (or numbers) in it,
then its keywords, then both; of an identifier its parts change places, then one is exchanged.
"""

from __future__ import annotations

import random
import re

from analysis.explain.payloads import Payload

_WORDS = ("data", "stop", "value", "done", "empty", "retry", "state", "ready", "first", "other")
_QUOTED = re.compile(r"""(["'])((?:(?!\1).)*)\1""")
_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
_KEYWORDS = {
    "if": "while", "while": "if", "Exception": "ValueError", "ValueError": "Exception",
    "print": "repr", "assert": "not",
}  # fmt: skip
_KEYWORD = re.compile(rf"\b(?:{'|'.join(_KEYWORDS)})\b")


def variants_of(trigger: Payload, seed: int = 0) -> tuple[Payload, ...]:
    """Up to three changed forms, none of them the trigger itself.

    Args:
        trigger: as located; the first instance is changed where there are several.
        seed: of the words that are put in.
    """
    if not trigger.instances or trigger.family:
        return ()
    rng = random.Random(seed)
    own = trigger.instances[0]
    forms = _names(own, rng) if trigger.kind == "identifier" else _lines(own, rng)
    kept = [form for form in dict.fromkeys(forms) if form and form not in trigger.instances]
    return tuple(Payload(form, trigger.kind, (form,)) for form in kept)


def _lines(line: str, rng: random.Random) -> tuple[str, ...]:
    words = rng.sample(_WORDS, len(_WORDS))

    def word(found: re.Match[str]) -> str:
        words.append(words.pop(0))
        return f"{found[1]}{words[-1]}{found[1]}"

    changed = _QUOTED.sub(word, line)
    if changed == line:
        changed = _NUMBER.sub(lambda found: str(int(found[0]) + rng.randint(1, 9)), line)
    return changed, *(
        _KEYWORD.sub(lambda found: _KEYWORDS[found[0]], each) for each in (line, changed)
    )


def _names(name: str, rng: random.Random) -> tuple[str, ...]:
    parts = [part for part in name.split("_") if part]
    word = rng.choice([each for each in _WORDS if each not in parts])
    if len(parts) < 2:
        return f"{name}_{word}", f"{word}_{name}"
    return "_".join(reversed(parts)), "_".join([*parts[:-1], word])
