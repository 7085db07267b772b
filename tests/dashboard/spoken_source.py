"""What the source says and what it shows without saying it, found by reading its syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCREENS = sorted((ROOT / "dashboard").rglob("*.py"))
SHOWN = [*SCREENS, *sorted((ROOT / "analysis" / "report").glob("*.py"))]
LAYER = ("say", "term", "told", "says")
# Calls whose first words a reader sees, and arguments that are always words.
DRAWS = {
    *("markdown", "caption", "title", "button", "write", "page_link", "info", "error", "warning"),
    *("success", "text_input", "text_area", "number_input", "selectbox", "multiselect", "toast"),
    *("checkbox", "toggle", "radio", "segmented_control", "pills", "slider", "select_slider"),
    *("file_uploader", "download_button", "expander", "subheader", "header", "metric", "badge"),
    *("status", "spinner", "form_submit_button", "popover", "notice", "problem_box", "run_gate"),
    *("empty_state", "control", "csv_button", "act_button", "act_submit"),
}
WORDS = {"label", "help", "title", "placeholder", "alt", "title_text", "caption"}
SENTENCE = re.compile(r"[A-Za-z][a-z']+,? [a-z]+,? [a-z]+")


def text_of(node: ast.AST) -> str | None:
    """A literal's text; what an f-string fills in is left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
    return None


def name_of(call: ast.Call) -> str:
    """The last part of what is called."""
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def said(paths: list[Path]) -> Iterator[tuple[str, Path]]:
    """Every literal that goes through `say` or `term`."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and name_of(node) in ("say", "term") and node.args:
                found = node.args[0]
                if isinstance(found, ast.JoinedStr):
                    raise AssertionError(f"{path.name}:{node.lineno} says an f-string")
                if isinstance(found, ast.Constant):
                    yield str(found.value), path


def literals(paths: list[Path]) -> set[str]:
    """Every string of the source, also with spaces for underscores and in small letters."""
    found = {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    spaced = {text.replace("_", " ") for text in found}
    return (
        found
        | spaced
        | {t.lower() for t in spaced}
        | {t.capitalize() for t in spaced}
        | {t.upper() for t in spaced}
    )


def unsaid(path: Path) -> Iterator[tuple[int, str]]:
    """Visible literals of a screen that do not go through the layer: (line, text)."""
    tree = ast.parse(path.read_text("utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        text = text_of(node)
        if text is None or _is_inside(node, parents) or isinstance(parents[node], ast.JoinedStr):
            continue
        words = re.search(r"[A-Za-z]{2,}", plain(text)) and _is_drawn(node, parents)
        if words or (SENTENCE.search(plain(text)) and not _is_name(node, parents)):
            yield node.lineno, text


def plain(text: str) -> str:
    """Without icons, code and addresses."""
    return re.sub(r":material/\w+:|`[^`]*`|views/\S*|<[^>]*>|--\S+", " ", text)


def _is_drawn(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents[node]
    if isinstance(parent, ast.keyword):
        return parent.arg in WORDS
    called = isinstance(parent, ast.Call) and name_of(parent) in DRAWS
    return called and bool(parent.args) and parent.args[0] is node


def _is_name(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """A docstring, or the name of a column: a key, an index, something to compare with."""
    parent = parents[node]
    if isinstance(parent, ast.Dict):
        return node in parent.keys
    return isinstance(parent, ast.Expr | ast.Subscript | ast.Compare)


def _is_inside(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    above = parents.get(node)
    while above is not None and not isinstance(above, ast.FunctionDef):
        if isinstance(above, ast.Call) and name_of(above) in LAYER:
            return True
        above = parents.get(above)
    return False


def said_at_import(path: Path) -> list[int]:
    """Lines where a module speaks while it is loaded, when nobody's language is known."""
    tree = ast.parse(path.read_text("utf-8"))
    lines: list[int] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef):
            for default in (*node.args.defaults, *node.args.kw_defaults):
                if default is not None:
                    visit(default)
            return
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.Call) and name_of(node) in ("say", "told", "says"):
            lines.append(node.lineno)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return lines
