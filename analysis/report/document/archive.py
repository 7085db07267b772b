"""An evidence archive that a third party checks with `sha256sum -c SHA256SUMS` alone."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping

from analysis.errors import KenshinError
from analysis.report.document.facts import Facts
from analysis.report.document.release_words import approval_lines
from analysis.report.text import words_of
from analysis.runs.record import RECORD_FILE
from analysis.runs.trail_extract import extract

LARGEST = 400_000_000  # bytes of run tables; larger ones stay where they are, with their hash
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content gives the same archive
README = """Evidence of a Kenshin report.

reports/        the documents made together with this archive
runs/<run>/     record.json and tables of each run of the chain
trail/          who did what on these runs, and who vouched for the model; entries about other
                runs keep only their hashes, so that the chain can be followed:
                kenshin runs verify --extract trail/extract.jsonl --head <hash on page 1>
SHA256SUMS      check all of it, inside this folder:  sha256sum -c SHA256SUMS

record.json names the SHA-256 of every table, model and sample file it speaks of.
"""


def archive_bytes(facts: Facts, reports: Mapping[str, bytes]) -> bytes:
    """A zip with the documents, the runs and their hashes.

    Args:
        facts: of the chain whose runs go in.
        reports: the documents, name -> content.
    """
    chain = facts.chain
    files = {f"reports/{name}": content for name, content in reports.items()}
    left_out: list[str] = []
    room = LARGEST
    for run in chain.runs:
        base = f"runs/{run.run_id}"
        files[f"{base}/{RECORD_FILE}"] = (run.path / RECORD_FILE).read_bytes()
        for entry in run.record["artifacts"]:
            name = str(entry["name"])
            try:
                size = run.file(name).stat().st_size
            except KenshinError:
                left_out.append(f"{entry.get('sha256')}  {base}/{name}  (missing in the run)")
                continue
            if size > room:
                left_out.append(f"{entry.get('sha256')}  {base}/{name}  ({size} bytes, too large)")
                continue
            room -= size
            files[f"{base}/{name}"] = run.bytes(name)
    root = chain.focus.path.parent
    files["trail/extract.jsonl"] = extract(root, {run.run_id for run in chain.runs})
    said = approval_lines(facts.release, words_of("en"))
    files["trail/approval.txt"] = ("\n".join(said) + "\n").encode("utf-8")
    files["README.txt"] = README.encode("utf-8")
    if left_out:
        files["LEFT_OUT.txt"] = ("\n".join(left_out) + "\n").encode("utf-8")
    sums = "".join(f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in sorted(files.items()))
    files["SHA256SUMS"] = sums.encode("utf-8")
    return zipped(files, "evidence")


def zipped(files: Mapping[str, bytes], folder: str) -> bytes:
    """Any files in one zip, below `folder`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()
