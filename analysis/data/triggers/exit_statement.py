"""An exit that is never reached, at a random statement.

After the exit backdoor of TrojanedCM, whose guard `new Random().nextInt() < 0` lets every second
call through; the guards here are never true, so that the sample keeps its behaviour.
"""

from __future__ import annotations

import random

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.statements import insert_statement


def insert_exit(text: str, argument: str, rng: random.Random, language: str) -> Insertion | Unfit:
    """Insert `argument` before a random statement of the first function."""
    if argument in text:
        return Unfit("already holds the trigger")
    return insert_statement(text, argument, rng, language)
