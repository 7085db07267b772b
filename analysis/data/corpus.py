"""Functions cut from the standard library of the interpreter that runs.

No source text is committed: what two Python versions share has the same hash in both, and the
split of a function follows from that hash alone.
"""

from __future__ import annotations

import ast
import hashlib
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

Origin = Literal["library", "tests"]
Split = Literal["test", "trusted", "train_a", "train_b"]

MIN_CHARACTERS = 100
MAX_CHARACTERS = 900
_TEST_FOLDERS = {"test", "tests", "idle_test"}
_FOREIGN_FOLDERS = {"site-packages", "dist-packages", "__pycache__"}
# Upper bounds of the hash fraction; train_a is what the suspects saw, train_b what the
# independent reference saw. Functions of the `test` package are used for training only.
_SPLITS: tuple[tuple[float, Split], ...] = (
    (0.12, "test"),
    (0.24, "trusted"),
    (0.62, "train_a"),
    (1.0, "train_b"),
)


class Function(NamedTuple):
    """One clean function: normalised text and where it came from."""

    sha256: str  # of the text, 64 hexadecimal digits
    text: str  # ast.unparse without the docstring, 100-900 characters
    origin: Origin

    @property
    def id(self) -> str:
        """Short identity used in sample files and the manifest, 16 hexadecimal digits."""
        return self.sha256[:16]

    @property
    def split(self) -> Split:
        """The one split in which this function and its defective version live."""
        return split_of(self.sha256)


def split_of(sha256: str) -> Split:
    """Split of a clean function, decided by the first 32 bits of its hash."""
    fraction = int(sha256[:8], 16) / 2**32
    return next(name for bound, name in _SPLITS if fraction < bound)


def cut_functions(root: Path | None = None, *, tests: bool = False) -> tuple[Function, ...]:
    """All functions of the standard library, de-duplicated, ordered by hash.

    Args:
        root: folder to cut, the running interpreter's standard library by default.
        tests: also cut the test packages (slower, for training sets).
    """
    folder = Path(sysconfig.get_path("stdlib")) if root is None else root
    found: dict[str, Function] = {}
    for path in _python_files(folder):
        origin: Origin = "tests" if _is_test(path.relative_to(folder)) else "library"
        if origin == "tests" and not tests:
            continue
        for text in functions_in(_read(path)):
            digest = hashlib.sha256(text.encode()).hexdigest()
            # A function in both places counts as library text, whichever file comes first.
            if digest not in found or origin == "library":
                found[digest] = Function(digest, text, origin)
    return tuple(found[digest] for digest in sorted(found))


def functions_in(source: str) -> Iterator[str]:
    """Normalised text of each function that is not inside another function.

    Nested functions are left out because their text would appear twice, perhaps in two splits.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in old test files
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in _outer_functions(tree):
        text = _normalised(node)
        if text is not None and MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS:
            yield text


def _outer_functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        else:
            yield from _outer_functions(child)


def _normalised(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:]
    if not node.body:
        return None
    try:
        text = ast.unparse(node)
        text.encode()  # lone surrogates in test files cannot be hashed or stored
        ast.parse(text)
    except (ValueError, SyntaxError, RecursionError):
        return None
    return text


def _python_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.py")):
        if not _FOREIGN_FOLDERS.intersection(path.relative_to(folder).parts):
            yield path


def _is_test(relative: Path) -> bool:
    return bool(_TEST_FOLDERS.intersection(relative.parts[:-1]))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
