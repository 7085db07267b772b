"""The whole command line, put together from the option modules."""

from __future__ import annotations

from analysis import __version__
from analysis.cli.options import (
    audit,
    data,
    facts,
    guard,
    health,
    house,
    inspect,
    poison,
    report,
    scan,
    sweep,
    train,
    unlearn,
)
from analysis.cli.options.base import Parser

# in the order of --help
COMMANDS = (
    inspect,
    scan,
    guard,
    data,
    poison,
    train,
    unlearn,
    sweep,
    audit,
    facts,
    health,
    report,
    house,
)


def build_parser() -> Parser:
    """The whole command line."""
    parser = Parser(
        prog="kenshin",
        allow_abbrev=False,
        description="Health check-up for code models: is it backdoored, in which layer, "
        "by which trigger?",
    )
    parser.add_argument("--version", action="version", version=f"kenshin {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    for part in COMMANDS:
        part.add(commands)
    return parser
