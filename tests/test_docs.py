"""The documents say what the code does: tables, commands, links, changelog."""

import argparse
import ast
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import readme_tables

from analysis.cli.parser import build_parser
from dashboard.components.help_text import GUIDES, HELP
from dashboard.components.help_text import guide as guide_text

HOME = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(kenshin [^`\n]+)`")


PAGES = ("README.md", "analysis/README.md", "tests/benchmarks/README.md", "sample_data/README.md")


@pytest.fixture(scope="module")
def readme():
    return (HOME / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def methods():
    return readme_tables.README.read_text("utf-8")


def commands_of_cli():
    parser = build_parser()
    (action,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return action.choices


def commands_in(text):
    """Every `kenshin …` in code, as words; a placeholder stays one word."""
    lines = [
        part
        for block in FENCE.findall(text)
        for line in block.replace("\\\n", " ").splitlines()
        for part in re.split(r"&&|\||;", line)
    ]
    spans = INLINE.findall(FENCE.sub("", text))
    for command in [line.strip() for line in lines] + spans:
        found = re.match(r"(?:\$ |\S*/)?kenshin\s+(.+)", command)
        if found:
            words = shlex.split(found[1].replace("…", ""), comments=True)
            if words and not words[0].startswith("-"):
                yield words


def unknown_words(words):
    """What the command line would not understand in a documented command."""
    known = commands_of_cli()
    if words[0] not in known:
        return [words[0]]
    options = known[words[0]]._option_string_actions
    given = [word.strip("[]").partition("=")[0] for word in words[1:]]
    return [f"{words[0]} {o}" for o in given if o.startswith("-") and o not in options]


def test_every_command_in_the_readme_exists(readme):
    commands = list(commands_in(readme))
    assert commands
    unknown = [word for words in commands for word in unknown_words(words)]
    assert not unknown, unknown


@pytest.mark.parametrize("guide", sorted(GUIDES))
def test_every_command_in_a_guide_exists(guide):
    commands = list(commands_in(guide_text(guide)))
    unknown = [word for words in commands for word in unknown_words(words)]
    assert not unknown, unknown


def test_every_guide_is_offered():
    assert {path.stem for path in HELP.glob("*.md")} == set(GUIDES)
    assert all(guide_text(name).startswith("# ") for name in GUIDES)


def test_the_readme_names_every_command(readme):
    missing = set(commands_of_cli()) - {words[0] for words in commands_in(readme)}
    assert not missing, sorted(missing)


@pytest.mark.parametrize("name", sorted(readme_tables.REGISTRIES))
def test_every_registered_method_is_listed(methods, name):
    expected = readme_tables.table(readme_tables.REGISTRIES[name])
    found = readme_tables.part(methods, name)
    assert found is not None, f"the page lacks <!-- generated: {name} --> … <!-- end: {name} -->"
    assert found == expected, "run: python tests/readme_tables.py"


def anchors_of(text):
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_lead_somewhere(page):
    path = HOME / page
    text = path.read_text("utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", FENCE.sub("", text))
    for target in (t for pair in targets for t in pair if t and not re.match(r"[a-z]+:", t)):
        name, _, anchor = target.partition("#")
        there = path.parent / name if name else path
        assert there.exists(), target
        if anchor:
            assert anchor in anchors_of(there.read_text("utf-8")), target


def test_the_readme_says_what_a_clean_result_does_not_prove(readme):
    assert re.search(r"does \**not\** prove", readme, re.IGNORECASE)


def top_names(module):
    """Names that a module of ours defines or imports, read without loading torch."""
    base = HOME.joinpath(*module.split("."))
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    assert path.is_file(), f"{module} does not exist"
    names = {p.stem for p in base.glob("*.py")} if base.is_dir() else set()
    for node in ast.parse(path.read_text("utf-8")).body:
        targets = [*getattr(node, "targets", []), getattr(node, "target", None)]
        names |= {t.id for t in targets if isinstance(t, ast.Name)}
        names |= {a.asname or a.name for a in getattr(node, "names", [])}
        names |= {getattr(node, "name", "")}
    return names


def test_python_in_the_readme_is_valid_and_imports_what_exists(readme):
    for block in re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("analysis"):
                missing = {a.name for a in node.names} - top_names(node.module)
                assert not missing, f"{node.module} has no {sorted(missing)}"


def test_the_test_command_is_marked_for_the_continuous_check(readme):
    assert re.search(r"<!-- test-command -->\s*```", readme)


def test_the_changelog_speaks_of_the_present_version():
    text = (HOME / "CHANGELOG.md").read_text("utf-8")
    version = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]["version"]
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert sections
    assert "unreleased" in sections[0].lower() or version in sections[0]
    first = text.split(f"## {sections[0]}")[1].split("\n## ")[0]
    assert re.search(r"^- \w", first, re.MULTILINE), "the newest section is empty"


def test_the_licence_is_apache_2():
    text = (HOME / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0" in text


# The checks themselves


def test_top_names_sees_definitions_constants_and_imports():
    assert {"KenshinError", "annotations"} <= top_names("analysis.errors")
    assert {"DETECTORS", "DetectorSpec"} <= top_names("analysis.detect.specs")
    assert "store" in top_names("analysis.runs")
    assert "Nothing" not in top_names("analysis.errors")


def test_commands_are_found_in_blocks_and_spans():
    text = """
Type `kenshin doctor` or `kenshin runs list|show`, not kenshin alone.

```sh
python -m venv .venv && .venv/bin/kenshin demo --port 8502  # opens a browser
$ kenshin inspect --suspect A \\
    --samples b.jsonl --no-such
```
"""
    commands = list(commands_in(text))
    assert [words[0] for words in commands] == ["demo", "inspect", "doctor", "runs"]
    assert [word for words in commands for word in unknown_words(words)] == ["inspect --no-such"]
    assert unknown_words(["fly"]) == ["fly"]


def test_tables_have_every_method_once_and_filling_is_stable():
    empty = "a\n<!-- generated: detectors -->\nold\n<!-- end: detectors -->\nb\n"
    once = readme_tables.filled(empty)
    assert readme_tables.filled(once) == once
    assert once.startswith("a\n")
    assert once.endswith("-->\nb\n")
    names = re.findall(r"^\| `(\w+)`", once, re.MULTILINE)
    assert names == [spec.name for spec in readme_tables.REGISTRIES["detectors"]]
    assert readme_tables.part(once, "detectors") == readme_tables.table(
        readme_tables.REGISTRIES["detectors"]
    )
    assert readme_tables.part(once, "projections") is None
