"""The command line over the pipeline. Importing it never loads torch."""

from __future__ import annotations

import errno
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout
from types import FrameType
from typing import TextIO, cast

from analysis.cli.parser import build_parser
from analysis.cli.plain import PlainOutput, plain, plain_line
from analysis.errors import Cancelled, KenshinError, RequestError
from analysis.runs.trail_actor import acting, actor_of_job

EXIT_OK, EXIT_INTERNAL, EXIT_REQUEST, EXIT_FOUND, EXIT_UNCLEAR, EXIT_CANCELLED = 0, 1, 2, 3, 4, 130
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # nobody's bug


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see the contract: 0, 1, 2, 3, 4 or 130)."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        arguments = build_parser().parse_args(argv)
        # Whoever started a job is the one who acts, not the account that the job runs under.
        with acting(actor_of_job(getattr(arguments, "job_dir", None))), _plain_output():
            return int(arguments.run(arguments))
    except RequestError as error:
        print(f"kenshin: error: {plain_line(error)}", file=sys.stderr)
        return EXIT_REQUEST
    except (KeyboardInterrupt, Cancelled) as stopped:
        # Noted by the runs that it ended: they stay readable.
        which = "; ".join(plain_line(note) for note in getattr(stopped, "__notes__", ()))
        print(f"kenshin: cancelled: {which}" if which else "kenshin: cancelled", file=sys.stderr)
        return EXIT_CANCELLED
    except KenshinError as error:
        print(f"kenshin: failed: {plain_line(error)}", file=sys.stderr)
        return EXIT_INTERNAL
    except BrokenPipeError:  # `kenshin runs list | head`
        sys.stderr.close()
        return EXIT_OK
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            return _internal(error)
        where = f"'{plain_line(error.filename)}'" if error.filename else "a file"
        what = f"{where} cannot be written: {error.strerror}."
        print(f"kenshin: failed: {what} Make room, or choose another folder.", file=sys.stderr)
        return EXIT_INTERNAL
    except Exception as error:  # a bug: say so, keep the traceback, never look like a wrong request
        return _internal(error)


def _plain_output() -> redirect_stdout[TextIO]:
    return redirect_stdout(cast(TextIO, PlainOutput(sys.stdout)))


def _internal(error: Exception) -> int:
    print(plain(traceback.format_exc()), end="", file=sys.stderr)
    what = plain_line(f"{type(error).__name__}: {error}")
    print(f"kenshin: internal error: {what} (please report the lines above)", file=sys.stderr)
    return EXIT_INTERNAL


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A job is cancelled by a signal; both signals must leave a readable, cancelled run.
    raise KeyboardInterrupt
