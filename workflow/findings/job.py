"""The one wrapper around every rule's script: output to the log, no record's value to anybody.

A library's exception may quote the cell it failed on. So what leaves a job is either our own `FindingsError`, written
for a researcher, or the type and the place of what went wrong, never its text.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from findings.errors import FindingsError

STOP = "STOP: "


@contextmanager
def job(snakemake: Any) -> Iterator[Any]:
    """Run a script's body with its output in the rule's log; a failure ends the process with status 1."""
    log = Path(str(snakemake.log[0]))
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as stream:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        try:
            yield snakemake
        except FindingsError as error:
            stream.write(f"{STOP}{error}\n")
        except BaseException as error:  # noqa: BLE001 - a value in the text must not pass, whatever the type
            stream.write(f"{STOP}{reduced(error)}\n")
        else:
            return
        stream.flush()
        os._exit(1)


def reduced(error: BaseException) -> str:
    """Type and place of an exception, without its text: the innermost frame and the innermost one of this package."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/findings/" in frame.filename] or frames
    places = {f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in (*own[-1:], *frames[-1:])}
    return (
        f"{type(error).__name__} at {', '.join(sorted(places))} (its text is not shown: it may hold an answer)."
        "\n  Mend: this is a defect of the software; report the line above."
    )
