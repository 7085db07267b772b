"""Embedding Atlas without a network: its page as installed, with the database beside it.

The published component fetches DuckDB from a public server when it opens. The same wheel carries
the same DuckDB for its own command line; here both are put into one folder, the one address is
turned around, and a content policy forbids the page every other address and every inline script.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from importlib import metadata, util
from pathlib import Path

from analysis.errors import RequestError

PACKAGE, VERSION = "embedding-atlas", "0.26.0"  # another version's page has not been looked at
FOLDER = ".atlas"  # in the runs folder
PART = "widget_static/streamlit/assets"
_OUTSIDE = re.compile(rb"`https://cdn\.jsdelivr\.net/npm/\$\{\w+\}@\$\{\w+\}/dist/`")
_INSIDE = b"new URL(`./assets/`,document.baseURI).href"
_DATABASE = (
    ("static/assets/duckdb-eh-*.wasm", "duckdb-eh.wasm"),
    ("static/assets/duckdb-browser-eh.worker-*.js", "duckdb-browser-eh.worker.js"),
)
POLICY = (
    "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "connect-src 'self' blob: data:; img-src data: blob:; style-src 'unsafe-inline'; "
    "font-src data:; form-action 'none'; base-uri 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>Embedding Atlas</title>
<style>html, body {{ margin: 0; padding: 0; font: 13px system-ui, sans-serif; }}</style>
<script type="module" src="./assets/{script}"></script>
</head>
<body></body>
</html>
"""


def installed_atlas() -> Path | None:
    """The folder of the installed package; None without it, or where it is another version."""
    try:
        if metadata.version(PACKAGE) != VERSION:
            return None
    except metadata.PackageNotFoundError:
        return None
    found = util.find_spec("embedding_atlas")
    return Path(found.origin).parent if found is not None and found.origin else None


def atlas_page(root: Path, package: Path) -> Path:
    """The folder of the page that needs no network, made when it is first asked for.

    Args:
        root: the runs folder.
        package: what `installed_atlas` found.

    Raises:
        RequestError: the package is not as expected, or the folder cannot be written.
    """
    done = root / FOLDER / VERSION
    if (done / "index.html").is_file():
        return done
    try:
        done.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=done.parent) as made:
            _fill(Path(made) / "page", package)
            if not done.exists():
                os.replace(Path(made) / "page", done)
    except OSError as error:
        raise RequestError(
            f"the page of Embedding Atlas cannot be put into '{done}' ({error.strerror or error}).",
            "Make the runs folder writable, or look at the map of Kenshin.",
        ) from error
    return done


def _fill(page: Path, package: Path) -> None:
    """Copy the assets; the script that opens the database is told where it lies now."""
    assets = page / "assets"
    shutil.copytree(package / PART, assets)
    scripts = sorted(assets.glob("index-*.js"))
    turned = [_OUTSIDE.subn(_INSIDE, script.read_bytes()) for script in scripts]
    database = [(sorted(package.glob(pattern)), name) for pattern, name in _DATABASE]
    if [times for _, times in turned] != [1] or any(len(files) != 1 for files, _ in database):
        raise RequestError(
            f"the installed {PACKAGE} {VERSION} does not look as it was published.",
            f"Install it anew: pip install --force-reinstall {PACKAGE}=={VERSION}",
        )
    scripts[0].write_bytes(turned[0][0])
    for files, name in database:
        _link_or_copy(files[0], assets / name)
    (page / "index.html").write_text(_PAGE.format(policy=POLICY, script=scripts[0].name), "utf-8")


def _link_or_copy(source: Path, target: Path) -> None:
    """The database has 34 MiB: no second copy where the file system can do without."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
