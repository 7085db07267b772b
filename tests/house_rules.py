"""The rules of ARCHITECTURE as checks on the syntax tree; every check yields readable lines.

`python tests/house_rules.py` prints all violations at once.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HOME = Path(__file__).resolve().parents[1]

# Left may import right; names in one entry are siblings, which do not import one another.
ORDER = (
    ("cli", "dashboard"),
    ("pipeline",),
    ("report",),
    ("runs",),
    ("audit",),
    ("unlearn",),
    ("explain",),
    ("detect", "project"),
    ("engine",),
    ("extract",),
    ("training",),
    ("behaviour",),
    ("models", "data"),
    ("config", "records", "identity"),
    ("errors",),
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}

# The dashboard reads stored runs; of everything that computes it sees the descriptions only.
DASHBOARD_MAY = ("runs", "report", "records", "config", "identity", "errors")

NEVER = {
    "pickle": "nothing is ever unpickled",
    "dill": "nothing is ever unpickled",
    "cloudpickle": "nothing is ever unpickled",
    "joblib": "nothing is ever unpickled",
    "marshal": "nothing is ever unpickled",
    "shelve": "nothing is ever unpickled",
    "requests": "no network",
    "httpx": "no network",
    "aiohttp": "no network",
    "urllib.request": "no network",
}
# Library -> the layers that must not name it, not even inside a function.
BANNED = {
    "torch": ("project", "detect", "report", "runs", "dashboard", "cli"),
    "sklearn": ("runs", "report", "dashboard", "cli"),
    "streamlit": tuple(name for name in RANK if name != "dashboard"),
}
# Read while the module is imported, by the dashboard too.
LIGHT = ("records", "config", "identity", "errors")
TRANSFORMERS_MAY = ("analysis/models/", "sample_data/")  # the build trains what is shipped
PROCESSES_MAY = (
    "analysis/runs/jobs.py",
    "analysis/runs/job_worker.py",
    "analysis/runs/environment.py",  # git
    "analysis/models/",  # conversion in a limited process
    "analysis/cli/dashboard.py",  # the Streamlit server
    "sample_data/build",
)
PROCESS_MODULES = ("subprocess", "multiprocessing")

FILES_MAY = (
    "analysis/models/",
    "analysis/data/",
    "analysis/runs/",
    "analysis/report/document",
    "analysis/report/text/",  # reads the words of each language
    "analysis/identity.py",  # hashes files
    "analysis/pipeline/settings.py",  # reads the file named by --config
    "sample_data/",
)
FILE_CALLS = {
    *("read_text", "write_text", "read_bytes", "write_bytes", "mkdir", "unlink", "touch"),
    *("to_parquet", "read_parquet", "read_csv", "read_json", "rmtree", "copytree"),
}
OWN_ASSETS = "dashboard/components/"  # widgets read their own css and js, nothing else

MAX_FILE, MAX_FUNCTION, MAX_ARGUMENTS = 300, 60, 7
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Import(NamedTuple):
    """One imported name."""

    target: str  # dotted, as far as it is a module or a name in one
    line: int
    on_import: bool  # at the top of the file, outside TYPE_CHECKING


class Source(NamedTuple):
    """One file of ours."""

    path: str  # relative, with slashes
    text: str
    tree: ast.Module

    @property
    def layer(self) -> str:
        """Name in ORDER; "" for the package root and sample_data."""
        parts = self.path.removesuffix(".py").split("/")
        if parts[0] != "analysis":
            return parts[0] if parts[0] in RANK else ""
        return parts[1] if parts[1] in RANK else ""


def source(path: str, text: str) -> Source:
    return Source(path, text, ast.parse(text, path))


def sources(home: Path = HOME) -> list[Source]:
    """Every Python file of the packages."""
    files = [
        f for root in ("analysis", "dashboard", "sample_data") for f in (home / root).rglob("*.py")
    ]
    kept = [f for f in sorted(files) if "__pycache__" not in f.parts and ".work" not in f.parts]
    return [source(f.relative_to(home).as_posix(), f.read_text("utf-8")) for f in kept]


def imports(file: Source) -> Iterator[Import]:
    """All imports, those inside functions too."""
    at_top = {id(node) for node in _executed_on_import(file.tree)}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(name.name, node.lineno, id(node) in at_top)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(file.path, node)
            for name in node.names:
                yield Import(f"{base}.{name.name}", node.lineno, id(node) in at_top)


def _executed_on_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _executed_on_import(node)


def _absolute(path: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    folder = path.split("/")[: -node.level]
    return ".".join([*folder, *([node.module] if node.module else [])])


def _layer_of(target: str) -> str:
    parts = target.split(".")
    if parts[0] == "dashboard":
        return "dashboard"
    return parts[1] if parts[0] == "analysis" and len(parts) > 1 and parts[1] in RANK else ""


def _within(target: str, module: str) -> bool:
    return target == module or target.startswith(f"{module}.")


def _starts(path: str, allowed: tuple[str, ...]) -> bool:
    return any(path.startswith(start) for start in allowed)


def import_direction(file: Source) -> Iterator[str]:
    """Imports point one way."""
    if not file.layer:
        return
    for found in imports(file):
        other = _layer_of(found.target)
        if not other or other == file.layer:
            continue
        if RANK[other] <= RANK[file.layer]:
            relation = "its sibling" if RANK[other] == RANK[file.layer] else "above it"
            yield f"{file.path}:{found.line} {file.layer} imports {other}, {relation}"


def dashboard_reads_only(file: Source) -> Iterator[str]:
    """The dashboard imports stored runs, reports and descriptions, nothing that computes."""
    if file.layer != "dashboard":
        return
    for found in imports(file):
        other = _layer_of(found.target)
        described = "specs" in found.target.split(".")[2:4]
        if other and other not in ("dashboard", *DASHBOARD_MAY) and not described:
            yield f"{file.path}:{found.line} the dashboard imports {found.target}"


def banned_libraries(file: Source) -> Iterator[str]:
    """Heavy, unsafe and networking libraries stay out of where they do not belong."""
    for found in imports(file):
        place = f"{file.path}:{found.line}"
        for module, reason in NEVER.items():
            if _within(found.target, module):
                yield f"{place} imports {module}: {reason}"
        for module, layers in BANNED.items():
            if _within(found.target, module) and file.layer in layers:
                yield f"{place} {file.layer} imports {module}"
        if found.on_import and file.layer in LIGHT and found.target.split(".")[0] in BANNED:
            yield f"{place} {file.layer} imports {found.target} when it is read"
        if _within(found.target, "transformers") and not _starts(file.path, TRANSFORMERS_MAY):
            yield f"{place} imports transformers outside models"
        started = found.target.split(".")[0] in PROCESS_MODULES
        if started and not _starts(file.path, PROCESSES_MAY):
            yield f"{place} imports {found.target}: processes are started by runs.jobs"


def unsafe_calls(file: Source) -> Iterator[str]:
    """No call that runs code from a file or from the hub."""
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Call):
            continue
        name, place = _called(node), f"{file.path}:{node.lineno}"
        if isinstance(node.func, ast.Name) and name in ("eval", "exec", "__import__"):
            yield f"{place} calls {name}"
        for word in node.keywords:
            given = not (isinstance(word.value, ast.Constant) and word.value.value is False)
            if word.arg == "trust_remote_code" and given:
                yield f"{place} passes trust_remote_code"
            if word.arg == "allow_pickle" and given and name in ("load", "save", "savez"):
                yield f"{place} lets numpy pickle"
            if word.arg == "unsafe_allow_html" and given:
                yield f"{place} draws HTML"
        if ast.unparse(node.func) == "torch.load":
            safe = any(
                w.arg == "weights_only" and ast.unparse(w.value) == "True" for w in node.keywords
            )
            if not safe:
                yield f"{place} torch.load without weights_only=True"


def file_access(file: Source) -> Iterator[str]:
    """Files are touched only in the places that ARCHITECTURE names."""
    if _starts(file.path, FILES_MAY):
        return
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Call):
            continue
        name = _called(node)
        if file.path.startswith(OWN_ASSETS) and name == "read_text":
            continue
        if ast.unparse(node.func).endswith("writer.write_bytes"):  # the run store's own method
            continue
        builtin = isinstance(node.func, ast.Name) and name == "open"
        if builtin or (isinstance(node.func, ast.Attribute) and name in FILE_CALLS):
            yield f"{file.path}:{node.lineno} touches files with {name}"


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def sizes(file: Source) -> Iterator[str]:
    """Small by budget, and every file says what it is."""
    lines = len(file.text.splitlines())
    if lines > MAX_FILE:
        yield f"{file.path} has {lines} lines, at most {MAX_FILE}"
    if not ast.get_docstring(file.tree):
        yield f"{file.path} has no docstring"
    for node in ast.walk(file.tree):
        if isinstance(node, FUNCTIONS):
            yield from _function_sizes(file, node)


def _function_sizes(file: Source, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    place = f"{file.path}:{node.lineno} {node.name}"
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > MAX_FUNCTION:
        yield f"{place} has {length} lines, at most {MAX_FUNCTION}"
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    count = sum(a.arg not in ("self", "cls") for a in arguments)
    if count > MAX_ARGUMENTS:
        yield f"{place} takes {count} arguments, at most {MAX_ARGUMENTS}"


def streamlit_places(file: Source) -> Iterator[str]:
    """Caches live in services.py and map_services.py, query parameters in state.py."""
    if file.layer != "dashboard":
        return
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Attribute):
            continue
        cached = node.attr in ("cache_data", "cache_resource")
        if cached and file.path not in ("dashboard/services.py", "dashboard/map_services.py"):
            yield f"{file.path}:{node.lineno} caches; only services.py and map_services.py do"
        if node.attr == "query_params" and file.path != "dashboard/state.py":
            yield f"{file.path}:{node.lineno} reads query parameters; only state.py does"


def machine_paths(file: Source) -> Iterator[str]:
    """No absolute path of one machine in the source."""
    for number, line in enumerate(file.text.splitlines(), 1):
        if re.search(r"""["'](/home/|/root/|/Users/|/work/|[A-Z]:\\\\)""", line):
            yield f"{file.path}:{number} names a path of one machine"


CHECKS = (
    import_direction,
    dashboard_reads_only,
    banned_libraries,
    unsafe_calls,
    file_access,
    sizes,
    streamlit_places,
    machine_paths,
)


def unlisted_packages(home: Path = HOME) -> list[str]:
    """Packages that the wheel would lack, and listed ones that are not there."""
    listed = set(
        tomllib.loads((home / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    )
    found = {
        ".".join(f.parent.relative_to(home).parts)
        for root in ("analysis", "dashboard", "sample_data")
        for f in (home / root).rglob("__init__.py")
        if ".work" not in f.parts
    }
    missing = [
        f"pyproject.toml does not list the package {name}" for name in sorted(found - listed)
    ]
    return missing + [
        f"pyproject.toml lists {name}, which has no code" for name in sorted(listed - found)
    ]


if __name__ == "__main__":
    for check in CHECKS:
        for violation in (line for file in sources() for line in check(file)):
            sys.stdout.write(f"{check.__name__}: {violation}\n")
    for violation in unlisted_packages():
        sys.stdout.write(f"{violation}\n")
