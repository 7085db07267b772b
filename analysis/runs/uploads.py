"""Files that came through the browser, kept by content below `<runs>/.uploads`."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import BinaryIO

from analysis.errors import RequestError
from analysis.runs.atomic import write_atomically
from analysis.runs.store import RunStore
from analysis.runs.trail import note

UPLOADS_FOLDER = ".uploads"
MAX_BYTES = 1 << 30  # a sample file of 100,000 functions is about 0.2 GiB
# What the readers of `data` understand; anything else has no use here. Models are named by path.
SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
_BLOCK = 1 << 20
_STEM_LENGTH = 80


def save_upload(root: Path | str, name: str, stream: BinaryIO, max_bytes: int = MAX_BYTES) -> Path:
    """Store an uploaded sample file and return its absolute path; equal uploads are one file.

    Args:
        root: the runs folder.
        name: as the browser gave it; only its suffix is relied upon.
        stream: open at its start, read in blocks.
        max_bytes: largest size accepted.

    Raises:
        RequestError: an empty or too large file, or a suffix outside `SUFFIXES`.
    """
    filename = clean_name(name)
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > max_bytes:
            raise RequestError(
                f"the file '{filename}' is larger than {max_bytes / 2**20:,.0f} MiB.",
                "Put it on this machine and give its path.",
            )
        digest.update(block)
    if size == 0:
        raise RequestError(f"the file '{filename}' is empty.", "Choose a file with samples.")
    path = RunStore(root).root / UPLOADS_FOLDER / digest.hexdigest() / filename
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda temporary: _copy(stream, temporary))
        note(RunStore(root).root, "upload.kept", prints={filename: digest.hexdigest()}, bytes=size)
    return path


def clean_name(name: str) -> str:
    """A harmless file name with the same meaning: no folders, no control characters, no dots first.

    Raises:
        RequestError: the suffix says that it is not a sample file.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1].strip()
    suffix = next(
        (s + gz for gz in (".gz", "") for s in SUFFIXES if last.lower().endswith(s + gz)), ""
    )
    if not suffix:
        raise RequestError(
            f"the file '{last[:_STEM_LENGTH]}' is not a sample file.",
            f"Expected {', '.join(SUFFIXES)}, .gz too.",
        )
    stem = re.sub(r"[^\w.-]+", "_", last[: -len(suffix)]).strip("._-")[:_STEM_LENGTH]
    return f"{stem or 'samples'}{suffix}"


def _copy(stream: BinaryIO, path: Path) -> None:
    stream.seek(0)
    with path.open("wb") as file:
        while block := stream.read(_BLOCK):
            file.write(block)
