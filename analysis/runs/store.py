"""The folder of runs: create, open, list and settle them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.errors import KenshinError, RequestError
from analysis.runs.atomic import SAFE_NAME, read_json, write_text
from analysis.runs.processes import is_alive, process_from
from analysis.runs.record import RECORD_FILE, new_record, new_run_id, now, seal, seal_of
from analysis.runs.run import INTERRUPTED, Run, RunSummary, load_run, unreadable
from analysis.runs.trail import note
from analysis.runs.trail_runs import model_prints, note_ended, present_head
from analysis.runs.verify import Problem, verify_run
from analysis.runs.writer import RunWriter

__all__ = ["Problem", "Run", "RunStore", "RunSummary", "RunWriter"]


class RunStore:
    """All runs below one folder; a missing folder is an empty store.

    Attributes:
        root: absolute folder; made when the first run is created.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).expanduser().absolute()

    def create(
        self,
        kind: str,
        values: Mapping[str, Any],
        origins: Mapping[str, str],
        request: Mapping[str, Any],
        parent: str | None = None,
    ) -> RunWriter:
        """Begin a run; its record is there, as running, from the first moment.

        Args:
            kind: inspect, scan, train, unlearn or audit.
            values: configuration with every default filled in, plain JSON.
            origins: option -> where its value came from.
            request: the inputs as asked (paths, roles), plain JSON.
            parent: run_id of the run this one continues.

        Raises:
            RequestError: the folder cannot be written.
        """
        run_id = new_run_id(kind)
        record = new_record(run_id, kind, values, origins, request, parent)
        path = self.root / run_id
        staging = self.root / f".new-{run_id}"
        try:
            staging.mkdir(parents=True)
            write_text(staging / RECORD_FILE, seal(record))
            staging.rename(path)  # never a run folder without its record
        except OSError as error:
            shutil.rmtree(staging, ignore_errors=True)
            raise RequestError(
                f"no run can be written below '{self.root}' ({error.strerror or error}).",
                "Choose another folder with --runs.",
            ) from error
        return RunWriter(path, record, lambda: shutil.rmtree(path, ignore_errors=True))

    def open(self, ref: str, *, paths: bool = True) -> Run:
        """The run that `ref` names: an id, a unique prefix, `latest`, or a path.

        Args:
            ref: the name.
            paths: accept a folder elsewhere; a browser's link must not, so screens say False.

        Raises:
            RequestError: nothing or more than one run fits, or it cannot be read.
        """
        if SAFE_NAME.match(ref) and (self.root / ref).is_dir():
            return load_run(self.root / ref)
        if ref == "latest":
            return self._latest()
        if paths and ref and (Path(ref).expanduser() / RECORD_FILE).is_file():
            return load_run(Path(ref).expanduser())
        return self._by_prefix(ref)

    def _by_prefix(self, ref: str) -> Run:
        names = self._names()
        fitting = [name for name in names if ref and name.startswith(ref)]
        if len(fitting) == 1:
            return load_run(self.root / fitting[0])
        if fitting:
            shown = ", ".join(fitting[:3]) + (", …" if len(fitting) > 3 else "")
            raise RequestError(
                f"run '{ref}' is ambiguous: {len(fitting)} runs begin so ({shown}).",
                "Write more of the name.",
            )
        raise RequestError(
            f"run '{ref}' is not among the {len(names)} runs in '{self.root}'.",
            "Give an id, a unique prefix, a path or latest; see kenshin runs list.",
        )

    def list(self) -> tuple[RunSummary, ...]:
        """Every run, newest first; folders that cannot be read are in it and say why."""
        summaries = [self._summary(name) for name in self._names()]
        # Names have seconds only; `created` tells runs of one second apart.
        return tuple(sorted(summaries, key=lambda s: (s.created, s.run_id), reverse=True))

    def verify(self, ref: str) -> tuple[Problem, ...]:
        """Recompute every hash of a run; empty when all is as it was written.

        Raises:
            RequestError: the run does not exist or its record cannot be read.
        """
        return verify_run(self.open(ref))

    def settle(self, ref: str, status: str = "failed", reason: str = INTERRUPTED) -> Run:
        """Write the end into a run whose process is dead; any other run stays as it is.

        Args:
            ref: as for `open`.
            status: failed or cancelled.
            reason: one sentence for the record.

        Raises:
            RequestError: the run does not exist or its record cannot be read.
            KenshinError: a status that is not an end of an interrupted run.
        """
        if status not in ("failed", "cancelled"):
            raise KenshinError(f"a dead run cannot become '{status}'.")
        path = self.open(ref).path
        record = read_json(path / RECORD_FILE)
        if record and record["status"] == "running" and not is_alive(process_from(record)):
            kind = "Cancelled" if status == "cancelled" else "interrupted"
            error = {"type": kind, "message": reason}
            record.update(status=status, finished=now(), error=error)
            record["trail"] = present_head(path.parent)
            write_text(path / RECORD_FILE, seal(record))
            note_ended(path.parent, record, seal_of(record))
        return load_run(path)

    def delete(self, ref: str, reason: str = "") -> str:
        """Take a run's folder away and return its name; the trail keeps what it was.

        Args:
            ref: as for `open`, without paths.
            reason: one sentence for the trail.

        Raises:
            RequestError: the run does not exist, is running, or cannot be taken away.
        """
        run = self.open(ref, paths=False)
        if run.status == "running":
            raise RequestError(f"run {run.run_id} is running.", "Cancel it first.")
        prints = {**model_prints(run.record), "record": str(run.record.get("record_sha256"))}
        note(self.root, "run.deleted", run.run_id, prints, reason=reason)
        try:
            shutil.rmtree(run.path)
        except OSError as error:
            raise RequestError(
                f"run {run.run_id} cannot be deleted ({error.strerror or error}).",
                "Make its folder writable and delete it again.",
            ) from error
        return run.run_id

    def _names(self) -> tuple[str, ...]:
        """Folders that could be runs, by name, which begins with the time."""
        if not self.root.is_dir():
            return ()
        found = (p.name for p in self.root.iterdir() if p.is_dir())
        return tuple(sorted(name for name in found if not name.startswith(".")))

    def _summary(self, name: str) -> RunSummary:
        try:
            return load_run(self.root / name).summary()
        except KenshinError as error:
            return unreadable(self.root / name, str(error))

    def _latest(self) -> Run:
        for summary in self.list():
            if not summary.problem:
                return load_run(summary.path)
        raise RequestError(f"there is no run in '{self.root}' yet.", "Start one first.")
