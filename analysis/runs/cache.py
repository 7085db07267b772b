"""Content-addressed cache of extracted arrays under `<runs>/.cache`.

One `.npy` file per array, in one folder per entry key. Files appear complete or not at all; an
entry is locked while it is written, and marked as in use while somebody reads it.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from analysis.errors import Cancelled, KenshinError
from analysis.extract.sink import EntryKey

MAX_BYTES = 20 * 10**9
DISK_SHARE = 0.2
_NUMBERS = itertools.count()


class ActivationCache:
    """The cache of one runs folder; a context manager, whose end releases what was read.

    Args:
        root: the `.cache` folder; made when first written.
        max_bytes: size limit; by default min(20 GB, 20 % of the disk that is free or already
            ours: counting only free disk would shrink the limit as the cache fills).
    """

    def __init__(self, root: Path, max_bytes: int | None = None) -> None:
        self.root = root
        self._max_bytes = max_bytes
        self._in_use: dict[str, FileLock] = {}

    def __enter__(self) -> ActivationCache:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others evict what this process has read; open memory maps stay valid."""
        for lock in self._in_use.values():
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)
        self._in_use.clear()

    def sink(self, key: EntryKey, cancelled: Callable[[], bool] | None = None) -> CacheSink:
        """Open an entry for reading and writing, waiting for another writer of the same entry.

        Raises:
            Cancelled: `cancelled` became true while waiting.
        """
        folder = self.root / key.digest
        folder.mkdir(parents=True, exist_ok=True)
        self._mark_in_use(folder)
        lock = FileLock(self.root / f"{key.digest}.lock")
        while True:
            try:
                lock.acquire(timeout=0.5)
                break
            except Timeout:
                if cancelled is not None and cancelled():
                    raise Cancelled("the work was cancelled.") from None
        for leftover in folder.glob("*.part"):  # of a writer that died: we hold its lock now
            leftover.unlink(missing_ok=True)
        return CacheSink(self, folder, lock)

    def limit(self) -> int:
        """How many bytes the cache may hold now."""
        if self._max_bytes is not None:
            return self._max_bytes
        free = shutil.disk_usage(self.root).free
        return int(min(MAX_BYTES, DISK_SHARE * (free + self.size())))

    def size(self) -> int:
        """Bytes held now."""
        return sum(file.bytes for file in self._files())

    def evict(self, room: int = 0) -> int:
        """Delete the least recently used arrays until `room` more bytes fit; bytes deleted.

        Entries in use are kept, so the cache may stay above its limit.
        """
        files = sorted(self._files(), key=lambda file: file.used)
        excess = sum(file.bytes for file in files) + room - self.limit()
        free_to_go: dict[Path, bool] = {}
        deleted = 0
        for file in files:
            if deleted >= excess:
                break
            entry = file.path.parent
            if entry not in free_to_go:
                free_to_go[entry] = not _somebody_reads(entry)
            if free_to_go[entry]:
                file.path.unlink(missing_ok=True)
                deleted += file.bytes
        return deleted

    def _files(self) -> list[_File]:
        found = []
        for path in self.root.glob("*/*.npy"):
            try:
                state = path.stat()
            except FileNotFoundError:  # evicted by another process just now
                continue
            found.append(_File(path, state.st_size, state.st_mtime))
        return found

    def _mark_in_use(self, folder: Path) -> None:
        if folder.name not in self._in_use:
            lock = FileLock(folder / f"{os.getpid()}-{next(_NUMBERS)}.reading")
            lock.acquire()
            self._in_use[folder.name] = lock


@dataclass(frozen=True)
class _File:
    path: Path
    bytes: int
    used: float  # time of last use: reading sets the modification time


def _somebody_reads(entry: Path) -> bool:
    for marker in entry.glob("*.reading"):
        lock = FileLock(marker)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()  # its process is gone
        marker.unlink(missing_ok=True)
    return False


@dataclass
class CacheSink:
    """One open entry; satisfies `analysis.extract.sink.Sink`."""

    cache: ActivationCache
    folder: Path
    lock: FileLock
    _open: dict[str, _OpenArray] = field(default_factory=dict)

    def load(self, name: str) -> np.ndarray | None:
        """A complete array, memory-mapped read-only, and mark it as just used."""
        path = self.folder / f"{name}.npy"
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            os.utime(path)
        except FileNotFoundError:
            return None
        except (ValueError, EOFError):  # not an array: damaged from outside, so not there
            path.unlink(missing_ok=True)
            return None
        return array

    def create(self, name: str, shape: tuple[int, ...]) -> None:
        """Begin a float32 array on disk.

        Raises:
            KenshinError: the disk has no room for it.
        """
        need = 4 * int(np.prod(shape)) + 4096
        waiting = sum(array.bytes for array in self._open.values())
        self.cache.evict(need + waiting)
        free = shutil.disk_usage(self.folder).free
        if need + waiting > free:
            raise KenshinError(
                f"the vectors need {(need + waiting) / 1e9:.1f} GB, but the disk of "
                f"'{self.cache.root}' has {free / 1e9:.1f} GB left.",
                "Choose fewer --layers or poolings, or another --runs folder.",
            )
        self._open[name] = _OpenArray.begin(self.folder / f"{name}.part", shape)

    def write(self, name: str, rows: np.ndarray, values: np.ndarray) -> None:
        """Set rows of a created array, straight to the file: mapped pages would count as ours."""
        self._open[name].write(rows, np.ascontiguousarray(values, dtype=np.float32))

    def put(self, name: str, values: np.ndarray) -> None:
        """Set a whole array, keeping its dtype."""
        if name in self._open:
            self._open.pop(name).drop()
        part = self.folder / f"{name}.part"
        with part.open("wb") as file:
            np.save(file, values)
        self._open[name] = _OpenArray(part, None, 0, 0, values.nbytes)

    def commit(self) -> None:
        """Rename finished arrays to their names, unlock, and keep to the size limit."""
        for name, array in self._open.items():
            array.close()
            array.path.replace(self.folder / f"{name}.npy")
        self._open.clear()
        self.lock.release()
        self.cache.evict()

    def abort(self) -> None:
        """Delete unfinished arrays and unlock."""
        for array in self._open.values():
            array.drop()
        self._open.clear()
        self.lock.release()


@dataclass
class _OpenArray:
    path: Path
    file: Any  # open for unbuffered writing; None when already complete
    offset: int  # bytes before the first row
    row_bytes: int
    bytes: int

    @classmethod
    def begin(cls, path: Path, shape: tuple[int, ...]) -> _OpenArray:
        file = path.open("wb", buffering=0)
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        offset = file.tell()
        row_bytes = 4 * int(np.prod(shape[1:]))
        file.truncate(offset + row_bytes * shape[0])
        return cls(path, file, offset, row_bytes, offset + row_bytes * shape[0])

    def write(self, rows: np.ndarray, values: np.ndarray) -> None:
        order = np.argsort(rows)
        breaks = np.flatnonzero(np.diff(rows[order]) != 1) + 1
        for run in np.split(order, breaks):  # neighbouring rows in one write
            self.file.seek(self.offset + self.row_bytes * int(rows[run[0]]))
            self.file.write(values[run].tobytes())

    def close(self) -> None:
        if self.file is not None:
            self.file.close()

    def drop(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)
