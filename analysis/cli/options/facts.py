"""Options of `kenshin audit` that concern facts instead of a trojan."""

from __future__ import annotations

import argparse
from pathlib import Path


def facts_options(command: argparse.ArgumentParser) -> None:
    """`--facts FILE` and `--folds K`; with them the audit asks a language model questions."""
    command.add_argument(
        "--facts",
        type=Path,
        metavar="FILE",
        help="audit facts: questions with answers (Deeb & Roger, WMDP or TOFU shape)",
    )
    command.add_argument(
        "--folds", type=int, metavar="K", help="folds of --facts without a fold column (default 5)"
    )
